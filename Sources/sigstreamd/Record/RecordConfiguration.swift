/// What the daemon keeps of its feeds' samples, and where: the `record:` of the configuration.
struct RecordConfiguration: Sendable, Equatable {
  /// Which samples.
  enum What: Sendable, Equatable {
    case all
    /// Those of windows that the model finds unlike all it knows.
    case outliers
    /// Those of windows whose label has a lower confidence than this, above 0 and up to 1.
    case uncertain(below: Double)
  }

  /// A folder, absolute; each feed has one of its own in it.
  var path: String
  var what = What.all
  /// Kept on both sides of a chosen window, 0…60 s.
  var margin = Duration.seconds(2)
  /// At which a new file is begun, 64 KiB…1 GiB.
  var segmentBytes = 64 << 20
  /// Of each feed: the oldest files go when there is more. At least two segments.
  var keepBytes = 10 << 30
}

extension RecordConfiguration {
  /// What is recorded, for people.
  var text: String {
    let choice =
      switch what {
      case .all: "all samples"
      case .outliers: "outliers"
      case .uncertain(let below): "results below a confidence of \(Quantity.text(below))"
      }
    return "\(choice) to \(path), up to \(keepBytes) bytes a feed"
  }
}

/// The keys of `record:`.
enum RecordKey: String, YAMLKey {
  case path, what, below, margin, segment, keep
}

extension RecordConfiguration {
  private enum Choice: String, CaseIterable {
    case all, outliers, uncertain
  }

  /// - Parameters:
  ///   - folder: what a path in the file is relative to.
  ///   - stateFolder: where recordings are when no path is given.
  init(_ value: YAMLValue, folder: String, stateFolder: String) throws(ConfigurationError) {
    let record = try value.mapping(of: RecordKey.self)
    path = try record.optional(.path)?.path(in: folder, example: "recordings") ?? "\(stateFolder)/recordings"
    let choice: Choice = try record.optional(.what)?.choice() ?? .all
    let below = try record.optional(.below)?.number(in: 1e-6...1, example: "0.6")
    switch choice {
    case .all: what = .all
    case .outliers: what = .outliers
    case .uncertain:
      guard let below else {
        throw record.location(of: .what).error("below which confidence? write for example 'below: 0.6' beside it")
      }
      what = .uncertain(below: below)
    }
    if below != nil, choice != .uncertain {
      throw record.location(of: .below).error("goes with 'what: uncertain': write that, or remove 'below'")
    }
    margin = try record.optional(.margin)?.duration(in: .zero ... .seconds(60), example: "2s") ?? margin
    if case .all = what, try record.optional(.margin) != nil {
      throw record.location(of: .margin).error("goes with 'what: outliers' or 'uncertain': write that, or remove it")
    }
    segmentBytes =
      try record.optional(.segment)?.byteSize(in: 64 << 10...1 << 30, example: "64MiB") ?? segmentBytes
    keepBytes = try record.optional(.keep)?.byteSize(in: 1 << 20...1 << 50, example: "10GiB") ?? keepBytes
    guard keepBytes >= 2 * segmentBytes else {
      throw record.location(of: .keep).error(
        "less than two segments of \(segmentBytes) bytes: write more, or a smaller 'segment'")
    }
  }
}
