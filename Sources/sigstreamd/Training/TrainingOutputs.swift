import ArgumentParser

/// What `train` writes beside the model, to look at.
struct TrainingOutputs: ParsableArguments {
  @Option(help: ArgumentHelp("Write a line of JSON for each step.", valueName: "file"))
  var log: String?
  @Option(help: ArgumentHelp("Write the curves as TensorBoard's event files.", valueName: "folder"))
  var tensorboard: String?
  @Option(
    help: ArgumentHelp(
      "Write a page of learning curves, tables and the most confident mistakes at the end.", valueName: "file.html"))
  var report: String?

  /// Where the page goes, checked before hours of work.
  ///
  /// - Parameter inputs: files that the command reads or writes, which the page must not replace.
  func page(inputs: [String?]) throws(CommandFailure) -> OutputFile? {
    guard let report else { return nil }
    return try OutputFile(report, inputs: inputs + [log])
  }

  /// The logs that are asked for, their files begun.
  ///
  /// - Parameters:
  ///   - inputs: files that the command reads or writes, which no log must replace.
  ///   - member: which of an ensemble's members is trained: each has its own log and folder.
  ///   - step: steps that were done before, by the run that goes on.
  func logs(inputs: [String?], member: Int?, after step: Int) throws(CommandFailure) -> [any TrainingLog] {
    var logs: [any TrainingLog] = []
    let log = log.map { log in member.map { EnsembleRun.path(ofMember: $0, of: log) } ?? log }
    let tensorboard = tensorboard.map { folder in member.map { "\(folder)/member-\($0)" } ?? folder }
    if let log { logs.append(try StepLog(path: log, inputs: inputs + [report], after: step)) }
    if let tensorboard { logs.append(try TensorBoardLog(directory: tensorboard, after: step)) }
    return logs
  }
}
