import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// What a configuration asks for, against the model, and what becomes of messages.
struct FeedConditioningTests {
  private let model = ModelSummary(
    labels: ["N", "V"], sampleRateHz: 250, windowSamples: 1024, channels: 1, identity: String(repeating: "a", count: 64)
  )

  private func text(_ keys: String) -> String {
    """
    feeds:
      - { name: ecg, endpoint: "tcp://127.0.0.1:5555", model: m, window: { length: 1024 }, \(keys) }
    """
  }

  private func feed(_ keys: String) throws -> FeedConfiguration {
    try #require(ConfigurationSample.parse(text(keys)).feeds.first)
  }

  private func message(_ keys: String, _ model: ModelSummary) throws -> String? {
    let feed = try feed(keys)
    do throws(ConfigurationError) {
      try feed.check(against: model)
      _ = try feed.makeConditioning(for: model)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func anotherRateThanTheModelsIsResampled() throws {
    let conditioning = try #require(try feed("sampleRate: 360").makeConditioning(for: model))
    #expect(conditioning.ratio.up == 25 && conditioning.ratio.down == 36)
    #expect(conditioning.outputRateHz == 250)
    #expect(try feed("sampleRate: 250").makeConditioning(for: model) == nil)
    var silent = model
    silent.sampleRateHz = 0
    #expect(try feed("sampleRate: 360").makeConditioning(for: silent) == nil)
  }

  @Test func theModelsFiltersAreTheFeeds() throws {
    var filtered = model
    filtered.filters = [.highpass(0.5, order: 2)]
    let own = try feed("sampleRate: 250, filters: [ { highpass: 0.5Hz } ]")
    #expect(try feed("sampleRate: 250").makeConditioning(for: filtered) == own.makeConditioning(for: filtered))
    #expect(try feed("sampleRate: 250").makeConditioning(for: filtered) == own.makeConditioning(for: model))
    #expect(own.filters == [.highpass(0.5, order: 2)])
    #expect(
      try message("sampleRate: 250, filters: [ { highpass: 1Hz } ]", filtered)?.contains(
        "feeds[0].filters: the model /etc/sigstreamd/m was trained on samples filtered by [ { highpass: 0.5Hz,"
      ) == true)
    // What the model was trained with may be beyond a feed of another rate.
    filtered.filters = [.notch(60, q: 30)]
    #expect(
      try message("sampleRate: 100", filtered)?.contains("feeds[0].sampleRate: 60.0 Hz is not below half") == true)
  }

