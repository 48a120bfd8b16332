/// Why a checkpoint cannot be read or written: what was expected, what came, and of which key or tensor.
package struct CheckpointError: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    /// The file does not exist or cannot be opened, read or written.
    case inputOutput
    /// The bytes are not a checkpoint that this program understands.
    case malformed
  }

  package let kind: Kind
  package let path: String
  package let message: String

  package var description: String { "\(path): \(message)" }
}
