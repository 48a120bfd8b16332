/// What is wrong in a YAML file, where, and what to write instead.
///
/// Reads `sigstreamd.yaml:7: feeds[0].socket: expected one of sub, pull, got 'pub': write for example 'socket: sub'`.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  var file: String
  /// The line, from 1; nil where the file as a whole is meant.
  var line: Int?
  /// Where in the structure, such as `feeds[0].window.hop`; empty for the file's top.
  var keyPath: String
  /// What came, what was expected, and what to do.
  var message: String
  /// 78 for a wrong content; 66 and 77 where the file could not be read.
  var exitCode = Sysexits.configuration

  var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    return keyPath.isEmpty ? "\(place): \(message)" : "\(place): \(keyPath): \(message)"
  }
}

extension ConfigurationError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: exitCode) }
}

/// Where a value stands in a YAML file, or which environment variable gave it.
struct YAMLLocation: Sendable, Equatable {
  /// The file, as the user named it.
  var file: String
  /// The line of the value's key, from 1.
  var line: Int
  /// The keys and list positions that lead to the value, such as `feeds[0].window.hop`; empty for the file's top.
  var keyPath: String
  /// The environment variables that stand over the file, by the key paths that they gave.
  var variables: [String: String] = [:]

  /// The environment variable that gave the value, or what the value is a part of.
  private var variable: String? {
    let around = variables.filter { path, _ in
      keyPath == path || keyPath.hasPrefix("\(path).") || keyPath.hasPrefix("\(path)[")
    }
    return around.max { $0.key.count < $1.key.count }?.value
  }

  /// For a message about another place: `output.endpoint on line 4`.
  var text: String { "\(keyPath) \(variable.map { "in \(EnvironmentOverrides.place($0))" } ?? "on line \(line)")" }

  /// The error that `message` is about this place.
  func error(_ message: String) -> ConfigurationError {
    guard let variable else { return ConfigurationError(file: file, line: line, keyPath: keyPath, message: message) }
    return ConfigurationError(
      file: EnvironmentOverrides.place(variable), line: nil, keyPath: keyPath, message: message)
  }

  /// The place of `key` in the mapping that stands here.
  func key(_ key: String, line: Int) -> YAMLLocation {
    part(keyPath.isEmpty ? key : "\(keyPath).\(key)", line: line)
  }

  /// The place of item `index`, from 0, of the list that stands here.
  func item(_ index: Int, line: Int) -> YAMLLocation { part("\(keyPath)[\(index)]", line: line) }

  private func part(_ keyPath: String, line: Int) -> YAMLLocation {
    YAMLLocation(file: file, line: line, keyPath: keyPath, variables: variables)
  }

  /// `value` as the user would write it here: `hop: 256`, or `256` in a list.
  func example(_ value: String) -> String {
    let key = keyPath.split(separator: ".").last.map(String.init) ?? ""
    return key.isEmpty || key.hasSuffix("]") ? "'\(value)'" : "'\(key): \(value)'"
  }
}
