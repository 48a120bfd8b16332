/// The JSON header of the `array` format: `array-1.0` of areaDetector and PSI, the pyzmq recipe, and this project's own
/// keys. Other keys are allowed and ignored.
struct ArrayHeader: Sendable {
  var frames: Int
  var layout: SampleLayout
  var source: String?
  var firstSample: Int?
  var messageNumber: Int?
  var acquisitionMicroseconds: Int64?
  var sampleRateHz: Double?
  var units: String?

  static func parse(_ json: RawSpan) throws(WireError) -> ArrayHeader { try ArrayHeader(Keys.parse(json)) }

  private init(_ keys: Keys) throws(WireError) {
    let (type, order) = try Self.elementType(keys)
    let (frames, channels) = try Self.shape(keys)
    let (scale, offset) = (keys.scale ?? 1, keys.offset ?? 0)
    guard scale.isFinite && offset.isFinite else { throw .header("`scale` and `offset` must be finite") }
    self.frames = frames
    layout = SampleLayout(type: type, order: order, channels: channels, scale: scale, offset: offset)
    // An empty id is as good as none.
    source = keys.source.flatMap { $0.isEmpty ? nil : $0 }
    firstSample = try HeaderValue.index(keys.start, "start")
    messageNumber = try HeaderValue.index(keys.frame, "frame")
    if let time = keys.t_us, !HeaderValue.exactIntegers.contains(Int(time)) {
      throw .header("`t_us`: expected microseconds since 1970, got \(time)")
    }
    acquisitionMicroseconds = keys.t_us
    sampleRateHz = try HeaderValue.rate(keys.sample_rate)
    units = keys.units
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
  struct Keys: HeaderKeys {
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

    mutating func read(_ key: String, from scanner: inout HeaderScanner) -> Bool {
      switch key {
      case "htype": scanner.set(&htype, scanner.string().map { .name($0) })
      case "type": scanner.set(&type, scanner.string())
      case "dtype": scanner.set(&dtype, scanner.string())
      case "shape": scanner.set(&shape, Shape(from: &scanner))
      case "endianness": scanner.set(&endianness, scanner.string())
      case "encoding": scanner.set(&encoding, scanner.string())
      case "source": scanner.set(&source, scanner.string())
      case "start": scanner.set(&start, scanner.integer())
      case "frame": scanner.set(&frame, scanner.integer())
      case "t_us": scanner.set(&t_us, scanner.integer().map(Int64.init))
      case "sample_rate": scanner.set(&sample_rate, scanner.number())
      case "units": scanner.set(&units, scanner.string())
      case "scale": scanner.set(&scale, scanner.number())
      case "offset": scanner.set(&offset, scanner.number())
      default: scanner.skipValue()
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

    /// Takes `[N]` and `[N, C]` only.
    init?(from scanner: inout HeaderScanner) {
      guard scanner.take("["), let first = scanner.integer() else { return nil }
      if scanner.take("]") {
        self = .vector(first)
      } else {
        guard scanner.take(","), let second = scanner.integer(), scanner.take("]") else { return nil }
        self = .matrix(first, second)
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
}
