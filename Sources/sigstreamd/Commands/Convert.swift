import ArgumentParser
import Foundation
import StreamIO

/// `sigstreamd convert`: a recording of any format that can be read, in one that other programs read.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a recording, or a part of it, in another format.",
    discussion: """
      The output's name says the format: .hea (WFDB, with .dat and .atr beside it), .npy, .csv, .edf, .wav, or a folder, \
      with a slash at its end if it is not there yet, to which segments are added. What can be read is listed in \
      docs/formats.md. Annotations go into WFDB and EDF, and into a table beside the others, NAME.labels.csv, which a \
      dataset file takes with 'from: intervals'. Of an EDF+ file of annotations alone, NAME.labels.csv is the output.

      Examples:
        sigstreamd convert night.edf night.hea --channels 'EEG Fpz-Cz' --from 1h --to 2h
        sigstreamd convert 105.mat bearing.npy --variable '*_DE_time'
        sigstreamd convert reads.slow5:READ-ID read.csv
        sigstreamd convert night.edf recordings/night/
        sigstreamd convert SC4001EC-Hypnogram.edf SC4001E0-PSG.labels.csv
      """)

  @Argument(help: ArgumentHelp("The recording to read.", valueName: "recording"))
  var input: String
  @Argument(help: ArgumentHelp("A file (.hea, .npy, .csv, .edf, .wav), or a folder for segments.", valueName: "output"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "The variable, array, dataset, read or series of the file, by name; variables also by pattern.", valueName: "name"
    ))
  var variable: String?
  @Option(help: ArgumentHelp("Only these channels, by name or index, in this order.", valueName: "names"))
  var channels: String?
  @Option(
    help: ArgumentHelp("Samples a second, of a recording that does not say.", valueName: "Hz"),
    transform: parseSampleRate)
  var sampleRate: Double?
  @Option(help: ArgumentHelp("Begin this far into the recording.", valueName: "time"), transform: parseDuration)
  var from: Duration = .zero
  @Option(help: ArgumentHelp("End this far into the recording.", valueName: "time"), transform: parseDuration)
  var to: Duration?

  func validate() throws {
    guard from < to ?? .seconds(1 << 40) else { throw ValidationError("--to must be later than --from.") }
  }

  func run() throws {
    if output.hasSuffix(".labels.csv"), let file = try EDFAnnotationFile(path: input) { return try write(file) }
    guard let format = RecordingWriter.Format(path: output) else {
      let known = RecordingWriter.Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure("\(output): the name has to end in one of \(known)", exitCode: .usage)
    }
    // A WFDB record can be named without a suffix.
    for path in format.files(path: output) { try OutputFile.check(path, isNoneOf: [input, "\(input).hea"]) }
    var source = try RecordingReader.openSingle(path: variable.map { "\(input):\($0)" } ?? input)
    if let sampleRate { source = try RatedSource(source, sampleRateHz: sampleRate) }
    let header = source.header
    let columns =
      try channels.map { try header.columns(of: $0.split(separator: ",").map(String.init)) }
      ?? Array(header.channels.indices)
    let frames = try frames(of: header)
    let written = try RecordingWriter.write(&source, columns: columns, frames: frames, to: output, as: format)
    StandardError.warn(of: source.header.damage)
    print("\(written): \(frames.count) samples of \(columns.count) channel\(columns.count == 1 ? "" : "s")")
  }

  /// Writes the table of a file of annotations alone, which has no samples to choose from.
  private func write(_ file: EDFAnnotationFile) throws {
    guard variable == nil, channels == nil, sampleRate == nil, from == .zero, to == nil else {
      throw CommandFailure(
        "\(input): holds annotations only, which are written all: leave the options out", exitCode: .usage)
    }
    try OutputFile.check(output, isNoneOf: [input])
    try file.write(path: output)
    print("\(output): \(file.count) annotations")
  }

  private func frames(of header: RecordingHeader) throws(CommandFailure) -> Range<Int> {
    guard from > .zero || to != nil else { return 0..<header.frameCount }
    guard let rate = header.sampleRateHz else {
      throw CommandFailure("\(input): has no rate to tell time by: give --sample-rate", exitCode: .usage)
    }
    func frame(_ time: Duration) -> Int { Int(min((time / .seconds(1) * rate).rounded(), Double(header.frameCount))) }
    let frames = frame(from)..<max(frame(from), to.map(frame) ?? header.frameCount)
    guard !frames.isEmpty else {
      let seconds = Quantity.text(Double(header.frameCount) / rate)
      throw CommandFailure("\(input): has no samples there, it is \(seconds) s long", exitCode: .data)
    }
    return frames
  }
}
