import Yams

extension HistoryConfiguration {
  /// - Parameters:
  ///   - folder: what a path in the file is relative to.
  ///   - stateFolder: where the history is when no path is given.
  init(_ value: YAMLValue, folder: String, stateFolder: String) throws(ConfigurationError) {
    let history = try value.mapping(of: HistoryKey.self)
    path = try history.optional(.path)?.path(in: folder, example: "history.sqlite") ?? "\(stateFolder)/history.sqlite"
    keep = try history.optional(.keep).map { value throws(ConfigurationError) in try HistoryRetention(value) } ?? keep
  }
}

extension HistoryRetention {
  private static let ages = Duration.seconds(60) ... .seconds(3650 * 86_400)
  private static let sizes = (1 << 20)...(1 << 50)

  /// Reads `7d`, `2GiB`, or a list of both.
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let items = if case .sequence = value.node { try value.list() } else { [value] }
    for item in items {
      let text = try item.string(example: "7d")
      if age == nil, let age = Quantity.duration(text), Self.ages.contains(age) {
        self.age = age
      } else if bytes == nil, let bytes = Quantity.byteSize(text), Self.sizes.contains(bytes) {
        self.bytes = bytes
      } else {
        throw item.mismatch(
          "a time from 1m to 3650d, a size from 1MiB to 1PiB, or a list of one of each", example: "7d")
      }
    }
  }

  /// What is kept, for people.
  var text: String {
    [age.map { "for \(Quantity.text($0))" }, bytes.map { "up to \($0) bytes" }].compactMap(\.self)
      .joined(separator: ", ")
  }
}
