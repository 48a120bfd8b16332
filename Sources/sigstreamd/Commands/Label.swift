import ArgumentParser
import Foundation
import StreamIO

/// `sigstreamd label`: results and corrections as labels to learn from.
struct Label: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label recordings with results of the daemon and a person's corrections.",
    discussion: """
      Writes NAME.labels.csv for each recording of the folder, which a dataset file takes with 'labels: { from: intervals, \
      intervals: "{name}.labels.csv" }'. Each sample gets the label of the result whose window's centre is nearest. \
      Outliers, and results with a confidence below --confidence, give no label: --doubtful lists them in a table whose \
      column 'label' is for a person to fill in, and which is then given as --corrections. A WFDB record with the \
      recording's name ('sigstreamd convert' makes it) whose annotations were edited is a correction too.

      Results are the JSON that 'history --json', 'watch --json' and 'classify' print.

      Examples:
        sigstreamd history --feed ecg --json > results.jsonl
        sigstreamd label recordings/ecg --results results.jsonl --doubtful doubtful.csv
        sigstreamd label recordings/ecg --results results.jsonl --corrections doubtful.csv
      """)

  @Argument(help: ArgumentHelp("A folder of recordings, of one feed.", valueName: "folder"))
  var folder: String
  @Option(help: ArgumentHelp("Results, a line of JSON each.", valueName: "file"))
  var results: [String] = []
  @Option(help: ArgumentHelp("A table (.csv) or a WFDB record with what a person says.", valueName: "file"))
  var corrections: [String] = []
  @Option(help: ArgumentHelp("Write the results in doubt here, to be corrected.", valueName: "file.csv"))
  var doubtful: String?
  @Option(help: ArgumentHelp("Results with less are in doubt, 0 to 1.", valueName: "number"))
  var confidence = 0.7

  func validate() throws {
    guard (0...1).contains(confidence) else { throw ValidationError("--confidence must be 0 to 1.") }
    guard !results.isEmpty || !corrections.isEmpty else { throw ValidationError("Give --results or --corrections.") }
  }

  func run() throws {
    guard SegmentFolder.isOne(folder) else {
      throw FileError(
        path: folder, message: "is no folder of recordings: give one that 'sigstreamd record' or 'record:' has filled")
    }
    let recordings = try SegmentFolder(path: folder)
    let doubtfulFile = try doubtful.map { try OutputFile($0, inputs: results + corrections) }
    var labelling = Labelling(recordings, confidence: confidence)
    for path in results { try Self.read(path) { labelling.add($0) } }
    var said = Corrections()
    for path in corrections { try said.add(path: path, recordings: recordings.headers) }
    try doubtfulFile?.write { try DoubtTable.write(labelling.doubts, path: $0) }
    let labels = labelling.labels(said)
    for (header, labels) in labels {
      try LabelTable.write(labels.labelled, path: "\(header.path).labels.csv")
    }
    print(LabellingReport(labelling, corrections: said.count, labels: labels).text)
  }

  private static func read(_ path: String, _ body: (WindowResult) -> Void) throws {
    let decoder = JSONDecoder()
    let bytes = try FileBytes.read(path: path)
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let result = try? decoder.decode(WindowResult.self, from: Data(line)) else {
        throw FileError(
          path: path, message: "line \(number + 1) is no result: give what 'history --json' or 'watch --json' printed")
      }
      body(result)
    }
  }
}
