import ArgumentParser
import Foundation

/// The exit codes of BSD's `sysexits.h` that this program uses.
enum Sysexits: Int32, Sendable {
  /// Wrong arguments on the command line.
  case usage = 64
  /// An input file's content can't be understood.
  case data = 65
  /// An input file is missing.
  case noInput = 66
  /// A peer, address or device can't be reached or had.
  case unavailable = 69
  /// A mistake of this program.
  case internalError = 70
  /// The system refuses what every program needs: a thread.
  case systemError = 71
  /// Reading or writing failed.
  case inputOutput = 74
  /// The system refused access.
  case permission = 77
  /// The configuration is wrong, or does not fit the models it names.
  case configuration = 78
}

/// Why a command ends without having done its work.
///
/// `message` reads `<what happened>: <what to do>`; the program prints it as `sigstreamd: <message>` on one line of
/// stderr and exits with `exitCode`.
struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
  var message: String
  var exitCode: Sysexits

  init(_ message: String, exitCode: Sysexits) {
    self.message = message
    self.exitCode = exitCode
  }

  var description: String { message }
}

/// An error that knows how to end a command: what the libraries throw conforms to this in `CommandFailure+Libraries`.
protocol CommandFailureConvertible: Error {
  var commandFailure: CommandFailure { get }
}

extension CommandFailure: CommandFailureConvertible {
  var commandFailure: CommandFailure { self }
}

/// How the program ends: what it prints, where, and the code it exits with.
struct CommandOutcome: Sendable, Equatable {
  var output: String
  var isError: Bool
  var exitCode: Int32

  init(output: String, isError: Bool, exitCode: Int32) {
    self.output = output
    self.isError = isError
    self.exitCode = exitCode
  }

  init(failure: CommandFailure) {
    self.init(
      output: "sigstreamd: \(failure.message.printable)", isError: true, exitCode: failure.exitCode.rawValue)
  }

  /// The end that `error`, thrown by parsing or by a command, stands for.
  init(error: any Error) {
    if let error = error as? any CommandFailureConvertible {
      self.init(failure: error.commandFailure)
    } else if let code = error as? ExitCode {
      self.init(output: "", isError: code != .success, exitCode: code.rawValue)
    } else if let failure = Self.systemFailure(error) {
      self.init(failure: failure)
    } else {
      self.init(parserError: error)
    }
  }

  /// Help and version requests go to stdout whole. A wrong command line becomes one line that points to the help of the
  /// command that was meant; what the parser doesn't know either is a mistake of ours.
  private init(parserError error: any Error) {
    let code = Sigstreamd.exitCode(for: error)
    let full = Sigstreamd.fullMessage(for: error)
    if code == .success {
      self.init(output: full, isError: false, exitCode: code.rawValue)
    } else if code == .validationFailure {
      let message = Sigstreamd.message(for: error).trimmingSuffix(".")
      let help = full.firstMatch(of: /See '(sigstreamd[^']*)'/).map { String($0.1) } ?? "sigstreamd --help"
      self.init(failure: CommandFailure("\(message): see '\(help)'", exitCode: .usage))
    } else {
      self.init(
        failure: CommandFailure(
          "internal error: \(error): please report this, with the command that led to it", exitCode: .internalError))
    }
  }

  /// What is printed, without the program's name: to be part of a longer message.
  var reason: String {
    output.hasPrefix("sigstreamd: ") ? String(output.dropFirst("sigstreamd: ".count)) : output
  }

  /// What Foundation throws for files: permissions, full discs, missing folders.
  private static func systemFailure(_ error: any Error) -> CommandFailure? {
    guard let error = error as? CocoaError else { return nil }
    let path = error.filePath.map { "\($0): " } ?? ""
    switch error.code {
    case .fileReadNoSuchFile, .fileNoSuchFile:
      return CommandFailure("\(path)no such file or folder: check the path", exitCode: .noInput)
    case .fileReadNoPermission, .fileWriteNoPermission:
      return CommandFailure("\(path)permission denied: check the file's owner and mode", exitCode: .permission)
    case .fileWriteOutOfSpace:
      return CommandFailure("\(path)the disc is full: make room and try again", exitCode: .inputOutput)
    default:
      return CommandFailure("\(path)\(error.localizedDescription): check the path", exitCode: .inputOutput)
    }
  }
}

extension String {
  /// The string without `suffix` at its end, where it has it.
  func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
