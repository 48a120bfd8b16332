import Logging
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// A multipart message made by hand.
struct MessageBytes: MessageFrames {
  var frames: [[UInt8]]
  var count: Int { frames.count }

  init(_ frames: [[UInt8]]) { self.frames = frames }

  init(topic: String? = nil, header: String, payload: [UInt8]) {
    frames = (topic.map { [Array($0.utf8)] } ?? []) + [Array(header.utf8), payload]
  }

  func withFrame<Result, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let frame = frames[index]
    return try body(frame.span.bytes)
  }
}

/// Keeps log lines instead of printing them.
struct LogRecorder: LogHandler {
  let lines: Monitor<[String]>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let more = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    lines.withLock { $0.append("\(event.level): \(event.message)\(more)") }
  }

  static func make() -> (logger: Logger, lines: Monitor<[String]>) {
    let lines = Monitor<[String]>([])
    return (Logger(label: "test") { _ in LogRecorder(lines: lines) }, lines)
  }
}

@Suite struct FeedProcessorTests {
  /// A processor with what it emits, counts and logs, and a clock that stands until it is moved.
  final class Setup {
    let counters = FeedCounters(feed: "ecg")
    let seconds = Monitor(Int64(0))
    let (logger, lines) = LogRecorder.make()
    var windows: [(stream: String, window: Window, samples: [Float])] = []

    func processor(
      channels: Int? = 1, layout: FeedConfiguration.Channels = .together, deadline: Duration? = nil,
      change: (inout FeedConfiguration) -> Void = { _ in }
    ) throws -> FeedProcessor {
      var feed = FeedConfiguration(
        name: "ecg", endpoint: try Endpoint("tcp://127.0.0.1:*", mode: .bind), sampleRateHz: 360,
        window: FeedConfiguration.Window(lengthSamples: 8, hopSamples: 4), modelPath: "m")
      feed.channels = layout
      feed.maximumMessageBytes = 500
      feed.overload.deadline = deadline
      change(&feed)
      let clock = PipelineClock(
        monotonicNanoseconds: { [seconds] in seconds.withLock { $0 } * 1_000_000_000 },
        microsecondsSince1970: { [seconds] in seconds.withLock { $0 } * 1_000_000 })
      return FeedProcessor(
        feed, channels: channels, counters: counters, clock: clock, logger: logger
      ) { stream, window, _, samples in
        self.windows.append((stream, window, samples.withUnsafeBufferPointer(Array.init)))
      }
    }
  }

