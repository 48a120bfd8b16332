import Logging
import StreamIO
import Windowing

/// What a feed does with each message: decode, check, cut into windows, count. Used on the feed's thread alone.
struct FeedProcessor {
  private let configuration: FeedConfiguration
  private let counters: FeedCounters
  private let format: WireFormat
  private let clock: PipelineClock
  private let logger: Logger
  private var streams: StreamTable
  private var refusals = LogLimiter()
  // The message at hand: its storage serves one after the other.
  private var block = SampleBlock()
  // Of a feed that acknowledges what it takes.
  private let acknowledgements: Acknowledgements?
  private let recorder: Recorder?
  private let emit: (_ stream: String, _ window: Window, _ acquired: Int64, _ samples: Span<Float>) -> Void

  /// - Parameters:
  ///   - channels: the model's; nil where there is none, and samples are only to be recorded.
  ///   - starts: by name, where streams begin that were there before the daemon.
  ///   - nextEpoch: of new streams.
  ///   - acknowledgements: of a feed whose sender repeats what was not acknowledged: what came before is passed over.
  ///   - recorder: takes the samples too.
  ///   - emit: called with each finished window, its stream, when its last sample was acquired, by the monotonic clock in
  ///     nanoseconds, and its samples, which are valid during the call.
  init(
    _ configuration: FeedConfiguration, channels: Int?, counters: FeedCounters, clock: PipelineClock, logger: Logger,
    starts: [String: StreamStart] = [:], nextEpoch: Int = 0, acknowledgements: Acknowledgements? = nil,
    recorder: Recorder? = nil,
    emit: @escaping (_ stream: String, _ window: Window, _ acquired: Int64, _ samples: Span<Float>) -> Void
  ) {
    self.configuration = configuration
    self.counters = counters
    self.clock = clock
    self.logger = logger
    self.acknowledgements = acknowledgements
    self.recorder = recorder
    self.emit = emit
    format = configuration.wireFormat
    let window = configuration.window
    streams = StreamTable(
      geometry: WindowGeometry(
        lengthSamples: window.lengthSamples, hopSamples: window.hopSamples, channels: channels ?? 1),
      sampleRateHz: configuration.sampleRateHz,
      layout: configuration.channels == .together ? .together : .separate,
      // Without a model a signal may have any number of channels: the first stands for them, as all are recorded.
      columns: channels == nil && configuration.channels == .together ? [0] : configuration.select,
      conditioning: configuration.conditioning,
      maximumStreams: configuration.maximumStreams, starts: starts, nextEpoch: nextEpoch)
    for stream in starts.keys { acknowledge(stream) }
  }

  /// Above every epoch of the feed's streams so far.
  var nextEpoch: Int { streams.nextEpoch }

  /// Takes one message; a bad one is counted, logged at a limited rate, and otherwise costs nothing.
  mutating func process<Frames: MessageFrames & ~Copyable>(_ message: borrowing Frames) {
    let arrival = clock.moment()
    do {
      guard try format.decode(message, into: &block) == .samples else { return counters.countOther() }
      try checkPlace(of: block)
      try checkRate(of: block)
      if let acknowledgements { try removeRepeated(acknowledgements) }
      try append(block, arrival: arrival)
    } catch let error as any BadMessage {
      refuse(error)
    } catch {
      preconditionFailure("decoding throws only what describes a bad message, not \(error)")
    }
  }

  private func checkPlace(of block: SampleBlock) throws(WireError) {
    guard let first = block.firstSample, first > StreamWindower.largestIndex - block.frames else { return }
    throw .header("the index of the last sample is beyond 2⁵³: begin at a lower one")
  }

  private func checkRate(of block: SampleBlock) throws(RateError) {
    guard let rate = block.sampleRateHz, abs(rate - configuration.sampleRateHz) > 1e-6 * configuration.sampleRateHz
    else { return }
    throw RateError(expected: configuration.sampleRateHz, got: rate)
  }

  private mutating func append(_ block: SampleBlock, arrival: PipelineClock.Moment) throws(StreamError) {
    let before = (missing: streams.missingSamples, restarts: streams.restarts)
    let (counters, emit, acknowledgements) = (counters, emit, acknowledgements)
    let source = block.source ?? configuration.name
    try streams.append(
      block.samples, channels: block.channels, maskedSamples: block.maskedSamples, stream: source,
      at: BlockPosition(
        firstSample: block.firstSample, messageNumber: block.messageNumber,
        acquisitionMicroseconds: block.acquisitionMicroseconds, arrivalMicroseconds: arrival.microsecondsSince1970),
      now: arrival.monotonicNanoseconds
    ) { stream, window, samples in
      counters.countFormed()
      acknowledgements?.formed(window, of: stream)
      emit(stream, window, arrival.monotonicNanoseconds(ofDate: window.endMicroseconds), samples)
    }
    counters.countMessage(
      samples: block.samples.count, masked: block.maskedSamples.count,
      missing: streams.missingSamples - before.missing, restarts: streams.restarts - before.restarts,
      late: isLate(block, arrival: arrival.microsecondsSince1970) ? block.samples.count : 0)
    if let recorder, let place = streams.place(of: source) {
      recorder.take(
        block, of: configuration, stream: source, at: (place.epoch, place.nextSample),
        arrival: arrival.microsecondsSince1970)
    }
    acknowledge(source)
  }

