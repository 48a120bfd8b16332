import Foundation
import Yams

/// Values of the configuration that environment variables give, over those of the file, as containers are often set up.
///
/// `SIGSTREAMD_WORKERS=4` is `workers`, `SIGSTREAMD_BATCH__MAX_SIZE=64` is `batch.maxSize`, and
/// `SIGSTREAMD_FEEDS__WARD_3__ENDPOINT=…` is the endpoint of the feed named `ward-3`. A value is YAML.
struct EnvironmentOverrides {
  private static let prefix = "SIGSTREAMD_"

  /// The file with the values put in.
  let file: YAMLValue
  /// The variables by the key paths that they gave.
  private var variables: [String: String] = [:]

  /// - Throws: `ConfigurationError` for a variable that names a feed there is none of, or whose value is no YAML.
  init(_ environment: [String: String], over file: YAMLValue) throws(ConfigurationError) {
    var node = file.node
    for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
      let parts = name.dropFirst(Self.prefix.count).split(separator: "__", omittingEmptySubsequences: false)
      guard !text.isEmpty else {
        throw ConfigurationError(
          file: Self.place(name), line: nil, keyPath: "", message: "it has no value: give it one, or unset it")
      }
      let value = try YAMLDocument.parse(text, file: Self.place(name)).node
      var path = ""
      node = try Self.put(value, at: parts.map(String.init)[...], into: node, &path, variable: name)
      variables[path] = name
    }
    self.file = YAMLValue(node: node, location: file.location)
  }

  /// The same error, where it is about a value that a variable gave, with the variable's name instead of the file's.
  func naming(_ error: ConfigurationError) -> ConfigurationError {
    guard let variable = variables.first(where: { error.keyPath.hasPrefix($0.key) })?.value else { return error }
    var error = error
    (error.file, error.line) = (Self.place(variable), nil)
    return error
  }

  private static func place(_ variable: String) -> String { "the environment variable \(variable)" }

  private static func put(
    _ value: Node, at parts: ArraySlice<String>, into node: Node?, _ path: inout String, variable: String
  ) throws(ConfigurationError) -> Node {
    guard let part = parts.first else { return value }
    let rest = parts.dropFirst()
    if case .sequence(var list)? = node {
      guard let index = list.firstIndex(where: { name(of: $0).map(upperCase) == part }) else {
        let names = list.compactMap(name).map(upperCase).joined(separator: ", ")
        throw ConfigurationError(
          file: place(variable), line: nil, keyPath: path,
          message: "nothing here is named \(part): the names are \(names.isEmpty ? "none" : names)")
      }
      path += "[\(index)]"
      list[index] = try put(value, at: rest, into: list[index], &path, variable: variable)
      return .sequence(list)
    }
    let key = camelCase(part)
    path += path.isEmpty ? key : ".\(key)"
    guard var mapping = node.map(\.mapping) ?? Node.Mapping([]) else {
      throw ConfigurationError(
        file: place(variable), line: nil, keyPath: path, message: "the file has a value here that has no keys")
    }
    mapping[Node(key)] = try put(value, at: rest, into: mapping[key], &path, variable: variable)
    return .mapping(mapping)
  }

  private static func name(of node: Node) -> String? { node.mapping?["name"]?.string }

  /// `ward-3` as it stands in a variable's name: `WARD_3`.
  private static func upperCase(_ name: String) -> String {
    String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  /// `MAX_SIZE` as it stands in the file: `maxSize`.
  private static func camelCase(_ part: String) -> String {
    let words = part.lowercased().split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }
}