  @Test func cutsWindowsFromMessagesAndCountsThem() throws {
    let setup = Setup()
    var processor = try setup.processor()
    setup.seconds.withLock { $0 = 5 }
    processor.process(
      MessageBytes(header: #"{"type":"uint8","shape":[10],"start":0}"#, payload: [UInt8](0..<10)))
    processor.process(
      MessageBytes(topic: "bed-3", header: #"{"type":"uint8","shape":[8],"sample_rate":360}"#, payload: [UInt8](0..<8)))
    processor.process(
      MessageBytes(header: #"{"type":"uint8","shape":[8],"start":15}"#, payload: [UInt8](0..<8)))
    #expect(setup.windows.map(\.stream) == ["ecg", "bed-3", "ecg"])
    #expect(setup.windows.map(\.window.startSample) == [0, 0, 15])
    #expect(setup.windows[1].window.endMicroseconds == 5_000_000)
    let counts = setup.counters.counts
    #expect(counts.messages == 3 && counts.samples == 26 && counts.missingSamples == 5)
    #expect(counts.formed == 3 && counts.inFlight == 3)
  }

  /// As `sigstreamd record` has it: no model, whose channels would be asked for.
  @Test func aColumnThatAMessageDoesNotHaveIsMissedWithoutAModelToo() throws {
    let setup = Setup()
    var processor = try setup.processor(channels: nil, layout: .separate) { $0.select = [3] }
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[4,2]}"#, payload: [UInt8](0..<8)))
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[2,4]}"#, payload: [UInt8](0..<8)))
    #expect(setup.counters.counts.badMessages == ["channels": 1] && setup.counters.counts.messages == 1)
  }

  /// As `sigstreamd record` has it: a signal of any number of channels is one stream, and a sample of it missing is one.
  @Test func withoutAModelASignalIsAStreamWhateverItsChannels() throws {
    let setup = Setup()
    var processor = try setup.processor(channels: nil) { $0.maximumStreams = 2 }
    for (stream, channels) in [("a", 3), ("b", 5)] {
      for start in [0, 7] {
        processor.process(
          MessageBytes(
            header: #"{"type":"uint8","shape":[4,\#(channels)],"source":"\#(stream)","start":\#(start)}"#,
            payload: [UInt8](repeating: 0, count: 4 * channels)))
      }
    }
    _ = processor.reviewStreams()
    let counts = setup.counters.counts
    #expect(counts.badMessages == [:] && counts.streams == 2)
    #expect(counts.samples == 2 * 4 * (3 + 5) && counts.missingSamples == 2 * 3)
  }

  /// The date is that of the message's arrival for all of its windows, however long the feed waits between them.
  @Test func aDateThatStepsBetweenTheWindowsOfAMessageChangesNoAge() throws {
    let (hours, counters) = (Monitor(Int64(0)), FeedCounters(feed: "ecg"))
    let clock = PipelineClock(
      monotonicNanoseconds: { 7_000_000_000_000 },
      microsecondsSince1970: {
        hours.withLock { $0 += 1 }
        return hours.withLock(\.self) * 3_600_000_000
      })
    let feed = FeedConfiguration(
      name: "ecg", endpoint: try Endpoint("tcp://127.0.0.1:*", mode: .bind), sampleRateHz: 1000,
      window: FeedConfiguration.Window(lengthSamples: 4, hopSamples: 4), modelPath: "m")
    var acquired: [Int64] = []
    var processor = FeedProcessor(
      feed, channels: 1, counters: counters, clock: clock, logger: Logger(label: "test")
    ) { _, _, time, _ in acquired.append(time) }
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[12]}"#, payload: [UInt8](0..<12)))
    // The last sample has just come; a window is four milliseconds.
    #expect(acquired == [6_999_992_000_000, 6_999_996_000_000, 7_000_000_000_000])
  }

  @Test func maskedSamplesAreCountedAndFlagged() throws {
    let setup = Setup()
    var processor = try setup.processor()
    var payload = [UInt8](repeating: 0, count: 48)
    // Sample 1 is NaN.
    payload.replaceSubrange(4..<8, with: [0, 0, 0xC0, 0x7F])
    processor.process(MessageBytes(header: #"{"type":"float32","shape":[12]}"#, payload: payload))
    #expect(setup.counters.counts.maskedSamples == 1)
    #expect(setup.windows.map(\.window.isMasked) == [true, false])
  }

  static let badMessages: [(reason: String, topic: String?, header: String, payload: [UInt8])] = [
    ("header", nil, "{", []),
    ("type", nil, #"{"type":"float16","shape":[1]}"#, []),
    ("shape", nil, #"{"type":"uint8","shape":[1,1,1]}"#, [1]),
    ("length", nil, #"{"type":"uint8","shape":[2]}"#, [1]),
    ("size", nil, #"{"type":"uint8","shape":[500]}"#, [UInt8](repeating: 1, count: 500)),
    ("source", "a\u{7}b", #"{"type":"uint8","shape":[1]}"#, [1]),
    ("rate", nil, #"{"type":"uint8","shape":[1],"sample_rate":250}"#, [1]),
    ("channels", nil, #"{"type":"uint8","shape":[1,2]}"#, [1, 2]),
  ]

  @Test(arguments: badMessages)
  func aBadMessageIsCountedByItsReasonAndCostsNothingElse(
    reason: String, topic: String?, header: String, payload: [UInt8]
  ) throws {
    let setup = Setup()
    var processor = try setup.processor()
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[4]}"#, payload: [0, 1, 2, 3]))
    processor.process(MessageBytes(topic: topic, header: header, payload: payload))
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[4]}"#, payload: [4, 5, 6, 7]))
    #expect(setup.counters.counts.badMessages == [reason: 1])
    #expect(setup.windows.map(\.samples) == [[0, 1, 2, 3, 4, 5, 6, 7]])
    let line = try #require(setup.lines.withLock { $0 }.first)
    #expect(line.hasPrefix("warning: message refused: "))
    #expect(line.hasSuffix(" count=1 feed=ecg reason=\(reason)"))
  }

  @Test func refusedMessagesAreToldByTheirReasons() {
    var counts = FeedCounts()
    #expect(counts.badMessagesText == "0")
    counts.badMessages = ["shape": 3, "header": 37]
    #expect(counts.badMessagesText == "40: header 37, shape 3")
  }

  @Test func equalComplaintsAreLoggedAtALimitedRate() throws {
    let setup = Setup()
    var processor = try setup.processor()
    let bad = MessageBytes(header: #"{"type":"uint8","shape":[1],"sample_rate":250}"#, payload: [1])
    for second in 0...10 {
      setup.seconds.withLock { $0 = Int64(second) }
      for _ in 0..<10 { processor.process(bad) }
    }
    #expect(setup.counters.counts.badMessages == ["rate": 110])
    #expect(
      setup.lines.withLock { $0 } == [
        "warning: message refused: expected samples at 360 Hz, as configured; the header says 250 Hz"
          + " count=1 feed=ecg reason=rate",
        "warning: message refused: expected samples at 360 Hz, as configured; the header says 250 Hz"
          + " count=100 feed=ecg reason=rate",
      ])
  }

  @Test func theLastComplaintsOfABurstAreToldToo() throws {
    let setup = Setup()
    var processor = try setup.processor()
    let bad = MessageBytes(header: #"{"type":"uint8","shape":[1],"sample_rate":250}"#, payload: [1])
    for _ in 0..<5 { processor.process(bad) }
    for second in 1...20 {
      setup.seconds.withLock { $0 = Int64(second) }
      _ = processor.reviewStreams()
    }
    #expect(
      setup.lines.withLock { $0.dropFirst() } == ["warning: more messages refused count=4 feed=ecg reason=rate"])
  }

  @Test func silenceIsReportedOnceAndSoIsTheReturn() throws {
    let setup = Setup()
    var processor = try setup.processor()
    func say(_ source: String, at second: Int64) {
      setup.seconds.withLock { $0 = second }
      processor.process(
        MessageBytes(header: #"{"type":"uint8","shape":[8],"source":"\#(source)"}"#, payload: [UInt8](0..<8)))
    }
    func review(at second: Int64) -> [String] {
      setup.seconds.withLock { $0 = second }
      return processor.reviewStreams()
    }
    say("a", at: 0)
    say("b", at: 5)
    for second in 6...12 { #expect(review(at: Int64(second)).isEmpty) }
    #expect(setup.counters.counts.silentStreams == 1)
    say("a", at: 13)
    for second in 13...14 { #expect(review(at: Int64(second)).isEmpty) }
    #expect(setup.counters.counts.silentStreams == 0)
    #expect(
      setup.lines.withLock { $0 } == [
        "warning: stream fell silent: nothing for 10s count=1 feed=ecg streams=a",
        "notice: stream came back count=1 feed=ecg streams=a",
      ])
    // Ten minutes and more after both.
    #expect(review(at: 700).sorted() == ["a", "b"])
    #expect(setup.counters.counts.streams == 0 && setup.counters.counts.forgottenStreams == 2)
    say("a", at: 701)
    // Of "a", "b", "a" (two in its second message, as the hop is half a window), and "a" anew.
    #expect(setup.windows.map(\.window.sequence) == [0, 0, 1, 2, 0])
    #expect(setup.windows.map(\.window.epoch) == [0, 0, 0, 0, 1])
  }

  @Test func samplesOlderThanTheDeadlineAreCounted() throws {
    let setup = Setup()
    var processor = try setup.processor(deadline: .milliseconds(500))
    setup.seconds.withLock { $0 = 10 }
    // The last of 8 samples at 360 Hz is 0.48 s and 0.58 s old.
    for start in [9_500_000, 9_400_000] {
      processor.process(
        MessageBytes(header: #"{"type":"uint8","shape":[8],"t_us":\#(start)}"#, payload: [UInt8](0..<8)))
    }
    #expect(setup.counters.counts.lateSamples == 8)
  }

  @Test func streamsThatBeginAnewAreCountedAndTold() throws {
    let setup = Setup()
    var processor = try setup.processor()
    // Each message says that it is the first: of a publisher that does not count samples, say.
    for _ in 0..<5 {
      processor.process(
        MessageBytes(header: #"{"type":"uint8","shape":[4],"source":"a","start":0}"#, payload: [1, 2, 3, 4]))
    }
    #expect(setup.windows.isEmpty && setup.counters.counts.restarts == 4)
    #expect(setup.counters.counts.missingSamples == 0)
  }

  @Test func whatIsRefusedIsNotCountedAsUnderstood() throws {
    let setup = Setup()
    var processor = try setup.processor(channels: 2)
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[4,3],"source":"a"}"#, payload: [UInt8](0..<12)))
    #expect(setup.counters.counts.badMessages == ["channels": 1])
    #expect(setup.counters.counts.messages == 0 && setup.counters.counts.samples == 0)
  }

  @Test func separateColumnsAreStreamsOfTheirOwn() throws {
    let setup = Setup()
    var processor = try setup.processor(layout: .separate)
    processor.process(
      MessageBytes(topic: "array", header: #"{"type":"uint8","shape":[8,2]}"#, payload: [UInt8](0..<16)))
    #expect(setup.windows.map(\.stream) == ["array.0", "array.1"])
    #expect(setup.windows[1].samples == [1, 3, 5, 7, 9, 11, 13, 15])
  }

  // MARK: Other formats

  /// A message of Open Ephys' ZMQ Interface, whose samples are zeros.
  static func openEphys(channel: Int, start: Int, count: Int, rate: Double = 360) -> MessageBytes {
    let content =
      #"{"stream":"probe","channel_num":\#(channel),"num_samples":\#(count),"sample_num":\#(start),"sample_rate":\#(rate)}"#
    let header = #"{"message_num":1,"type":"data","content":\#(content),"data_size":\#(4 * count),"timestamp":7}"#
    return MessageBytes([Array("DATA\0".utf8), Array(header.utf8), [UInt8](repeating: 0, count: 4 * count)])
  }

  @Test func channelsOfOpenEphysAreStreamsWithGapsOfTheirOwn() throws {
    let setup = Setup()
    var processor = try setup.processor { $0.format = .openEphys }
    for message in [
      Self.openEphys(channel: 0, start: 100, count: 8), Self.openEphys(channel: 12, start: 100, count: 8),
      Self.openEphys(channel: 0, start: 108, count: 4), Self.openEphys(channel: 12, start: 113, count: 8),
      MessageBytes([Array("EVENT\0".utf8), Array("{}".utf8)]), Self.openEphys(channel: 0, start: 0, count: 8),
      Self.openEphys(channel: 0, start: 8, count: 8, rate: 250),
    ] { processor.process(message) }
    #expect(setup.windows.map(\.stream) == ["probe/0", "probe/12", "probe/0", "probe/12", "probe/0"])
    #expect(setup.windows.map(\.window.startSample) == [100, 100, 104, 113, 0])
    #expect(setup.windows.map(\.window.epoch) == [0, 0, 0, 0, 1])
    let counts = setup.counters.counts
    #expect(counts.messages == 5 && counts.otherMessages == 1 && counts.missingSamples == 5)
    #expect(counts.badMessages == ["rate": 1])
    #expect(counts.heartbeat.otherMessages == 1)
  }

  @Test func itemsOfGNURadioContinueByTheirOffset() throws {
    let layout = try #require(SampleLayout(elementType: "uint8", channels: 1))
    let setup = Setup()
    var processor = try setup.processor {
      $0.format = .gnuRadio(layout, hasTags: true)
      ($0.scale, $0.offset) = (2, 1)
    }
    func message(offset: UInt8, _ items: [UInt8]) -> MessageBytes {
      MessageBytes([[0xF0, 0x5F, 0x01, offset] + [UInt8](repeating: 0, count: 15) + items])
    }
    for offset in [0, 4, 10] as [UInt8] { processor.process(message(offset: offset, [0, 1, 2, 3])) }
    processor.process(message(offset: 14, [4, 5, 6, 7]))
    processor.process(MessageBytes([[0, 1, 2, 3]]))
    #expect(setup.windows.map(\.window.startSample) == [0, 10])
    #expect(setup.windows.first?.samples == [1, 3, 5, 7, 1, 3, 5, 7])
    #expect(setup.counters.counts.missingSamples == 2 && setup.counters.counts.badMessages == ["header": 1])
  }

  @Test func rawSamplesFollowOneAnother() throws {
    let layout = try #require(SampleLayout(elementType: "int16", channels: 2))
    let setup = Setup()
    var processor = try setup.processor(layout: .separate) { $0.format = .raw(layout) }
    let message = MessageBytes([Array("imu".utf8), [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0]])
    for _ in 0..<2 { processor.process(message) }
    processor.process(MessageBytes([[1, 0, 2]]))
    #expect(setup.windows.map(\.stream) == ["imu.0", "imu.1"])
    #expect(setup.windows.map(\.samples) == [[1, 3, 5, 7, 1, 3, 5, 7], [2, 4, 6, 8, 2, 4, 6, 8]])
    #expect(setup.counters.counts.badMessages == ["length": 1])
  }
}