  /// Takes out of the message at hand what has come before, as after a lost connection; that may be all of it.
  ///
  /// A sender never goes back behind what the connection began with, unless it begins anew, which makes a new epoch.
  private mutating func removeRepeated(_ acknowledgements: Acknowledgements) throws(WireError) {
    guard let first = block.firstSample else {
      throw .header("expected `start`, the index of the first sample: a dealer feed can't acknowledge without it")
    }
    let source = block.source ?? configuration.name
    guard let next = streams.place(of: source)?.nextSample, first < next,
      first + block.frames > acknowledgements.greeting(of: source)
    else { return }
    let repeated = min(block.frames, next - first)
    block.removeFirst(repeated, sampleRateHz: configuration.sampleRateHz)
    // Where nothing is left of a message that ends before that, it moves the stream neither back nor on.
    block.firstSample = next
    counters.countDuplicates(repeated * block.channels)
  }

  private func acknowledge(_ stream: String) {
    guard let acknowledgements, let place = streams.place(of: stream) else { return }
    acknowledgements.advance(stream, epoch: place.epoch, to: place.nextWindowStart)
  }

  /// Whether even the last of a message's samples came later than the deadline allows a result to.
  private func isLate(_ block: borrowing SampleBlock, arrival: Int64) -> Bool {
    guard let deadline = configuration.overload.deadline, let first = block.acquisitionMicroseconds else {
      return false
    }
    let frames = block.samples.count / max(1, block.channels)
    let duration = Double(frames) * 1e6 / configuration.sampleRateHz
    return Double(arrival) - Double(first) - duration > deadline.inSeconds * 1e6
  }

  /// Reports the streams that have fallen silent and those that came back, and frees those silent for too long; tells of the
  /// last refusals of a burst. To be called about once a second.
  ///
  /// - Parameter unheardNanoseconds: for how long, since the last call, no stream could have been heard.
  /// - Returns: the names of those freed.
  mutating func reviewStreams(unheardNanoseconds: Int64 = 0) -> [String] {
    let changes = streams.review(
      now: clock.monotonicNanoseconds(), unheard: unheardNanoseconds,
      silentAfter: configuration.silentAfter.wholeNanoseconds,
      forgetAfter: configuration.forgetAfter.wholeNanoseconds)
    counters.setStreams(streams.count, silent: streams.silentCount, forgotten: changes.forgotten.count)
    let silence = Quantity.text(configuration.silentAfter)
    report("fell silent: nothing for \(silence)", changes.silent, at: .warning)
    report("came back", changes.returned, at: .notice)
    report("forgotten: nothing for \(Quantity.text(configuration.forgetAfter))", changes.forgotten, at: .notice)
    acknowledgements?.forget(changes.forgotten)
    for (reason, count) in refusals.flush(now: clock.monotonicNanoseconds()) {
      reportRefusals("more messages refused", reason: reason, count: count)
    }
    return changes.forgotten
  }

  /// One line, however many streams there are.
  private func report(_ event: String, _ names: [String], at level: Logger.Level) {
    guard !names.isEmpty else { return }
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    logger.log(
      level: level, "\(names.count == 1 ? "stream" : "streams") \(event)",
      metadata: [
        "feed": "\(configuration.name)", "streams": "\(names.prefix(5).joined(separator: ", "))\(more)",
        "count": "\(names.count)",
      ])
  }

  private mutating func refuse(_ error: any BadMessage) {
    counters.countBadMessage(error.reason)
    guard let count = refusals.admit(error.reason, now: clock.monotonicNanoseconds()) else { return }
    reportRefusals("message refused: \(error)", reason: error.reason, count: count)
  }

  private func reportRefusals(_ text: String, reason: String, count: Int) {
    logger.warning(
      "\(text)", metadata: ["feed": "\(configuration.name)", "reason": "\(reason)", "count": "\(count)"])
  }
}

/// Why a message was refused.
protocol BadMessage: Error, CustomStringConvertible {
  /// A short name for the kind of mistake, for counting.
  var reason: String { get }
}

/// A message's sample rate is not the feed's.
struct RateError: BadMessage, Equatable {
  var expected: Double
  var got: Double
  var reason: String { "rate" }
  var description: String {
    "expected samples at \(Quantity.text(expected)) Hz, as configured; the header says \(Quantity.text(got)) Hz"
  }
}

extension WireError: BadMessage {}

extension StreamError: BadMessage {
  var reason: String {
    switch self {
    case .channels, .column: "channels"
    case .tooManyStreams: "streams"
    }
  }
}
