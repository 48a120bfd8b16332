import Glibc
import Yams

/// Reads a YAML file into a `YAMLValue` whose every part knows its file and line.
enum YAMLDocument {
  /// Larger files are refused: nothing that people write comes near.
  static let maximumBytes = 4 << 20

  /// Reads and parses the file at `path`.
  /// - Throws: `ConfigurationError` where the file can't be read, is not UTF-8 or not YAML, or repeats a key.
  static func read(path: String) throws(ConfigurationError) -> YAMLValue {
    let bytes = try bytes(path)
    guard bytes.count <= maximumBytes else {
      throw wholeFile(
        path, "more than \(maximumBytes >> 20) MiB: this can't be the file that was meant, check the path")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw wholeFile(path, "not a UTF-8 text: check that this is the file that was meant, and save it as UTF-8")
    }
    return try parse(text, file: path)
  }

  /// What the file or pipe at `path` has, up to a little more than is taken.
  private static func bytes(_ path: String) throws(ConfigurationError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= maximumBytes {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// Parses `text`; `file` names it in errors.
  /// - Parameter message: what is said where nothing stands in it.
  /// - Throws: `ConfigurationError` where it is not YAML, is empty, repeats a key, or has aliases for more than a file may
  ///   hold.
  static func parse(
    _ text: String, file: String, ifEmpty message: String = "the file is empty: write at least one key"
  ) throws(ConfigurationError) -> YAMLValue {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    guard !YAMLExpansion.exceeds(maximumBytes, text) else {
      throw wholeFile(
        file, "its aliases (*…) stand for more than \(maximumBytes >> 20) MiB: write what is meant in their place")
    }
    let node: Node?
    do {
      // Without the rules that tell what a scalar looks like: the reader of a key decides that.
      node = try compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw notYAML(file, error)
    } catch {
      throw wholeFile(file, "not YAML (\(error)): check the file")
    }
    guard let node else { throw wholeFile(file, message) }
    return YAMLValue(node: node, location: YAMLLocation(file: file, line: node.mark?.line ?? 1, keyPath: ""))
  }

  private static func wholeFile(
    _ file: String, _ message: String, _ exitCode: Sysexits = .configuration
  ) -> ConfigurationError {
    ConfigurationError(file: file, line: nil, keyPath: "", message: message, exitCode: exitCode)
  }

  /// - Parameter errorNumber: the system's, of the attempt to open or read the file.
  private static func unreadable(_ file: String, _ errorNumber: Int32) -> ConfigurationError {
    let reason = "can't be read (\(String(cString: strerror(errorNumber))))"
    return switch errorNumber {
    case ENOENT, ENOTDIR: wholeFile(file, "no such file: check the path", .noInput)
    case EACCES, EPERM: wholeFile(file, "permission denied: check the file's owner and mode", .permission)
    case EMFILE, ENFILE: wholeFile(file, "\(reason): raise the limit of open files ('ulimit -n')", .inputOutput)
    default: wholeFile(file, "\(reason): check that it is a file", .inputOutput)
    }
  }

  private static func notYAML(_ file: String, _ error: YamlError) -> ConfigurationError {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let when = context.map { " \($0.text)" } ?? ""
      return ConfigurationError(
        file: file, line: mark.line, keyPath: "",
        message: "not YAML (\(problem)\(when), column \(mark.column)): check the indentation (spaces, no tabs), the "
          + "brackets, and that text with ':' or '#' in it is quoted")
    case .duplicatedKeysInMapping(let keys, let context):
      let key = keys.first ?? ""
      return ConfigurationError(
        file: file, line: context.mark.line, keyPath: "",
        message: "the key '\(key)' is written more than once in the mapping that has it here: keep one")
    default:
      let first = "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      return wholeFile(file, "not YAML (\(first)): check that this is the file that was meant")
    }
  }
}
