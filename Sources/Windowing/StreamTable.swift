/// How the columns of a message become streams.
package enum ChannelLayout: Sendable, Hashable {
  /// One stream of all the columns: 12-lead ECG, three-axis vibration.
  case together
  /// One stream of one channel for each column: pores, electrodes. Column 3 of `array` is the stream `array.3`.
  case separate
}

/// Why a message's samples could not be added to a stream.
package enum StreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The message has another number of channels than the stream.
  case channels(stream: String, expected: Int, got: Int)
  /// The message has fewer columns than one that is asked for needs.
  case column(stream: String, wanted: Int, got: Int)
  /// One stream more than the table holds.
  case tooManyStreams(limit: Int)

  package var description: String {
    switch self {
    case .channels(let stream, let expected, let got):
      "stream '\(stream)': expected \(expected) channels, the message has \(got)"
    case .column(let stream, let wanted, let got):
      "stream '\(stream)': channel \(wanted) is asked for, the message has \(got), from 0"
    case .tooManyStreams(let limit):
      "a stream beyond the \(limit) that a feed may have"
    }
  }
}

/// What has become of streams since they were last asked about, by name.
package struct StreamChanges: Sendable, Equatable {
  package var silent: [String] = []
  package var returned: [String] = []
  package var forgotten: [String] = []
}

