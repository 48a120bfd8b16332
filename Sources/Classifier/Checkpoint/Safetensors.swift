import Foundation

/// The safetensors container: u64 header length, JSON header, tensor bytes. https://github.com/huggingface/safetensors
///
/// Parsing trusts nothing: every length is checked against the bytes that are there before it is used.
struct Safetensors {
  /// One tensor's header entry.
  struct Entry: Codable, Equatable {
    var dtype: String
    var shape: [Int]
    var dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  /// A message for a person; the caller adds the file's path.
  struct Malformed: Error {
    let message: String
  }

  let metadata: [String: String]
  let entries: [String: Entry]
  private let data: Data

  /// Largest header accepted, as in the reference implementation.
  private static let largestHeader = 100_000_000

  init(parsing bytes: Data) throws(Malformed) {
    guard bytes.count >= 8 else {
      throw Malformed(message: "is not a safetensors file: \(bytes.count) bytes, expected at least 8")
    }
    let length = bytes.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    guard length <= Self.largestHeader, length <= UInt64(bytes.count - 8) else {
      throw Malformed(
        message: "is not a safetensors file, or is cut short: its header claims \(length) bytes, "
          + "\(bytes.count - 8) follow")
    }
    let start = bytes.startIndex + 8
    let header = bytes[start..<start + Int(length)]
    let decoded: Header
    do {
      decoded = try JSONDecoder().decode(Header.self, from: header)
    } catch {
      throw Malformed(message: "has a header that is not valid safetensors JSON (\(Self.reason(error)))")
    }
    self.init(metadata: decoded.metadata, entries: decoded.entries, data: bytes[(start + Int(length))...])
    for (name, entry) in entries {
      try check(name, entry)
    }
    try checkCover()
  }

  /// A container out of its parts, whose tensors have to cover `data`, which follows the header in a file.
  init(metadata: [String: String], entries: [String: Entry], data: Data) {
    (self.metadata, self.entries, self.data) = (metadata, entries, data)
  }

  /// The bytes of one of `entries`.
  func bytes(of entry: Entry) -> Data {
    data[data.startIndex + entry.dataOffsets[0]..<data.startIndex + entry.dataOffsets[1]]
  }

  private func check(_ name: String, _ entry: Entry) throws(Malformed) {
    guard entry.dataOffsets.count == 2, entry.dataOffsets[0] >= 0, entry.dataOffsets[0] <= entry.dataOffsets[1],
      entry.dataOffsets[1] <= data.count
    else {
      throw Malformed(
        message: "is cut short or corrupt: tensor \(name) lies at bytes \(entry.dataOffsets) of \(data.count)")
    }
    guard let size = Self.elementSizes[entry.dtype] else { return }
    var expected = size
    for dimension in entry.shape {
      let (product, overflow) = expected.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else {
        throw Malformed(message: "is corrupt: tensor \(name) has the shape \(entry.shape)")
      }
      expected = product
    }
    guard expected == entry.dataOffsets[1] - entry.dataOffsets[0] else {
      throw Malformed(
        message: "is corrupt: tensor \(name) of shape \(entry.shape) needs \(expected) bytes, "
          + "has \(entry.dataOffsets[1] - entry.dataOffsets[0])")
    }
  }

  /// The format allows neither overlaps nor holes: with both excluded, the tensors cannot claim more than is there.
  private func checkCover() throws(Malformed) {
    let tensors = entries.map { (name: $0.key, start: $0.value.dataOffsets[0], end: $0.value.dataOffsets[1]) }
    var end = 0
    for tensor in tensors.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard tensor.start == end else {
        throw Malformed(message: "is corrupt: tensor \(tensor.name) starts at byte \(tensor.start), expected \(end)")
      }
      end = tensor.end
    }
    guard end == data.count else {
      throw Malformed(message: "is corrupt: its tensors end at byte \(end) of \(data.count)")
    }
  }

  static let elementSizes = [
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "U64": 8,
    "I64": 8, "F64": 8,
  ]

  static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, _): return "no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}

extension Safetensors {
  /// The header: tensor entries by name, and `__metadata__`.
  private struct Header: Codable {
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]

    struct Name: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
      static let metadata = Name(stringValue: "__metadata__")
    }

    init(metadata: [String: String], entries: [String: Entry]) {
      self.metadata = metadata
      self.entries = entries
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if key.stringValue == Name.metadata.stringValue {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      try container.encode(metadata, forKey: .metadata)
      for (name, entry) in entries {
        try container.encode(entry, forKey: Name(stringValue: name))
      }
    }
  }

  /// A tensor to write; its bytes are made when it is their turn.
  struct Source {
    let name: String
    let dtype: String
    let shape: [Int]
    let byteCount: Int
    let bytes: () -> Data
  }

  /// Hands out the file for `tensors`, laid out in their order, piece by piece: equal contents give equal bytes.
  static func write<Failure>(
    metadata: [String: String], tensors: [Source], to append: (Data) throws(Failure) -> Void
  ) throws(Failure) {
    var entries: [String: Entry] = [:]
    var offset = 0
    for tensor in tensors {
      entries[tensor.name] = Entry(
        dtype: tensor.dtype, shape: tensor.shape, dataOffsets: [offset, offset + tensor.byteCount])
      offset += tensor.byteCount
    }
    var header = encode(Header(metadata: metadata, entries: entries))
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    try append(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
    try append(header)
    for tensor in tensors { try append(tensor.bytes()) }
  }

  private static func encode(_ header: Header) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(header)
    } catch {
      preconditionFailure("strings and whole numbers always encode, but: \(error)")
    }
  }

  /// The same in one piece.
  static func encode(metadata: [String: String], tensors: [(name: String, dtype: String, shape: [Int], bytes: Data)])
    -> Data
  {
    var file = Data()
    let sources = tensors.map { tensor in
      Source(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, byteCount: tensor.bytes.count,
        bytes: { tensor.bytes })
    }
    write(metadata: metadata, tensors: sources) { file.append($0) }
    return file
  }
}
