import StreamIO

extension FeedConfiguration.Format {
  /// Reads `format` and the keys that say more of it.
  init(_ feed: YAMLMapping<FeedKey>) throws(ConfigurationError) {
    let name: Name = try feed.optional(.format)?.choice() ?? .array
    try Self.checkKeys(feed, of: name)
    switch name {
    case .array: self = .array
    case .openephys: self = .openEphys
    case .gnuradio:
      self = .gnuRadio(try Self.layout(feed, of: name), hasTags: try feed.optional(.passTags)?.boolean() ?? false)
    case .raw: self = .raw(try Self.layout(feed, of: name))
    }
  }

  private static func layout(
    _ feed: YAMLMapping<FeedKey>, of name: Name
  ) throws(ConfigurationError) -> SampleLayout {
    guard let type = try feed.optional(.elementType) else {
      throw feed.location(of: .format).error(
        "messages of \(name.rawValue) don't say what their samples are: write for example 'elementType: float32' and, for more "
          + "than one, 'channelCount: 2'")
    }
    let channels = try feed.optional(.channelCount)?.integer(in: 1...65536, example: "2") ?? 1
    let example = "float32"
    guard let layout = SampleLayout(elementType: try type.string(example: example), channels: channels) else {
      throw type.mismatch("one of \(ElementType.names), or NumPy's code such as '<i2' or '>f4'", example: example)
    }
    return layout
  }

  /// Refuses keys that mean nothing with a format.
  private static func checkKeys(_ feed: YAMLMapping<FeedKey>, of name: Name) throws(ConfigurationError) {
    let others = "write 'format: raw' or 'format: gnuradio'"
    for key in [FeedKey.elementType, .channelCount] where name == .array || name == .openephys {
      guard try feed.optional(key) != nil else { continue }
      let reason = name == .array ? "the header of an array says it" : "openephys messages have one channel of float32"
      throw feed.location(of: key).error("\(reason): remove '\(key.rawValue)', or \(others)")
    }
    if name != .gnuradio, try feed.optional(.passTags) != nil {
      throw feed.location(of: .passTags).error(
        "only GNU Radio's sinks pass tags: remove 'passTags', or write 'format: gnuradio'")
    }
  }
}

extension FeedConfiguration {
  /// Refuses what can't be had of a format.
  /// - Parameter feed: where this comes from.
  func checkFormat(_ feed: YAMLMapping<FeedKey>) throws(ConfigurationError) {
    if socket == .dealer, format != .array {
      throw feed.location(of: .format).error(
        "a dealer feed acknowledges samples by the 'start' of an array's header: write 'format: array', or 'socket: pull'"
      )
    }
    if format == .openEphys, channels == .separate {
      throw feed.location(of: .channels).error(
        "openephys messages have one channel each, which is a stream of its own anyway: remove 'channels'")
    }
    if format == .openEphys, select != nil {
      throw feed.location(of: .select).error(
        "openephys messages have one channel each: remove 'select', and choose channels in the ZMQ Interface's editor"
      )
    }
    if let count = format.channels, let column = select?.first(where: { $0 >= count }) {
      throw feed.location(of: .select).error(
        "channel \(column) is asked for, from 0, but a message has \(count): write a larger 'channelCount', or select "
          + "others")
    }
  }

  /// Checks that the channels of a message, where they are known beforehand, are the model's.
  func checkChannels(against model: ModelSummary) throws(ConfigurationError) {
    guard channels == .together, select == nil, let count = format.channels, count != model.channels else { return }
    let channels = "\(count) channel\(count == 1 ? "" : "s")"
    let messages = "messages have \(channels), but the model \(modelPath) takes \(model.channels)"
    if format == .openEphys {
      throw source.location(of: .format).error(
        "openephys \(messages): name a model of 1 channel, or put the channels together into an array ('format: array')"
      )
    }
    throw source.location(of: .channelCount).error("\(messages): write another 'channelCount', or 'select'")
  }
}
