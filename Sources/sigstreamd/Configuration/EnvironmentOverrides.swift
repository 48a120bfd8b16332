import Foundation
import Yams

/// Values of the configuration that environment variables give, over those of the file, as containers are often set up.
///
/// `SIGSTREAMD_WORKERS=4` is `workers`, `SIGSTREAMD_BATCH__MAX_SIZE=64` is `batch.maxSize`, and
/// `SIGSTREAMD_FEEDS__WARD_3__ENDPOINT=…` is the endpoint of the feed named `ward-3`. A value is YAML.
struct EnvironmentOverrides {
  private static let prefix = "SIGSTREAMD_"
  private static let separator = "__"

  /// The file with the values put in; its locations name the variables.
  let file: YAMLValue

  /// - Throws: `ConfigurationError` for a variable that names a feed there is none of, or several of, or whose value is no
  ///   YAML.
  init(_ environment: [String: String], over file: YAMLValue) throws(ConfigurationError) {
    var node = file.node
    var location = file.location
    for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
      let value = try YAMLDocument.parse(
        text, file: Self.place(name), ifEmpty: "it has no value: give it one, or unset it")
      var path = ""
      node = try Self.put(value.node, at: name.dropFirst(Self.prefix.count), into: node, &path, variable: name)
      location.variables[path] = name
    }
    self.file = YAMLValue(node: node, location: location)
  }

  /// The variable as errors name it.
  static func place(_ variable: String) -> String { "the environment variable \(variable)" }

  /// - Parameters:
  ///   - rest: what is left of the variable's name; nil: `value` belongs here.
  ///   - path: where `node` stands; afterwards where `value` does.
  private static func put(
    _ value: Node, at rest: Substring?, into node: Node?, _ path: inout String, variable: String
  ) throws(ConfigurationError) -> Node {
    guard let rest else { return value }
    if case .sequence(var list)? = node {
      let (index, rest) = try item(of: list, at: rest, path: path, variable: variable)
      path += "[\(index)]"
      list[index] = try put(value, at: rest, into: list[index], &path, variable: variable)
      return .sequence(list)
    }
    let end = rest.firstRange(of: separator)
    let key = camelCase(rest[..<(end?.lowerBound ?? rest.endIndex)])
    path += path.isEmpty ? key : ".\(key)"
    guard var mapping = node.map(\.mapping) ?? Node.Mapping([]) else {
      throw ConfigurationError(
        file: place(variable), line: nil, keyPath: path, message: "the file has a value here that has no keys")
    }
    mapping[Node(key)] = try put(
      value, at: end.map { rest[$0.upperBound...] }, into: mapping[key], &path, variable: variable)
    return .mapping(mapping)
  }

  /// The item of `list` whose name `rest` begins with, the longest where there are several, and what follows the name. A
  /// name may have the separator in it.
  private static func item(
    of list: Node.Sequence, at rest: Substring, path: String, variable: String
  ) throws(ConfigurationError) -> (index: Int, rest: Substring?) {
    let names = list.map { name(of: $0) ?? "" }
    let spellings = names.map(upperCase)
    let fitting = spellings.filter { !$0.isEmpty && (rest == $0 || rest.hasPrefix($0 + separator)) }
    guard let spelling = fitting.max(by: { $0.count < $1.count }), let index = spellings.firstIndex(of: spelling) else {
      let name = rest[..<(rest.firstRange(of: separator)?.lowerBound ?? rest.endIndex)]
      let known = spellings.filter { !$0.isEmpty }.joined(separator: ", ")
      throw ConfigurationError(
        file: place(variable), line: nil, keyPath: path,
        message: "nothing here is named \(name): the names are \(known.isEmpty ? "none" : known)")
    }
    let others = names.indices.filter { $0 != index && spellings[$0] == spelling && names[$0] != names[index] }
    guard others.isEmpty else {
      let all = ([index] + others).map { "'\(names[$0])'" }.joined(separator: " and ")
      throw ConfigurationError(
        file: place(variable), line: nil, keyPath: path,
        message: "\(all) are one name in a variable, \(spelling): give one of them another, or write the value into "
          + "the file")
    }
    let after = rest.dropFirst(spelling.count)
    return (index, after.isEmpty ? nil : after.dropFirst(separator.count))
  }

  private static func name(of node: Node) -> String? { node.mapping?["name"]?.string }

  /// `ward-3` as it stands in a variable's name: `WARD_3`.
  private static func upperCase(_ name: String) -> String {
    String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  /// `MAX_SIZE` as it stands in the file: `maxSize`.
  private static func camelCase(_ part: Substring) -> String {
    let words = part.lowercased().split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }
}