/// The streams of one feed, made as they are first heard of, and forgotten when they have been silent for long.
///
/// A stream that comes back after that is a new one: its windows count from 0 again, in an epoch above every epoch of the
/// streams forgotten so far, so that no (epoch, sequence) of a stream ever comes twice.
package struct StreamTable: Sendable {
  package let geometry: WindowGeometry
  package let sampleRateHz: Double
  package let layout: ChannelLayout
  /// What is done to each stream's samples before windows are cut from them.
  private let conditioning: SignalConditioning?
  // Of each message, in this order; nil: all.
  private let columns: [Int]?
  /// Streams that the table will hold at the most: a publisher that invents names can't take all the memory.
  package let maximumStreams: Int
  /// Frames that never arrived, of all streams.
  package private(set) var missingSamples = 0
  /// How often streams, those of them that were forgotten included, began anew because their numbers did not advance.
  package private(set) var restarts = 0
  /// Streams there are.
  package private(set) var count = 0
  /// Those of them that were silent when `review` was called last, and have been since.
  package private(set) var silentCount = 0

  // What one message feeds: a single stream (together), or one for each column (separate).
  private struct Entry: Sendable {
    var id: String
    var lastHeard: Int64
    var isSilent = false
    // Of its messages.
    var channels: Int
    var names: [String]
    var windowers: [StreamWindower]
  }
  private var entries: [Entry] = []
  // By stream id: the place among the entries.
  private var places: [String: Int] = [:]
  // Storage for what is taken of a message.
  private var taken: [Float] = []
  private var returned: [String] = []
  private var firstEpoch: Int
  // By name: streams that were there before this process.
  private var starts: [String: StreamStart]

  /// - Parameters:
  ///   - geometry: how to cut each stream; one channel when the layout is `separate`.
  ///   - sampleRateHz: frames a second, above 0.
  ///   - columns: which columns of each message to take, in this order; each at least 0 and named once. Nil: all.
  ///   - conditioning: of each stream, for samples of this rate; nil: windows are cut from the samples as they are.
  ///   - starts: by name, where streams begin that don't begin as new ones.
  ///   - nextEpoch: of new streams: above those that streams of these names had before.
  package init(
    geometry: WindowGeometry, sampleRateHz: Double, layout: ChannelLayout, columns: [Int]? = nil,
    conditioning: SignalConditioning? = nil, maximumStreams: Int = 4096, starts: [String: StreamStart] = [:],
    nextEpoch: Int = 0
  ) {
    precondition(layout == .together || geometry.channels == 1, "separate streams have one channel each")
    precondition(
      columns == nil || layout == .separate || columns?.count == geometry.channels, "a window has the columns asked for"
    )
    self.geometry = geometry
    self.sampleRateHz = sampleRateHz
    self.layout = layout
    self.columns = columns
    self.conditioning = conditioning
    self.maximumStreams = maximumStreams
    self.starts = starts
    firstEpoch = nextEpoch
  }

  /// Appends one message and hands out the windows that it completes, with the names of their streams.
  ///
  /// - Parameters:
  ///   - samples: `[n, channels]`.
  ///   - channels: columns of the message, at least 1.
  ///   - maskedSamples: indices into `samples`, in ascending order, that stand in for values not finite.
  ///   - stream: the message's stream id.
  ///   - position: where the message lies in its stream.
  ///   - now: the time by any clock that doesn't go back, for `review`.
  ///   - emit: called with each stream's windows in order, columns one after another, and each window's samples
  ///     `[length, channels]`, which are valid during the call.
  /// - Throws: `StreamError`; nothing was appended then.
  package mutating func append(
    _ samples: [Float], channels: Int, maskedSamples: [Int] = [], stream: String, at position: BlockPosition,
    now: Int64 = 0, emit: (_ stream: String, _ window: Window, _ samples: Span<Float>) -> Void
  ) throws(StreamError) {
    precondition(channels >= 1 && samples.count.isMultiple(of: channels), "samples must come in whole frames")
    let place: Int
    if let known = places[stream] {
      place = known
    } else {
      entries.append(try makeEntry(stream, channels: channels, now: now))
      place = entries.count - 1
      places[stream] = place
    }
    let expected = entries[place].channels
    guard channels == expected else { throw .channels(stream: stream, expected: expected, got: channels) }
    hear(place, now: now)
    if layout == .together && columns == nil {
      let masked = Self.frames(of: maskedSamples, channels: channels)
      append(samples.span, masked: masked, to: place, at: 0, position: position, emit: emit)
      return
    }
    var taken: [Float] = []
    swap(&taken, &self.taken)
    if layout == .together, let columns {
      let masked = Self.frames(of: maskedSamples.filter { columns.contains($0 % channels) }, channels: channels)
      Self.copy(columns: columns, of: samples, channels: channels, into: &taken)
      append(taken.span, masked: masked, to: place, at: 0, position: position, emit: emit)
    } else {
      let masked = Self.framesByColumn(of: maskedSamples, channels: channels)
      for index in entries[place].names.indices {
        let column = columns?[index] ?? index
        Self.copy(column: column, of: samples, channels: channels, into: &taken)
        append(taken.span, masked: masked[column] ?? [], to: place, at: index, position: position, emit: emit)
      }
    }
    swap(&taken, &self.taken)
  }

  private mutating func append(
    _ frames: Span<Float>, masked: [Int], to place: Int, at index: Int, position: BlockPosition,
    emit: (_ stream: String, _ window: Window, _ samples: Span<Float>) -> Void
  ) {
    let name = entries[place].names[index]
    let before = (entries[place].windowers[index].missingSamples, entries[place].windowers[index].restarts)
    entries[place].windowers[index].append(frames, maskedFrames: masked, at: position) { emit(name, $0, $1) }
    missingSamples = missingSamples.addingSaturated(entries[place].windowers[index].missingSamples - before.0)
    restarts += entries[place].windowers[index].restarts - before.1
  }

  // MARK: Silence

  private mutating func hear(_ place: Int, now: Int64) {
    entries[place].lastHeard = now
    guard entries[place].isSilent else { return }
    entries[place].isSilent = false
    silentCount -= entries[place].names.count
    returned += entries[place].names
  }

  /// Looks which streams have been silent, and forgets those that have been for long. O(streams).
  ///
  /// - Parameters:
  ///   - now: the time by the clock of `append`.
  ///   - unheard: how much of the time since the last call no stream could have been heard, which is no silence.
  ///   - silentAfter: how long a stream has to say nothing to be called silent, in that clock's units.
  ///   - forgetAfter: how long to be forgotten; at least as long.
  /// - Returns: the streams that fell silent or were forgotten by now, and those that came back since the last call.
  package mutating func review(
    now: Int64, unheard: Int64 = 0, silentAfter: Int64, forgetAfter: Int64
  ) -> StreamChanges {
    var changes = StreamChanges(returned: returned)
    returned = []
    for place in entries.indices.reversed() {
      if unheard > 0 { entries[place].lastHeard = min(now, entries[place].lastHeard.addingSaturated(unheard)) }
      let silence = now.addingSaturated(-entries[place].lastHeard)
      if silence >= silentAfter && !entries[place].isSilent {
        entries[place].isSilent = true
        silentCount += entries[place].names.count
        changes.silent += entries[place].names
      }
      if silence >= forgetAfter { changes.forgotten += forget(place) }
    }
    return changes
  }

  private mutating func forget(_ place: Int) -> [String] {
    entries.swapAt(place, entries.count - 1)
    let entry = entries.removeLast()
    if place < entries.count { places[entries[place].id] = place }
    places[entry.id] = nil
    count -= entry.names.count
    if entry.isSilent { silentCount -= entry.names.count }
    firstEpoch = max(firstEpoch, (entry.windowers.map(\.epoch).max() ?? 0).addingSaturated(1))
    return entry.names
  }

  private mutating func makeEntry(_ stream: String, channels: Int, now: Int64) throws(StreamError) -> Entry {
    if let wanted = columns?.max(), wanted >= channels {
      throw .column(stream: stream, wanted: wanted, got: channels)
    }
    if columns == nil, layout == .together, channels != geometry.channels {
      throw .channels(stream: stream, expected: geometry.channels, got: channels)
    }
    // Before anything is made for each channel: an empty message may claim any number of them.
    guard (layout == .together ? 1 : columns?.count ?? channels) <= maximumStreams - count else {
      throw .tooManyStreams(limit: maximumStreams)
    }
    let names = layout == .together ? [stream] : (columns ?? Array(0..<channels)).map { "\(stream).\($0)" }
    count += names.count
    var starts = names.map { start(of: $0) }
    // The columns of a signal are in one epoch, though some are new.
    let epoch = starts.map(\.epoch).max() ?? firstEpoch
    for index in starts.indices where starts[index].sample == nil { starts[index].epoch = epoch }
    let windowers = starts.map { start in
      StreamWindower(geometry: geometry, sampleRateHz: sampleRateHz, start: start, conditioning: conditioning)
    }
    return Entry(id: stream, lastHeard: now, channels: channels, names: names, windowers: windowers)
  }

  private mutating func start(of name: String) -> StreamStart {
    guard var start = starts.removeValue(forKey: name) else { return StreamStart(epoch: firstEpoch) }
    if start.sample == nil { start.epoch = max(start.epoch, firstEpoch) }
    return start
  }

  /// Above every epoch of the streams so far: what a table that follows this one begins with.
  package var nextEpoch: Int {
    entries.lazy.flatMap(\.windowers).reduce(firstEpoch) { max($0, $1.epoch.addingSaturated(1)) }
  }

  /// Where a stream of all columns is: the epoch, the index of the sample that follows the last one, and that of the next
  /// window's first; nil before the stream has any.
  package func place(of stream: String) -> (epoch: Int, nextSample: Int, nextWindowStart: Int)? {
    guard let place = places[stream] else {
      return starts[stream].flatMap { start in start.sample.map { (start.epoch, $0, $0) } }
    }
    let windower = entries[place].windowers[0]
    return windower.nextSample.map { (windower.epoch, $0, windower.nextWindowStart) }
  }

  private static func copy(column: Int, of samples: [Float], channels: Int, into taken: inout [Float]) {
    let frames = samples.count / channels
    if taken.count != frames { taken = [Float](repeating: 0, count: frames) }
    taken.withUnsafeMutableBufferPointer { taken in
      for frame in 0..<frames { taken[frame] = samples[frame * channels + column] }
    }
  }

  private static func copy(columns: [Int], of samples: [Float], channels: Int, into taken: inout [Float]) {
    taken.removeAll(keepingCapacity: true)
    for start in stride(from: 0, to: samples.count, by: channels) {
      for column in columns { taken.append(samples[start + column]) }
    }
  }

  /// The frames that hold the given samples, each once.
  private static func frames(of samples: [Int], channels: Int) -> [Int] {
    var frames: [Int] = []
    for sample in samples where frames.last != sample / channels {
      frames.append(sample / channels)
    }
    return frames
  }

  /// By column, the frames of its samples among the given ones.
  private static func framesByColumn(of samples: [Int], channels: Int) -> [Int: [Int]] {
    var frames: [Int: [Int]] = [:]
    for sample in samples { frames[sample % channels, default: []].append(sample / channels) }
    return frames
  }
}
