/// The JSON header of a data message of Open Ephys GUI's ZMQ Interface.
///
///     { "message_num": 1, "type": "data", "data_size": 4096, "timestamp": 1700000000000,
///       "content": { "stream": "ProbeA-AP", "channel_num": 0, "num_samples": 1024, "sample_num": 0, "sample_rate": 30000.0 } }
///
/// `timestamp` is when the message was made, in milliseconds, not when the samples were acquired, and is not used.
struct OpenEphysHeader: Equatable {
  /// `<stream>/<channel>`, the channel by its name, else by its number from 0.
  var source: String
  var frames: Int
  var firstSample: Int?
  var sampleRateHz: Double?

  static func parse(_ json: RawSpan) throws(WireError) -> OpenEphysHeader { try OpenEphysHeader(Keys.parse(json)) }

  private init(_ keys: Keys) throws(WireError) {
    if let type = keys.type, type != "data" { throw .header("`type`: expected data, got \(quoted(type))") }
    guard let content = keys.content else { throw .header("expected the key `content`") }
    guard content.n_channels == nil else {
      throw .header(
        "`n_channels`: a message has all channels, as old versions of the ZMQ Interface send them: update the plugin")
    }
    guard let frames = try HeaderValue.index(content.num_samples, "num_samples") else {
      throw .header("expected the key `num_samples`")
    }
    guard keys.data_size.map({ $0 == frames * 4 }) ?? true else {
      throw .header("`data_size` and `num_samples` disagree: \(keys.data_size ?? 0) bytes and \(frames) samples of 4")
    }
    self.frames = frames
    source = try Self.source(content)
    firstSample = try HeaderValue.index(content.sample_num, "sample_num")
    sampleRateHz = try HeaderValue.rate(content.sample_rate)
  }

  private static func source(_ content: Content) throws(WireError) -> String {
    let number = try HeaderValue.index(content.channel_num, "channel_num").map { String($0) }
    guard let channel = content.channel_name ?? number else { throw .header("expected the key `channel_num`") }
    guard var source = content.stream, !source.isEmpty else { throw .header("expected the key `stream`") }
    source += "/"
    source += channel
    try StreamName.validate(source)
    return source
  }
}

extension OpenEphysHeader {
  /// The keys as they stand in the JSON.
  struct Keys: HeaderKeys {
    var type: String?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var data_size: Int?
    var content: Content?

    mutating func read(_ key: String, from scanner: inout HeaderScanner) -> Bool {
      switch key {
      case "type": scanner.set(&type, scanner.string())
      case "data_size": scanner.set(&data_size, scanner.integer())
      case "content": scanner.set(&content, scanner.object())
      default: scanner.skipValue()
      }
    }
  }

  struct Content: HeaderKeys {
    var stream: String?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var channel_num: Int?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var channel_name: String?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var num_samples: Int?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var sample_num: Int?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var sample_rate: Double?
    /// Of old versions.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var n_channels: Int?

    mutating func read(_ key: String, from scanner: inout HeaderScanner) -> Bool {
      switch key {
      case "stream": scanner.set(&stream, scanner.string())
      case "channel_num": scanner.set(&channel_num, scanner.integer())
      case "channel_name": scanner.set(&channel_name, scanner.string())
      case "num_samples": scanner.set(&num_samples, scanner.integer())
      case "sample_num": scanner.set(&sample_num, scanner.integer())
      case "sample_rate": scanner.set(&sample_rate, scanner.number())
      case "n_channels": scanner.set(&n_channels, scanner.integer())
      default: scanner.skipValue()
      }
    }
  }
}
