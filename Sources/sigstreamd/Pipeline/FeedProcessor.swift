import Logging
import StreamIO
import Windowing

/// What a feed does with each message: decode, check, cut into windows, count. Used on the feed's thread alone.
struct FeedProcessor {
  private let configuration: FeedConfiguration
  private let counters: FeedCounters
  private let format: ArrayFormat
  private let clock: PipelineClock
  private let logger: Logger
  private var streams: StreamTable
  private var refusals = LogLimiter()
  // The message at hand: its storage serves one after the other.
  private var block = SampleBlock()
  private let emit: (_ stream: String, _ window: Window, _ samples: Span<Float>) -> Void

  /// - Parameters:
  ///   - channels: the model's.
  ///   - emit: called with each finished window, its stream, and its samples, which are valid during the call.
  init(
    _ configuration: FeedConfiguration, channels: Int, counters: FeedCounters, clock: PipelineClock, logger: Logger,
    emit: @escaping (_ stream: String, _ window: Window, _ samples: Span<Float>) -> Void
  ) {
    self.configuration = configuration
    self.counters = counters
    self.clock = clock
    self.logger = logger
    self.emit = emit
    format = ArrayFormat(maximumMessageBytes: configuration.maximumMessageBytes)
    let window = configuration.window
    streams = StreamTable(
      geometry: WindowGeometry(
        lengthSamples: window.lengthSamples, hopSamples: window.hopSamples, channels: channels),
      sampleRateHz: configuration.sampleRateHz,
      layout: configuration.channels == .together ? .together : .separate)
  }

  /// Takes one message; a bad one is counted, logged at a limited rate, and otherwise costs nothing.
  mutating func process<Frames: MessageFrames & ~Copyable>(_ message: borrowing Frames) {
    let arrival = clock.microsecondsSince1970()
    do {
      try format.decode(message, into: &block)
      try checkRate(of: block)
      try append(block, arrival: arrival)
    } catch let error as any BadMessage {
      refuse(error)
    } catch {
      preconditionFailure("decoding throws only what describes a bad message, not \(error)")
    }
  }

  private func checkRate(of block: SampleBlock) throws(RateError) {
    guard let rate = block.sampleRateHz, abs(rate - configuration.sampleRateHz) > 1e-6 * configuration.sampleRateHz
    else { return }
    throw RateError(expected: configuration.sampleRateHz, got: rate)
  }

  private mutating func append(_ block: SampleBlock, arrival: Int64) throws(StreamError) {
    let missingBefore = streams.missingSamples
    defer {
      counters.countMessage(
        samples: block.samples.count, masked: block.maskedSamples.count,
        missing: streams.missingSamples - missingBefore)
    }
    let (counters, emit) = (counters, emit)
    try streams.append(
      block.samples, channels: block.channels, maskedSamples: block.maskedSamples,
      stream: block.source ?? configuration.name,
      at: BlockPosition(
        firstSample: block.firstSample, messageNumber: block.messageNumber,
        acquisitionMicroseconds: block.acquisitionMicroseconds, arrivalMicroseconds: arrival)
    ) { stream, window, samples in
      counters.countFormed()
      emit(stream, window, samples)
    }
  }

  private mutating func refuse(_ error: any BadMessage) {
    counters.countBadMessage(error.reason)
    guard let count = refusals.admit(error.reason, now: clock.monotonicNanoseconds()) else { return }
    logger.warning(
      "message refused: \(error)",
      metadata: ["feed": "\(configuration.name)", "reason": "\(error.reason)", "count": "\(count)"])
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
    case .channels: "channels"
    case .tooManyStreams: "streams"
    }
  }
}
