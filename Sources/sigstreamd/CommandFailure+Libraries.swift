import Classifier
import Glibc
import StatusHTTP
import StreamIO

// How the errors of the libraries end a command. Their texts already say what was expected and what came.

extension Sysexits {
  /// The code for a file that could not be used: missing, refused, or there but not understood.
  static func forFile(_ path: String) -> Sysexits {
    guard access(path, R_OK) != 0 else { return .data }
    switch errno {
    case ENOENT, ENOTDIR: return .noInput
    case EACCES, EPERM: return .permission
    default: return .inputOutput
    }
  }
}

extension CheckpointError: CommandFailureConvertible {
  var commandFailure: CommandFailure {
    switch kind {
    case .malformed:
      CommandFailure("\(description): name a checkpoint that 'sigstreamd train' wrote", exitCode: .data)
    case .inputOutput:
      switch Sysexits.forFile(path) {
      case .noInput: CommandFailure("\(description): check the path, or train a model first", exitCode: .noInput)
      case .data: CommandFailure(description, exitCode: .inputOutput)
      case let code: CommandFailure(description, exitCode: code)
      }
    }
  }
}

extension StatusHTTPError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: .unavailable) }
}

extension PrecisionError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: .unavailable) }
}

extension FileError: CommandFailureConvertible {
  /// The text already says what to do.
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: .forFile(path)) }
}

extension ZeroMQError: CommandFailureConvertible {
  var commandFailure: CommandFailure {
    CommandFailure(
      description, exitCode: [EACCES, EPERM].contains(code) ? .permission : code == EINVAL ? .usage : .unavailable)
  }
}
