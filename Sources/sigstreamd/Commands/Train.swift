import ArgumentParser
import Classifier

/// `sigstreamd train`: a model from recorded data.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on recorded data.",
    discussion: """
      Give the data in one of three ways: windows in NumPy files, a dataset file that says how to cut recordings into \
      windows, or the synthetic demonstration. The checkpoint is written after each best epoch (by --metric on the \
      validation part) and, with the statistics of its anomaly score, at the end. Ctrl-C stops after the step and keeps \
      the best. docs/training.md says what to try when.

      Examples:
        sigstreamd train --signals x.npy --labels y.npy --model m.safetensors
        sigstreamd train --dataset set.yaml --model m.safetensors --epochs 30 --patience 5 --ema 0.999
        sigstreamd train --synthetic --model demo.safetensors --report demo.html
        sigstreamd train --signals more.npy --labels more-y.npy \\
          --init m.safetensors --model tuned.safetensors
        sigstreamd train --dataset set.yaml --preset small --teacher m.safetensors \\
          --model fast.safetensors
      """)

  @OptionGroup(title: "Data") var source: DataOptions
  @Flag(help: "Train on the demonstration: ten classes of sines in noise.")
  var synthetic = false
  @Option(help: ArgumentHelp("Where to write the checkpoint.", valueName: "file"))
  var model: String
  @Option(
    name: .customLong("init"),
    help: ArgumentHelp("Start from this checkpoint instead of random weights.", valueName: "file"))
  var initial: String?
  @Option(
    help: ArgumentHelp(
      """
      Share of each class's training windows that is held out to choose the best epoch, where the dataset has no \
      validation part; 0: keep the last epoch.
      """, valueName: "share"))
  var validation = 0.1
  @Option(
    help: ArgumentHelp(
      """
      Input scaling, the model's first layer: each window to mean 0 and deviation 1, fixed by the training data's mean \
      and deviation, or none. (default: window)
      """, valueName: "scaling"))
  var normalisation: InputSpecification.Normalisation?
  @Option(
    help: ArgumentHelp(
      "Random changes to the training windows (YAML), instead of the dataset's augmentation.", valueName: "file"))
  var augmentation: String?
  @Option(help: ArgumentHelp("Samples a second of --signals, kept in the checkpoint.", valueName: "Hz"))
  var sampleRate: Double?
  @Flag(
    help: """
      Go on with the training that was interrupted while it wrote this model, by the same command: the result is that of \
      an uninterrupted one, to the bit.
      """)
  var resume = false
  @Option(
    help: ArgumentHelp(
      "Steps between two states that --resume can go on from. (default: one an epoch)", valueName: "steps"))
  var saveEvery: Int?
  @Option(
    help: ArgumentHelp(
      """
      Train so many models alike, with the seeds --seed, --seed + 1, …, and write them as one, which answers with the \
      mean of their probabilities.
      """, valueName: "models"))
  var ensemble = 1
  @OptionGroup(title: "Seeing it") var outputs: TrainingOutputs
  @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions
  @OptionGroup(title: "Distillation") var distillation: DistillationOptions

  func validate() throws {
    guard source.isGiven != synthetic else {
      throw ValidationError("Give --signals and --labels, or --dataset, or --synthetic.")
    }
    try source.validatePairs()
    guard (0..<1).contains(validation) else { throw ValidationError("--validation must be 0 or more and less than 1.") }
    if let sampleRate {
      guard sampleRate > 0, sampleRate.isFinite else { throw ValidationError("--sample-rate must be positive.") }
      guard source.signals != nil else { throw ValidationError("--sample-rate goes with --signals.") }
    }
    guard saveEvery ?? 1 >= 1 else { throw ValidationError("--save-every must be 1 or more.") }
    guard (1...Model.memberLimit).contains(ensemble) else {
      throw ValidationError("--ensemble must be 1 to \(Model.memberLimit).")
    }
    if ensemble > 1, initial != nil {
      throw ValidationError("--ensemble goes without --init: members that start alike stay alike.")
    }
    if initial != nil, architecture.isGiven || normalisation != nil || sampleRate != nil {
      throw ValidationError(
        "With --init the architecture, the normalisation and the sample rate are the checkpoint's: leave them out.")
    }
  }

  func run() throws {
    try TrainingProcesses.run(train)
  }

  private func train(_ group: any TrainingGroup) throws {
    try train(try group.together { try prepare(group) }, group)
  }

  /// What must be right before the first step.
  private struct Preparation {
    /// Of each member.
    let initialModels: [Model]
    let run: EnsembleRun
    let memory: TrainingMemory
    /// Where the first process writes the report.
    let page: OutputFile?
  }

  /// The files that are read or written, which no other output must replace.
  private var files: [String?] {
    source.files + [augmentation, initial, distillation.teacher, model, StateFile.path(model: model)]
  }

  private func prepare(_ group: any TrainingGroup) throws -> Preparation {
    let output = try output(group)
    let page = group.rank == 0 ? try outputs.page(inputs: files) : nil
    var start = try initialModel()
    let teacher = try distillation.loadTeacher()
    let data = try trainingData(for: start, teacher)
    start?.input.adopt(data)
    let architecture = try start?.architecture ?? newArchitecture(data)
    let input = try start?.input ?? newInput(data)
    var options = recipe.options(for: data.training, classes: architecture.classes)
    options.augmentation = data.augmentation
    options.saveEvery = saveEvery
    options.distillation = teacher.map(distillation.distillation)
    try RecipeOptions.checkMemory(architecture, window: data.training.windowSamples, options, group)
    let initialModels = (0..<ensemble).map { member in
      start
        ?? Model(
          architecture: architecture, labels: data.labels, input: input, seed: recipe.seed &+ UInt64(member))
    }
    describe(data, initialModels[0], ranks: group.count)
    try check(data, input, options, start, teacher)
    let memory = TrainingMemory(architecture, window: data.training.windowSamples, options, group)
    StandardError.write(memory.forecast)
    let run = TrainingRun(
      data: data, options: options, output: output,
      command: TrainingRecord.command(Array(CommandLine.arguments.dropFirst())),
      parameters: architecture.parameterCount, stop: StopSignal(handling: TrainingProcesses.stopSignals(group)),
      group: group)
    let whole = try EnsembleRun(run, members: ensemble, group: group)
    if !resume, group.rank == 0 { try whole.checkNothingIsLeft() }
    return Preparation(initialModels: initialModels, run: whole, memory: memory, page: page)
  }

  private func initialModel() throws -> Model? {
    guard let initial else { return nil }
    let model = try Model.load(path: initial)
    try model.checkIsSingle(path: initial, "start from a single one")
    return model
  }

  /// Where the first process writes the checkpoint.
  private func output(_ group: any TrainingGroup) throws(CommandFailure) -> OutputFile {
    guard group.rank == 0 else { return OutputFile(ofAnotherProcess: model) }
    return try OutputFile(model, inputs: source.files + [augmentation, distillation.teacher])
  }

  private func train(_ prepared: Preparation, _ group: any TrainingGroup) throws {
    var run = prepared.run
    try TrainingProcesses.checkAgreement(run.members[0], prepared.initialModels[0], group)
    let trained = try run.run(from: prepared.initialModels, resuming: resume) { member, stepsDone in
      member.logs = try group.together {
        group.rank == 0 ? try outputs.logs(inputs: files, member: member.record.member, after: stepsDone) : []
      }
      if stepsDone > 0 { StandardError.write("going on after step \(stepsDone)\n") }
    }
    StandardError.write(prepared.memory.outcome)
    try group.together {
      guard group.rank == 0 else { return }
      try finish(run, trained)
      try prepared.page.map { try ReportPage(run.members, trained, path: model).write(to: $0) }
    }
    if run.isStopped {
      StandardError.write("stopped: the same command with --resume goes on\n")
      throw ExitCode(130)
    }
  }

  private func trainingData(for start: Model?, _ teacher: Model?) throws -> TrainingData {
    var data = try synthetic ? .synthetic(seed: recipe.seed) : source.trainingData(for: start ?? teacher)
    if let start, let initial { try data.check(fits: start, path: initial, option: "--init") }
    if let teacher, let path = distillation.teacher {
      try data.check(fits: teacher, path: path, option: "--teacher")
    }
    if let sampleRate { data.sampleRateHz = sampleRate }
    if let augmentation { data.augmentation = try Augmentation.read(path: augmentation) }
    guard data.training.count > 0 else {
      throw CommandFailure("no windows to train on: check the recordings, classes and splits", exitCode: .data)
    }
    data.splitValidation(share: validation, seed: recipe.seed)
    return data
  }

  /// Tells what is doubtful in the data, and throws what makes training vain.
  private func check(
    _ data: TrainingData, _ input: InputSpecification, _ options: TrainingOptions, _ start: Model?, _ teacher: Model?
  ) throws(CommandFailure) {
    let heldOut = Model.noveltyWindows(training: data.training, validation: data.validation, seed: options.seed).heldOut
    var ancestors: [(String, Model)] = []
    if let start { ancestors.append(("the model of --init", start)) }
    if let teacher { ancestors.append(("the teacher", teacher)) }
    try DataCheck(data, input: input, options: options, heldOut: heldOut.count, ancestors: ancestors).report()
  }

  private func newArchitecture(_ data: TrainingData) throws -> Architecture {
    try architecture.architecture(inputChannels: data.training.channels, classes: data.labels.count)
  }

  private func newInput(_ data: TrainingData) throws -> InputSpecification {
    var input = InputSpecification(
      sampleRate: data.sampleRateHz, window: data.training.windowSamples, normalisation: normalisation ?? .window)
    input.adopt(data)
    if input.normalisation == .fixed {
      (input.mean, input.std) = data.training.channelStatistics()
    }
    if let problem = input.problem(channels: data.training.channels) {
      throw CommandFailure("the data make no model: \(problem)", exitCode: .data)
    }
    return input
  }

  private func describe(_ data: TrainingData, _ model: Model, ranks: Int) {
    var table = TextTable([.left("CLASS")] + data.parts.map { .right($0.name.uppercased()) })
    for (k, label) in data.labels.enumerated() {
      table.add([label] + data.parts.map { String($0.windows.labels.count { $0 == k }) })
    }
    let text = """
      \(data.description.name): windows of \(data.training.windowSamples) samples, \(data.training.channels) \
      channel\(data.training.channels == 1 ? "" : "s")
      \(table.text)
      \(data.description.leftOut.sorted { $0.key < $1.key }.map { "left out: \($1) \($0)\n" }.joined())\
      \(model.architecture.parameterCount) parameters

      """
    StandardError.write(text)
    let parts = (recipe.batch + recipe.microBatch - 1) / recipe.microBatch
    let cores = ranks * recipe.threads
    if ranks > 1 { StandardError.write("\(ranks) processes of \(recipe.threads) threads each\n") }
    if cores > parts {
      let name = parts == 1 ? "micro-batch" : "micro-batches"
      StandardError.write(
        "using \(parts) of \(cores) cores: a batch of \(recipe.batch) is \(parts) \(name) of "
          + "\(recipe.microBatch); a smaller --micro-batch or a larger --batch uses more\n")
    }
  }

  private func finish(_ run: EnsembleRun, _ trained: Model) throws {
    if let test = run.record.test {
      try StandardOutput.write(EvaluationReport(test).text)
    }
    let what = run.record.members.map { "\($0.count) members" } ?? "epoch \(run.record.epoch)"
    let path = run.record.member == nil ? model : EnsembleRun.path(ofMember: 1, of: model)
    try StandardOutput.write("\(path): \(what), SHA-256 \(trained.identity)")
  }
}

extension InputSpecification.Normalisation: ExpressibleByArgument {}