  @Test func aDealerFeedCannotResample() throws {
    #expect(
      try message("sampleRate: 360, socket: dealer", model)?.contains(
        "feeds[0].sampleRate: 360 Hz, but the model /etc/sigstreamd/m takes 250 Hz, and a dealer feed can't acknowledge"
      ) == true)
    #expect(try message("sampleRate: 250, socket: dealer, filters: [ { notch: 50Hz } ]", model) == nil)
  }

  @Test func ratesWithoutASimpleRatioAreRefused() throws {
    #expect(
      try message("sampleRate: 333.33", model)?.contains(
        "feeds[0].sampleRate: no ratio of whole numbers up to 10000 leads from 333.33 to 250.0 samples a second")
        == true)
  }

  @Test func asManyChannelsHaveToBeSelectedAsTheModelTakes() throws {
    #expect(try message("sampleRate: 250, select: [ 3 ]", model) == nil)
    #expect(
      try message("sampleRate: 250, select: [ 3, 0 ]", model)?.contains("feeds[0].select: 2 channels, but the model")
        == true)
    #expect(try message("sampleRate: 250, channels: separate, select: [ 3, 0 ]", model) == nil)
    #expect(throws: ConfigurationError.self) { try feed("sampleRate: 250, select: [ 1, 1 ]") }
  }

  @Test func theReportTellsWhatIsDone() throws {
    let text = text("sampleRate: 500, filters: [ { notch: 50Hz } ]")
    let report = try ConfigurationReport(ConfigurationSample.parse(text)) { _ in model }
    #expect(report.text.contains("500 Hz  together  1024 (4.1 s)"))
    #expect(
      report.text.contains(
        "\necg: filtered by [ { notch: 50Hz, q: 30 } ], resampled from 500 Hz to 250 Hz (0.224 s late)\n"))
    #expect(report.configuration.feeds[0].conditioning?.outputRateHz == 250)
  }

  // MARK: Messages

  @Test func channelsAreSelectedAndUnitsConverted() throws {
    let setup = FeedProcessorTests.Setup()
    var processor = try setup.processor(channels: 2) {
      ($0.select, $0.scale, $0.offset) = ([2, 0], 0.5, 10)
    }
    // The header's own scale comes first: physical = raw · 2 + 1.
    processor.process(
      MessageBytes(
        header: #"{"type":"uint8","shape":[8,3],"scale":2,"offset":1}"#, payload: (0..<24).map { UInt8($0) }))
    let raw = (0..<8).flatMap { [$0 * 3 + 2, $0 * 3] }
    let expected = raw.map { Float($0 * 2 + 1) * 0.5 + 10 }
    #expect(setup.windows.map(\.samples) == [expected])
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[8,2],"source":"b"}"#, payload: [UInt8](0..<16)))
    #expect(setup.counters.counts.badMessages == ["channels": 1])
  }

  /// Whatever the messages' sizes, gaps and values that are not finite, windows are those of the stretches between them.
  @Test(arguments: [1, 13, 100])
  func gapsAndMissingValuesAreCountedInSamplesThatCame(frames: Int) throws {
    let setup = FeedProcessorTests.Setup()
    let conditioning = try #require(try SignalConditioning(from: 360, to: 90, filters: [.highpass(1, order: 2)]))
    var processor = try setup.processor { $0.conditioning = conditioning }
    func send(_ range: Range<Int>) {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: frames) {
        let values = (start..<min(start + frames, range.upperBound)).map { $0 == 1700 ? Float.nan : Float($0 % 50) }
        processor.process(
          MessageBytes(
            header: #"{"type":"float32","shape":[\#(values.count)],"start":\#(start)}"#,
            payload: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }))
      }
    }
    send(0..<1000)
    send(1100..<2300)
    let counts = setup.counters.counts
    #expect(counts.missingSamples == 100 && counts.maskedSamples == 1 && counts.samples == 2200)
    #expect(counts.formed == setup.windows.count)
    // Windows of 8 at 90 Hz each 4, which are 32 samples each 16; the resampler waits for 112 · 4 / 2 samples and more.
    let starts = setup.windows.map(\.window.startSample)
    let first = starts.filter { $0 < 1000 }
    #expect(first == (0..<first.count).map { $0 * 16 } && first.count > 40)
    #expect(starts.filter { $0 >= 1000 }.first == 1100)
    #expect(setup.windows.allSatisfy { $0.window.endSample - $0.window.startSample == 32 })
    #expect(setup.windows.map(\.window.sequence) == Array(0..<setup.windows.count))
    let masked = setup.windows.filter(\.window.isMasked).map(\.window)
    #expect(masked.contains { $0.startSample <= 1700 && $0.endSample > 1700 })
    #expect(masked.allSatisfy { abs($0.startSample - 1700) < 300 })
    #expect(setup.windows.contains { !$0.window.isMasked && $0.window.startSample > 1100 })
  }

  @Test func aMessageWithoutAnIndexFollowsTheOneBefore() throws {
    let setup = FeedProcessorTests.Setup()
    let conditioning = try SignalConditioning(from: 360, to: 720)
    var processor = try setup.processor { $0.conditioning = conditioning }
    for _ in 0..<20 {
      processor.process(
        MessageBytes(header: #"{"type":"uint8","shape":[10]}"#, payload: [UInt8](repeating: 7, count: 10)))
    }
    // Windows of 8 each 4 at 720 Hz are 4 samples each 2.
    #expect(setup.windows.map(\.window.startSample) == (0..<setup.windows.count).map { $0 * 2 })
    #expect(setup.windows.count > 50)
    #expect(setup.windows.allSatisfy { $0.samples.allSatisfy { abs($0 - 7) < 1e-5 } })
  }
}
