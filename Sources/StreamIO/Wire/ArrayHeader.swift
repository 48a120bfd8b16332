import Foundation

/// The JSON header of the `array` format: `array-1.0` of areaDetector and PSI, the pyzmq recipe, and this project's own
/// keys. Other keys are allowed and ignored.
struct ArrayHeader: Sendable {
  var type: ElementType
  var order: ElementType.ByteOrder
  var frames: Int
  var channels: Int
  var source: String?
  var firstSample: Int?
  var messageNumber: Int?
  var acquisitionMicroseconds: Int64?
  var sampleRateHz: Double?
  var units: String?
  var scale: Double
  var offset: Double

  /// Bytes of the longest header that is read: JSON beyond it is no header.
  static let maximumBytes = 64 << 10

  // Integers beyond this are not exact in JSON, whose numbers are doubles for most readers.
  private static let exactIntegers = -(1 << 53)...(1 << 53)

  static func parse(_ json: RawSpan) throws(WireError) -> ArrayHeader {
    guard json.byteCount <= maximumBytes else {
      throw .header("expected at most \(maximumBytes) bytes, got \(json.byteCount)")
    }
    if let keys = HeaderScanner.scan(json) { return try ArrayHeader(keys) }
    return try ArrayHeader(try Keys.decode(json))
  }

  private init(_ keys: Keys) throws(WireError) {
    (type, order) = try Self.elementType(keys)
    (frames, channels) = try Self.shape(keys)
    // An empty id is as good as none.
    source = keys.source.flatMap { $0.isEmpty ? nil : $0 }
    firstSample = try Self.index(keys.start, "start")
    messageNumber = try Self.index(keys.frame, "frame")
    if let time = keys.t_us, !Self.exactIntegers.contains(Int(time)) {
      throw .header("`t_us`: expected microseconds since 1970, got \(time)")
    }
    acquisitionMicroseconds = keys.t_us
    if let rate = keys.sample_rate, !(rate > 0 && rate.isFinite) {
      throw .header("`sample_rate`: expected a number above 0, got \(rate)")
    }
    sampleRateHz = keys.sample_rate
    units = keys.units
    scale = keys.scale ?? 1
    offset = keys.offset ?? 0
    guard scale.isFinite && offset.isFinite else { throw .header("`scale` and `offset` must be finite") }
  }

  private static func index(_ value: Int?, _ key: String) throws(WireError) -> Int? {
    guard let value else { return nil }
    guard value >= 0 && exactIntegers.contains(value) else {
      throw .header("`\(key)`: expected an integer from 0 to 2^53, got \(value)")
    }
    return value
  }

  private static func shape(_ keys: Keys) throws(WireError) -> (frames: Int, channels: Int) {
    guard let given = keys.shape else { throw .header("expected the key `shape`") }
    // areaDetector's plugin before 1.4 wrote `htype` as a list and the dimensions from the fastest to the slowest.
    let isReversed = if case .list = keys.htype { true } else { false }
    switch given {
    case .vector(let frames) where frames >= 0: return (frames, 1)
    case .matrix(let channels, let frames) where isReversed && frames >= 0 && channels >= 1: return (frames, channels)
    case .matrix(let frames, let channels) where !isReversed && frames >= 0 && channels >= 1: return (frames, channels)
    case .vector, .matrix, .other: throw .shape(got: given.dimensions)
    }
  }

  private static func elementType(_ keys: Keys) throws(WireError) -> (ElementType, ElementType.ByteOrder) {
    if let htype = keys.htype, !htype.isArray {
      throw .header("`htype`: expected array-1.0, got \(quoted(htype.text))")
    }
    guard let spelling = keys.type ?? keys.dtype else { throw .header("expected the key `type` or `dtype`") }
    guard let (type, order) = ElementType.parse(spelling) else { throw .type(got: spelling) }
    if let dtype = keys.dtype, ElementType.parse(dtype)?.type != type {
      throw .header("`type` and `dtype` disagree: \(quoted(spelling)) and \(quoted(dtype))")
    }
    // `encoding` is the byte order in some senders and the compression in others, where "" is none.
    let orders = (order, try byteOrder(keys.endianness), try byteOrder(keys.encoding))
    let given = orders.0 ?? orders.1 ?? orders.2 ?? .little
    guard (orders.0 ?? given) == given, (orders.1 ?? given) == given, (orders.2 ?? given) == given else {
      throw .header("the element type and `endianness` disagree")
    }
    return (type, given)
  }

  private static func byteOrder(_ name: String?) throws(WireError) -> ElementType.ByteOrder? {
    switch name {
    case nil, "": return nil
    case "little", "<": return .little
    case "big", ">": return .big
    case let name?:
      throw .header("expected `endianness` little or big and no compression, got \(quoted(name))")
    }
  }
}

extension ArrayHeader {
  /// The keys as they stand in the JSON.
  struct Keys: Decodable, Equatable {
    var htype: HeaderType?
    var type: String?
    var dtype: String?
    var shape: Shape?
    var endianness: String?
    var encoding: String?
    var source: String?
    var start: Int?
    var frame: Int?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var t_us: Int64?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var sample_rate: Double?
    var units: String?
    var scale: Double?
    var offset: Double?

    static func decode(_ json: RawSpan) throws(WireError) -> Keys {
      do {
        return try JSONDecoder().decode(Keys.self, from: json.withUnsafeBytes { Data($0) })
      } catch {
        throw .header(explanation(of: error))
      }
    }
  }

  /// `"array-1.0"`, or the list `["array-1.0"]` of older senders.
  enum HeaderType: Decodable, Equatable {
    case name(String)
    case list([String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        self = .name(name)
      } else {
        self = .list(try container.decode([String].self))
      }
    }

    var isArray: Bool {
      switch self {
      case .name(let name): name == "array-1.0"
      case .list(let names): names.contains("array-1.0")
      }
    }

    var text: String {
      switch self {
      case .name(let name): name
      case .list(let names): names.joined(separator: " ")
      }
    }
  }

  /// The list `shape`, without storage of its own where it is one that makes sense.
  enum Shape: Decodable, Equatable {
    case vector(Int)
    case matrix(Int, Int)
    case other([Int])

    init(from decoder: any Decoder) throws {
      let list = try [Int](from: decoder)
      switch list.count {
      case 1: self = .vector(list[0])
      case 2: self = .matrix(list[0], list[1])
      default: self = .other(list)
      }
    }

    var dimensions: [Int] {
      switch self {
      case .vector(let first): [first]
      case .matrix(let first, let second): [first, second]
      case .other(let list): list
      }
    }
  }

  private static func explanation(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "not JSON" }
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      let key = context.codingPath.first?.stringValue
      return key.map { "`\($0)`: expected \(name(of: type))" } ?? "expected a JSON object"
    case .dataCorrupted(let context):
      return context.codingPath.first.map { "`\($0.stringValue)`: the number does not fit" } ?? "not JSON"
    case .keyNotFound(let key, _):
      return "expected the key `\(key.stringValue)`"
    @unknown default:
      return "not understood"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is Int.Type, is Int64.Type: "an integer"
    case is Double.Type: "a number"
    case is String.Type: "a string"
    default: "a list"
    }
  }
}
