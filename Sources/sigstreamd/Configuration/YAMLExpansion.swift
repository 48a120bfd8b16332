import CYaml

/// How much a YAML document is once each alias is replaced by what it names, which is what the parser does to compare keys:
/// lists of aliases to lists of aliases multiply at every step.
struct YAMLExpansion {
  /// Scalars, lists and mappings so far, and bytes of text in them.
  private var size = 0
  /// What is open, with the size before it.
  private var open: [(anchor: String?, start: Int)] = []
  private var sizes: [String: Int] = [:]

  /// Whether `text` is more than `limit`. Of what is not YAML counts what comes before the error.
  static func exceeds(_ limit: Int, _ text: String) -> Bool {
    // Nearly all files have no alias.
    guard text.utf8.contains(UInt8(ascii: "*")) else { return false }
    var parser = yaml_parser_t()
    yaml_parser_initialize(&parser)
    defer { yaml_parser_delete(&parser) }
    var text = text
    return text.withUTF8 { bytes in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
      var expansion = YAMLExpansion()
      var isEnd = false
      while !isEnd && expansion.size <= limit {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else { break }
        defer { yaml_event_delete(&event) }
        expansion.add(event)
        isEnd = event.type == YAML_STREAM_END_EVENT
      }
      return expansion.size > limit
    }
  }

  private mutating func add(_ event: yaml_event_t) {
    switch event.type {
    case YAML_ALIAS_EVENT:
      size += Self.name(event.data.alias.anchor).flatMap { sizes[$0] } ?? 0
    case YAML_SCALAR_EVENT:
      begin(event.data.scalar.anchor)
      size += event.data.scalar.length
      end()
    case YAML_SEQUENCE_START_EVENT: begin(event.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT: begin(event.data.mapping_start.anchor)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: end()
    default: break
    }
  }

  private mutating func begin(_ anchor: UnsafeMutablePointer<yaml_char_t>?) {
    open.append((Self.name(anchor), size))
    size += 1
  }

  private mutating func end() {
    let (anchor, start) = open.removeLast()
    if let anchor { sizes[anchor] = size - start }
  }

  private static func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    anchor.map { String(cString: $0) }
  }
}
