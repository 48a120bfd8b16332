import Foundation
import StreamIO
import Testing

/// The committed files that the tests read.
enum Fixture {
  /// Of Excel's "CSV UTF-8", and of pandas' `encoding="utf-8-sig"`.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  static func path(_ name: String) -> String {
    Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] { try FileBytes.read(path: path(name)) }
}

/// A folder of its own for each test, removed when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "sigstreamd-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// Runs `read`, which has to fail, and checks that the message holds every one of `parts`.
func expectFileError(
  _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation, read: () throws -> Void
) {
  let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) { try read() }
  for part in parts {
    let description = error?.description ?? ""
    #expect(description.contains(part), "expected '\(part)' in '\(description)'", sourceLocation: sourceLocation)
  }
}

/// The same numbers, NaN being the same as NaN.
func isSame(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}
