/// Why a file, or bytes that came from one, could not be used.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  package var path: String
  /// What was expected, what came, and what to do.
  package var message: String

  package init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { "\(path): \(message)" }
}
