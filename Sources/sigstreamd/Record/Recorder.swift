import Foundation
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
  private static let largestWrite = 16 << 20
  private static let tickNanoseconds = Int64(200_000_000)
  // What a result takes that waits.
  private static let resultBytes = 256
  // Beyond the window itself, for how long a result may be under way.
  private static let resultDelay = Duration.seconds(15)

  private enum Event: Sendable {
    case samples(StreamKey, SegmentBlock, hold: Duration)
    case result(StreamKey, epoch: Int, frames: Range<Int>)
  }
  private struct State: Sendable {
    var events: [Event] = []
    // Of the events, and of the samples that the thread holds.
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
  private let losses = Monitor(LogLimiter())

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
      let bytes = try writers.open()
      self.figures.withLock { $0 = bytes.mapValues { RecordCounts(bytes: $0) } }
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
    if feed.channels == .together {
      guard block.channels <= SegmentHead.mostChannels else {
        let reason = "a recording has \(SegmentHead.mostChannels) channels at the most"
        return lose(block.samples.count, feed: feed.name, reason)
      }
      return offer(template, of: feed)
    }
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
    let window = Duration.seconds(Double(feed.window.lengthSamples) / feed.windowRateHz)
    return window + (feed.overload.deadline ?? .zero) + configuration.margin + Self.resultDelay
  }

  private func offer(_ block: SegmentBlock, of feed: FeedConfiguration) {
    let event = Event.samples(StreamKey(feed: feed.name, stream: block.stream), block, hold: hold(of: feed))
    if !append(event, bytes: block.memoryBytes) {
      lose(block.samples.count, feed: feed.name, "the disc is too slow, or too many are held for their results")
    }
  }

  /// - Returns: whether there was room.
  private func append(_ event: Event, bytes: Int) -> Bool {
    state.withLock { state in
      guard state.waitingBytes + state.heldBytes + bytes <= Self.mostBytes else { return false }
      state.events.append(event)
      state.waitingBytes += bytes
      return true
    }
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
    let frames = result.startSample..<result.endSample
    let key = StreamKey(feed: result.feed, stream: result.stream)
    if !append(.result(key, epoch: result.epoch, frames: frames), bytes: Self.resultBytes) {
      lose(frames.count, feed: result.feed, "the disc is too slow, or too many are held for their results")
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
    var isLast = false
    while !isLast {
      let due = MonotonicClock.nanoseconds() + Self.tickNanoseconds
      isLast = state.wait { state in
        state.isFinishing || MonotonicClock.nanoseconds() >= due
          ? .done(state.isFinishing) : .wait(untilNanoseconds: due)
      }
      let events = state.withLock { state in
        defer { (state.events, state.waitingBytes) = ([], 0) }
        // From now on the thread holds them.
        state.heldBytes += state.waitingBytes
        return state.events
      }
      let now = MonotonicClock.nanoseconds()
      for event in events { add(event, to: &retention, now: now) }
      for (feed, blocks) in retention.take(now: now, isLast: isLast) {
        for piece in Self.pieces(of: blocks) { write(piece, feed: feed, &writers) }
      }
      // In the end also of those of the last seconds.
      tellLosses(now: isLast ? .max : MonotonicClock.nanoseconds())
      state.withLock { $0.heldBytes = retention.heldBytes }
    }
  }

  private func add(_ event: Event, to retention: inout SampleRetention, now: Int64) {
    switch event {
    case .samples(let key, let block, let hold): retention.add(block, of: key, now: now, hold: hold)
    case .result(let key, let epoch, let frames):
      let margin = Int((configuration.margin.inSeconds * (retention.sampleRateHz(of: key) ?? 0)).rounded())
      let wanted = max(0, frames.lowerBound - margin)..<frames.upperBound + margin
      let gone = retention.want(wanted, epoch: epoch, of: key)
      if gone > 0 { lose(gone, feed: key.feed, "their result came too late: give the feed a deadline") }
    }
  }

  /// What is written at once: after a stall of the disc not all that waits, for it is encoded in memory.
  static func pieces(of blocks: [SegmentBlock]) -> [[SegmentBlock]] {
    var pieces: [[SegmentBlock]] = []
    var bytes = largestWrite
    for block in blocks {
      if bytes >= largestWrite { (pieces, bytes) = (pieces + [[]], 0) }
      pieces[pieces.count - 1].append(block)
      bytes += block.memoryBytes
    }
    return pieces
  }

  private func write(
    _ blocks: [SegmentBlock], feed: String, _ writers: inout SegmentWriters
  ) {
    let samples = blocks.reduce(0) { $0 + $1.samples.count }
    do throws(FileError) {
      let bytes = try writers.append(blocks, feed: feed)
      figures.withLock { figures in
        figures[feed, default: RecordCounts()].written += samples
        figures[feed, default: RecordCounts()].bytes = bytes
      }
    } catch {
      lose(samples, feed: feed, "\(error)")
    }
  }

  /// Of the last losses of a burst, which no later one told of.
  private func tellLosses(now: Int64) {
    for (feed, count) in losses.withLock({ $0.flush(now: now) }) {
      logger.error("more samples could not be recorded", metadata: ["feed": "\(feed)", "count": "\(count)"])
    }
  }

  private func lose(_ samples: Int, feed: String, _ reason: String) {
    figures.withLock { $0[feed, default: RecordCounts()].lost += samples }
    let now = MonotonicClock.nanoseconds()
    guard let count = losses.withLock({ $0.admit(feed, events: samples, now: now) }) else { return }
    logger.error(
      "samples can't be recorded, the daemon goes on without: \(reason)",
      metadata: ["feed": "\(feed)", "count": "\(count)"])
  }
}

/// The writers of a recorder, one for each feed.
struct SegmentWriters: ~Copyable {
  private let configuration: RecordConfiguration
  private var writers: [String: SegmentWriter] = [:]

  init(_ configuration: RecordConfiguration) { self.configuration = configuration }

  /// Makes the folder where it is not there.
  ///
  /// - Returns: by feed, the bytes of the files that are there.
  /// - Throws: `FileError` when it can't be made.
  func open() throws(FileError) -> [String: Int] {
    try FileBytes.makeFolder(path: configuration.path)
    let feeds = (try? FileManager.default.contentsOfDirectory(atPath: configuration.path)) ?? []
    let bytes = feeds.map { ($0, SegmentFolder.bytes(in: "\(configuration.path)/\($0)")) }
    return Dictionary(uniqueKeysWithValues: bytes.filter { $0.1 > 0 })
  }

  /// Returns the bytes of all of the feed's files. Where somebody has removed them meanwhile, others are begun.
  ///
  /// - Throws: `FileError`; nothing was written then.
  mutating func append(_ blocks: [SegmentBlock], feed: String) throws(FileError) -> Int {
    if writers[feed]?.isInPlace == false { writers[feed] = nil }
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
