import Foundation
import StreamIO
import Synchronization

/// Standard output for results: unlike `print` it tells when nothing more can be written there.
enum StandardOutput {
  /// Writes `text` and a line break.
  ///
  /// - Throws: `CommandFailure` where a full disc, say, takes no more. A reader that has gone away (`| head`) ends the
  ///   process silently, by SIGPIPE, as it does every program of a pipeline.
  static func write(_ text: String) throws(CommandFailure) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw CommandFailure("standard output: \(CommandOutcome(error: error).reason)", exitCode: .inputOutput)
    }
  }
}

/// Standard error for progress and notes: what can't be written there is no reason to stop.
enum StandardError {
  private static let isMuted = Atomic<Bool>(false)

  /// Writes nothing from now on: of the processes that train together one tells.
  static func mute() { isMuted.store(true, ordering: .relaxed) }

  /// Tells what of a recording could not be read.
  static func warn(of damage: FileError?) {
    if let damage { write("warning: \(damage)\n") }
  }

  static func write(_ text: String) {
    guard !isMuted.load(ordering: .relaxed) else { return }
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
