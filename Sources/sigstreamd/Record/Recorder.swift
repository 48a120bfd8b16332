import Logging
import StreamIO
import Windowing

/// What has become of a feed's samples in the recorder.
struct RecordCounts: Sendable, Equatable {
  /// Samples of all channels that were written.
  var written = 0
  /// Samples that were to be written and could not be.
  var lost = 0
  /// Of the feed's files.
  var bytes = 0
}

/// The thread that writes feeds' samples into segments, off the path of the samples: feeds hand it copies and never wait. When
/// the disc is full or slow, samples are lost to the recordings, and counted, and nothing else changes.
final class Recorder: Sendable {
  /// Of samples that may wait, or be held until it is known whether they are wanted.
  private static let mostBytes = 256 << 20
  private static let tickNanoseconds = Int64(200_000_000)
  // Beyond the window itself, for how long a result may be under way.
  private static let resultDelay = Duration.seconds(15)

  private enum Event: Sendable {
    case samples(StreamKey, SegmentBlock, hold: Duration)
    case result(StreamKey, epoch: Int, frames: Range<Int>)
  }
  private struct State: Sendable {
    var events: [Event] = []
    // Of the samples among the events, and of those that the thread holds.
    var waitingBytes = 0
    var heldBytes = 0
    var isFinishing = false
  }

  private let configuration: RecordConfiguration
  /// When this recorder began, which tells its epochs from those of others.
  private let run: Int64
  private let clock: PipelineClock
  private let logger: Logger
  private let state = Monitor(State())
  private let figures = Monitor<[String: RecordCounts]>([:])

  init(_ configuration: RecordConfiguration, clock: PipelineClock, logger: Logger) {
    (self.configuration, self.clock, self.logger) = (configuration, clock, logger)
    run = clock.microsecondsSince1970()
  }

  /// By feed.
  var counts: [String: RecordCounts] { figures.withLock(\.self) }

  /// Opens the folder on a thread of its own.
  ///
  /// - Throws: `FileError` when it can't be written.
  func start() throws -> PipelineThread {
    try PipelineThread.start(name: "recorder") { (ready: (Int) -> Void) in
      var writers = SegmentWriters(self.configuration)
      try writers.check()
      ready(0)
      self.work(&writers)
    }.thread
  }

  /// Takes the samples of a message, from its feed's thread; never blocks.
  ///
  /// - Parameters:
  ///   - block: its samples, where they came in.
  ///   - place: of the stream behind the message: its epoch, and the index that follows the last frame.
  ///   - arrival: microseconds since 1970.
  func take(
    _ block: borrowing SampleBlock, of feed: FeedConfiguration, stream: String,
    at place: (epoch: Int, nextFrame: Int), arrival: Int64
  ) {
    let frames = block.frames
    guard frames > 0, frames <= place.nextFrame else { return }
    let duration = Int64((Double(frames - 1) * 1e6 / feed.sampleRateHz).rounded())
    let template = SegmentBlock(
      run: run, stream: stream, epoch: place.epoch, firstFrame: place.nextFrame - frames,
      microseconds: block.acquisitionMicroseconds ?? arrival.subtractingSaturated(duration),
      sampleRateHz: feed.sampleRateHz, channels: block.channels, units: block.units ?? "",
      samples: block.samplesWithGaps)
    if feed.channels == .together { return offer(template, of: feed) }
    for column in feed.select ?? Array(0..<block.channels) {
      var single = template
      single.stream = "\(stream).\(column)"
      single.samples = stride(from: column, to: template.samples.count, by: template.channels).map {
        template.samples[$0]
      }
      single.channels = 1
      offer(single, of: feed)
    }
  }

  /// How long it may take until it is known whether a feed's samples are wanted.
  private func hold(of feed: FeedConfiguration) -> Duration {
    let window = Duration.seconds(Double(feed.window.lengthSamples) / feed.sampleRateHz)
    return window + (feed.overload.deadline ?? .zero) + configuration.margin + Self.resultDelay
  }

  private func offer(_ block: SegmentBlock, of feed: FeedConfiguration) {
    let bytes = MemoryLayout<Float>.size * block.samples.count
    let event = Event.samples(StreamKey(feed: feed.name, stream: block.stream), block, hold: hold(of: feed))
    let isTaken = state.withLock { state in
      guard state.waitingBytes + state.heldBytes + bytes <= Self.mostBytes else { return false }
      state.events.append(event)
      state.waitingBytes += bytes
      return true
    }
    if !isTaken { countLost([block], feed: feed.name) }
  }

