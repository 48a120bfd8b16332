import Foundation
import Glibc
internal import SwiftProtobuf

/// A file of events that TensorBoard reads: TFRecords, each an event.
///
///     length   u64, little endian
///     u32      masked CRC-32C of the length
///     event    protobuf, `length` bytes
///     u32      masked CRC-32C of the event
struct EventFile {
  let path: String
  private let file: FileHandle

  /// Makes `directory` if it is not there, and a new file in it beside what earlier runs have left.
  ///
  /// - Parameter step: the first one of this run. What earlier files have from this step on is shown no more.
  /// - Throws: `CommandFailure` where the directory can't be made or written to.
  init(directory: String, from step: Int) throws(CommandFailure) {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure(
        "\(directory): can't be made a directory (\(CommandOutcome(error: error).reason)): name another",
        exitCode: .inputOutput)
    }
    (path, file) = try Self.create(in: directory)
    try append { $0.fileVersion = "brain.Event:2" }
    try append(step: step) { event in event.sessionLog = .with { $0.status = .start } }
  }

  /// TensorBoard reads the files of a directory in the order of their names: the time comes first.
  private static func create(in directory: String) throws(CommandFailure) -> (String, FileHandle) {
    let stem = "\(directory)/events.out.tfevents.\(time(nil)).\(ProcessInfo.processInfo.hostName).\(getpid())"
    var number = 0
    while true {
      let path = "\(stem).\(number)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (path, FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)) }
      guard errno == EEXIST else { throw OutputFile.failure(path, errno) }
      number += 1
    }
  }

  /// Adds the value of each tag at `step`.
  func append(step: Int, _ scalars: KeyValuePairs<String, Double>) throws(CommandFailure) {
    try append(step: step) { event in
      event.summary.value = scalars.map { tag, value in
        .with { ($0.tag, $0.simpleValue) = (tag, Float(value)) }
      }
    }
  }

  private func append(step: Int = 0, _ fill: (inout Tensorboard_Event) -> Void) throws(CommandFailure) {
    var event = Tensorboard_Event()
    (event.wallTime, event.step) = (Date().timeIntervalSince1970, Int64(step))
    fill(&event)
    do {
      try file.write(contentsOf: Self.record(try event.serializedBytes()))
    } catch {
      throw CommandFailure("\(path): \(CommandOutcome(error: error).reason)", exitCode: .inputOutput)
    }
  }

  /// `data` as a TFRecord.
  static func record(_ data: [UInt8]) -> Data {
    let length = littleEndian(UInt64(data.count))
    return Data(
      length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data)))
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
