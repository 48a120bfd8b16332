import StreamIO

extension FeedConfiguration {
  /// How a message's bytes become samples.
  enum Format: Sendable, Equatable {
    /// A JSON header and raw samples, in two frames.
    case array
    /// Those of Open Ephys GUI's ZMQ Interface: each message has one channel, which is a stream.
    case openEphys
    /// Those of GNU Radio's ZMQ sinks, with tag headers before the items or without.
    case gnuRadio(SampleLayout, hasTags: Bool)
    /// Samples alone.
    case raw(SampleLayout)

    /// As it stands in the file.
    enum Name: String, CaseIterable, Sendable {
      case array, openephys, gnuradio, raw
    }

    var name: Name {
      switch self {
      case .array: .array
      case .openEphys: .openephys
      case .gnuRadio: .gnuradio
      case .raw: .raw
      }
    }

    /// Of a message, where that is known before one comes.
    var channels: Int? {
      switch self {
      case .array: nil
      case .openEphys: 1
      case .gnuRadio(let layout, _), .raw(let layout): layout.channels
      }
    }

    /// `array`, `gnuradio 2 x float32, tags`.
    var text: String {
      switch self {
      case .array, .openEphys: name.rawValue
      case .gnuRadio(let layout, let hasTags): "\(name.rawValue) \(layout.text)\(hasTags ? ", tags" : "")"
      case .raw(let layout): "\(name.rawValue) \(layout.text)"
      }
    }
  }

  /// What reads the feed's messages.
  var wireFormat: WireFormat {
    let limit = maximumMessageBytes
    return switch format {
    case .array: .array(ArrayFormat(maximumMessageBytes: limit, scale: scale, offset: offset))
    case .openEphys: .openEphys(OpenEphysFormat(maximumMessageBytes: limit, scale: scale, offset: offset))
    case .gnuRadio(let layout, let hasTags):
      .gnuRadio(
        GNURadioFormat(layout, hasTags: hasTags, maximumMessageBytes: limit, scale: scale, offset: offset))
    case .raw(let layout): .raw(RawFormat(layout, maximumMessageBytes: limit, scale: scale, offset: offset))
    }
  }
}
