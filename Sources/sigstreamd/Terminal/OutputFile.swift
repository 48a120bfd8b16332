import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Classifier
import Foundation
import Glibc

/// A file that a command will write when its work, perhaps of hours, is done: checked before the work begins.
struct OutputFile: Sendable {
  let path: String

  /// - Parameter inputs: files that the command reads, which the output must not replace.
  /// - Throws: `CommandFailure` where the file can't be written: its folder is missing, full or protected, something that
  ///   is no file stands there, or it is one of `inputs`.
  init(_ path: String, inputs: [String?] = []) throws(CommandFailure) {
    self.path = path
    try Self.check(path, isNoneOf: inputs)
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw CommandFailure("\(path): can't be written: it is no regular file, name a file", exitCode: .inputOutput)
    }
    // Written as the output will be: beside it, then moved into its place.
    let probe = "\(path).\(getpid()).tmp"
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    close(descriptor)
    unlink(probe)
  }

  /// A file that another process checks and writes.
  init(ofAnotherProcess path: String) { self.path = path }

  /// Throws where `path` is one of the files that the command reads.
  static func check(_ path: String, isNoneOf inputs: [String?]) throws(CommandFailure) {
    func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path }
    guard inputs.contains(where: { $0.map(resolved) == resolved(path) }) else { return }
    throw CommandFailure("\(path): is given for two files, one of them to be written: name another", exitCode: .usage)
  }

  /// Runs `body`, which writes the file; what it throws is a failure of output, whatever stands at the path.
  func write<Result>(_ body: (_ path: String) throws -> Result) throws(CommandFailure) -> Result {
    do {
      return try body(path)
    } catch {
      let advice = error is CheckpointError ? ": make room there, or name another file" : ""
      throw CommandFailure("\("\(error)".trimmingSuffix("."))\(advice)", exitCode: .inputOutput)
    }
  }

  /// The failure to open `path` for writing with the system's `errorNumber`.
  static func failure(_ path: String, _ errorNumber: Int32) -> CommandFailure {
    let reason = String(cString: strerror(errorNumber))
    let advice =
      switch errorNumber {
      case ENOENT, ENOTDIR: "make its folder first, or check the path"
      case EACCES, EPERM: "check the owner and mode of its folder"
      case ENOSPC: "make room there, or name another file"
      default: "name another file"
      }
    return CommandFailure(
      "\(path): can't be written (\(reason)): \(advice)",
      exitCode: [EACCES, EPERM].contains(errorNumber) ? .permission : .inputOutput)
  }
}