  /// Takes note of a result, from the publisher's thread: perhaps its samples are wanted.
  func consider(_ result: WindowResult) {
    let isWanted =
      switch configuration.what {
      case .all: false
      case .outliers: result.status == .outlier
      case .uncertain(let below): result.confidence.map { Double($0) < below } ?? false
      }
    guard isWanted else { return }
    let key = StreamKey(feed: result.feed, stream: result.stream)
    state.withLock {
      $0.events.append(.result(key, epoch: result.epoch, frames: result.startSample..<result.endSample))
    }
  }

  /// Lets the thread write what it has and end.
  func finish() {
    state.withLock { $0.isFinishing = true }
    state.notifyAll()
  }

  // MARK: On the thread

  private func work(_ writers: inout SegmentWriters) {
    var retention = SampleRetention(isSelective: configuration.what != .all)
    var failures = LogLimiter()
    var isLast = false
    while !isLast {
      let due = MonotonicClock.nanoseconds() + Self.tickNanoseconds
      isLast = state.wait { state in
        state.isFinishing || MonotonicClock.nanoseconds() >= due
          ? .done(state.isFinishing) : .wait(untilNanoseconds: due)
      }
      let events = state.withLock { state in
        defer { (state.events, state.waitingBytes) = ([], 0) }
        return state.events
      }
      let now = MonotonicClock.nanoseconds()
      for event in events { add(event, to: &retention, now: now) }
      for (feed, blocks) in retention.take(now: now, isLast: isLast) {
        write(blocks, feed: feed, &writers, &failures)
      }
      state.withLock { $0.heldBytes = retention.heldBytes }
    }
  }

  private func add(_ event: Event, to retention: inout SampleRetention, now: Int64) {
    switch event {
    case .samples(let key, let block, let hold): retention.add(block, of: key, now: now, hold: hold)
    case .result(let key, let epoch, let frames):
      guard let rate = retention.sampleRateHz(of: key) else { return }
      let margin = Int((configuration.margin.inSeconds * rate).rounded())
      retention.want(max(0, frames.lowerBound - margin)..<frames.upperBound + margin, epoch: epoch, of: key)
    }
  }

  private func write(
    _ blocks: [SegmentBlock], feed: String, _ writers: inout SegmentWriters, _ failures: inout LogLimiter
  ) {
    do throws(FileError) {
      let bytes = try writers.append(blocks, feed: feed)
      let samples = blocks.reduce(0) { $0 + $1.samples.count }
      figures.withLock { figures in
        figures[feed, default: RecordCounts()].written += samples
        figures[feed, default: RecordCounts()].bytes = bytes
      }
    } catch {
      countLost(blocks, feed: feed)
      if let count = failures.admit(feed, now: MonotonicClock.nanoseconds()) {
        logger.error(
          "samples can't be recorded, the daemon goes on without: \(error)",
          metadata: ["feed": "\(feed)", "count": "\(count)"])
      }
    }
  }

  private func countLost(_ blocks: [SegmentBlock], feed: String) {
    let samples = blocks.reduce(0) { $0 + $1.samples.count }
    figures.withLock { $0[feed, default: RecordCounts()].lost += samples }
  }
}

/// The writers of a recorder, one for each feed.
struct SegmentWriters: ~Copyable {
  private let configuration: RecordConfiguration
  private var writers: [String: SegmentWriter] = [:]

  init(_ configuration: RecordConfiguration) { self.configuration = configuration }

  /// Looks whether the folder can be written.
  ///
  /// - Throws: `FileError`.
  func check() throws(FileError) { try FileBytes.makeFolder(path: configuration.path) }

  /// Returns the bytes of all of the feed's files.
  ///
  /// - Throws: `FileError`; nothing was written then.
  mutating func append(_ blocks: [SegmentBlock], feed: String) throws(FileError) -> Int {
    let writer: SegmentWriter
    if let known = writers[feed] {
      writer = known
    } else {
      writer = try SegmentWriter(
        folder: "\(configuration.path)/\(feed)", largestFileBytes: configuration.segmentBytes,
        keptBytes: configuration.keepBytes)
      writers[feed] = writer
    }
    try writer.append(blocks)
    return writer.totalBytes
  }
}

extension SampleBlock {
  /// Its samples, with NaN for those that came as values not finite.
  fileprivate var samplesWithGaps: [Float] {
    var samples = samples
    for index in maskedSamples { samples[index] = .nan }
    return samples
  }
}
