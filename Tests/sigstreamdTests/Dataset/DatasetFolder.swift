import Foundation
import StreamIO

/// A folder with recordings and dataset files of a test's own, removed when the test ends.
final class DatasetFolder {
  let path: String

  /// - Parameter name: of the folder, for tests that care.
  init(name: String = "set") throws {
    let parent = FileManager.default.temporaryDirectory.appending(path: "sigstreamd-tests-\(UUID().uuidString)")
    let url = parent.appending(path: name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(at: URL(filePath: path).deletingLastPathComponent()) }

  /// Writes a WFDB record whose physical values are the numbers given, -32768 being missing.
  ///
  /// - Parameters:
  ///   - samples: `[frames, channels]`
  ///   - annotations: frame and code (1 "N", 5 "V", 8 "A"), in time order; nil: no annotation file.
  func record(
    _ name: String, rate: Double = 100, channels: [String] = ["MLII"], samples: [Int16],
    annotations: [(frame: Int, code: Int)]?
  ) throws {
    let file = name.split(separator: "/").last ?? ""
    let signals = channels.map { "\(file).dat 16 1(0)/mV 16 0 0 0 0 \($0)\n" }.joined()
    try write("\(name).hea", "\(file) \(channels.count) \(rate)\n" + signals)
    try write("\(name).dat", samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
    guard let annotations else { return }
    var words: [Int] = []
    var last = 0
    for (frame, code) in annotations {
      // SKIP, with the high half first, holds intervals of any length.
      words += [59 << 10, (frame - last) >> 16, (frame - last) & 0xFFFF, code << 10]
      last = frame
    }
    try write("\(name).atr", (words + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      at: URL(filePath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// Writes a dataset file of two classes, N and V, with windows of 8 every 4; `lines` are added to it.
  func dataset(_ lines: String...) throws -> String {
    let recordings = lines.contains { $0.hasPrefix("recordings:") } ? [] : ["recordings: [ \"*.hea\" ]"]
    let fixed = ["labels: { classes: { N: [ N ], V: [ V ] } }", "windows: { length: 8, hop: 4 }"]
    return try write("dataset.yaml", (recordings + fixed + lines).joined(separator: "\n"))
  }
}
