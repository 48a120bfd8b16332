import ArgumentParser
import Classifier
import Foundation
import Logging
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// `classify RECORDING` is the daemon's work on a file.
struct RecordingClassificationTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private struct Frames: MessageFrames {
    let frames: [Data]
    var count: Int { frames.count }
    func withFrame<Result, Failure: Error>(
      _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      let bytes = [UInt8](frames[index])
      return try body(bytes.span.bytes)
    }
  }

  private func classify(
    _ path: String, model: Model, hop: Int? = nil, channels: String? = nil, sampleRate: String? = nil, threads: Int = 2
  ) throws -> [WindowResult] {
    var arguments: [String] = []
    if let hop { arguments += ["--hop", "\(hop)"] }
    if let channels { arguments += ["--channels", channels] }
    if let sampleRate { arguments += ["--sample-rate", sampleRate] }
    var results: [WindowResult] = []
    try RecordingOptions.parse(arguments).classify(
      path, model: PackedModel(model), threads: threads
    ) { results.append($0) }
    return results
  }

  /// What the live path makes of the recording when it comes in messages of `block` frames.
  private func live(_ recording: Recording, model: Model, hop: Int, block: Int) throws -> [WindowResult] {
    let rate = try #require(recording.sampleRateHz)
    var configuration = FeedConfiguration(
      name: "recording", endpoint: try Endpoint("tcp://127.0.0.1:5555", mode: .connect), sampleRateHz: rate,
      window: .init(lengthSamples: model.input.window, hopSamples: hop), modelPath: "m")
    configuration.conditioning = try configuration.makeConditioning(for: ModelSummary(model, path: "m"))
    let served = ServedModel(PackedModel(model))
    let classifier = try served.makeClassifier()
    var results: [WindowResult] = []
    var processor = FeedProcessor(
      configuration, channels: recording.channels.count, counters: FeedCounters(feed: "recording"), clock: .system,
      logger: Logger(label: "test")
    ) { stream, window, _, samples in
      var outcomes = [Classification()]
      try? classifier.classify([samples.withUnsafeBufferPointer(Array.init)], into: &outcomes)
      results.append(WindowResult(feed: "recording", stream: stream, window: window, outcomes[0], model: served))
    }
    let channels = recording.channels.count
    for start in stride(from: 0, to: recording.frameCount, by: block) {
      let end = min(start + block, recording.frameCount)
      let message = ArrayMessage(
        source: recording.name, start: start, acquisitionMicroseconds: Int64((Double(start) / rate * 1e6).rounded()),
        sampleRateHz: rate, channels: channels, samples: Array(recording.samples[start * channels..<end * channels]))
      processor.process(Frames(frames: message.encode()))
    }
    return results
  }

  /// Two channels at 250 Hz, 200 frames; frame 70 of the first is missing.
  private func record() throws -> Recording {
    var samples = (0..<400).map { Int16(truncatingIfNeeded: ($0 * $0 * 7 + $0 * 13) % 301) }
    samples[140] = .min
    try folder.record("rec", rate: 250, channels: ["I", "II"], samples: samples, annotations: nil)
    return try RecordingReader.read(path: "\(folder.path)/rec")
  }

  @Test(arguments: [1, 7, 64, 200])
  func resultsAreTheDaemons(block: Int) throws {
    let recording = try record()
    var model = try folder.model(channels: 2, rate: 250)
    model = try withStatistics(model)
    let offline = try classify("\(folder.path)/rec.hea", model: model, hop: 12)
    let live = try live(recording, model: model, hop: 12, block: block)
    #expect(offline.count == (200 - 32) / 12 + 1)
    #expect(offline.count == live.count)
    #expect(offline.allSatisfy { $0.anomaly != nil && $0.pValue != nil })
    for (result, var expected) in zip(offline, live) {
      expected.publishedMicroseconds = result.publishedMicroseconds
      #expect(result == expected, "the same to the bit")
    }
  }

  /// As above, for a model of another rate that was trained on filtered samples. The end of a recording is known, so that
  /// its last windows need not wait for what comes after.
  @Test(arguments: [1, 7, 64, 1000], [200.0, 250, 360])
  func resultsAreTheDaemonsWhereSamplesAreConditioned(block: Int, rate: Double) throws {
    var samples = (0..<2000).map { Int16(truncatingIfNeeded: ($0 * $0 * 7 + $0 * 13) % 301) }
    samples[1040] = .min
    try folder.record("rec", rate: 250, channels: ["I", "II"], samples: samples, annotations: nil)
    let recording = try RecordingReader.read(path: "\(folder.path)/rec")
    var model = try folder.model(channels: 2, rate: rate)
    model.input.filters = "[ { highpass: 0.5Hz }, { notch: 50Hz } ]"
    let offline = try classify("\(folder.path)/rec.hea", model: model, hop: 12)
    let live = try live(recording, model: model, hop: 12, block: block)
    #expect(offline.count == (Int(1000 * rate / 250) - 32) / 12 + 1)
    #expect(live.count > offline.count - 8 && live.count <= offline.count)
    #expect(live.contains { $0.isMasked == true } && live.contains { $0.isMasked != true })
    for (result, var expected) in zip(offline, live) {
      expected.publishedMicroseconds = result.publishedMicroseconds
      // The messages' times are whole microseconds.
      #expect(abs(result.endMicroseconds - expected.endMicroseconds) <= 1)
      (expected.startMicroseconds, expected.endMicroseconds) = (result.startMicroseconds, result.endMicroseconds)
      expected.ageMicroseconds = result.ageMicroseconds
      #expect(result == expected, "the same to the bit")
    }
  }

  /// The model with statistics of noise, for anomaly scores.
  private func withStatistics(_ model: Model) throws -> Model {
    var options = TrainingOptions()
    (options.epochs, options.batch) = (1, 32)
    var generator = SplitMix64(seed: 4)
    let noise = LabelledWindows(
      samples: (0..<32 * 2 * 30).map { _ in Float(generator.uniform()) }, windowSamples: 32, channels: 2,
      labels: (0..<30).map { $0 % 2 })
    var trainer = Trainer(model: model, options: options)
    return try trainer.run(training: noise, validation: nil, observer: { _ in }, shouldStop: { false })
      .save(path: "\(folder.path)/m.safetensors")
  }

  private func noise(_ count: Int) -> LabelledWindows {
    var generator = SplitMix64(seed: UInt64(count))
    return LabelledWindows(
      samples: (0..<32 * count).map { _ in Float(generator.uniform()) }, windowSamples: 32, channels: 1,
      labels: (0..<count).map { $0 % 2 })
  }

  /// The least p-value of n held-out windows is 1 / (1 + n): 1/99 is above a hundredth, 1/100 is not.
  @Test(arguments: [(98, WindowResult.Status.classified), (99, .outlier)])
  func outliersTake99HeldOutWindows(heldOut: Int, status: WindowResult.Status) throws {
    let model = try folder.model(normalisation: .none).withNovelty(
      training: noise(60), validation: noise(heldOut), seed: 1, threads: 2, group: SingleProcess())
    let path = try folder.array("loud.npy", shape: [64], (0..<64).map { Float($0 % 7) * 1000 })
    let results = try classify(path, model: model, hop: 32)
    #expect(results.map(\.pValue) == Array(repeating: 1 / Float(1 + heldOut), count: 2))
    #expect(results.map(\.status) == [status, status])
    #expect(try ModelSummary(model, path: "m").heldOutWindows == heldOut)
  }

  @Test func windowsWithMissingSamplesAreMarked() throws {
    _ = try record()
    let results = try classify("\(folder.path)/rec", model: folder.model(channels: 2, rate: 250), hop: 32)
    // Frame 70 lies in 64 ..< 96 only.
    #expect(results.map { $0.isMasked == true } == [false, false, true, false, false, false])
    #expect(results.map(\.startSample) == [0, 32, 64, 96, 128, 160])
    #expect(results.map(\.sequence) == [0, 1, 2, 3, 4, 5])
    #expect(results[1].startMicroseconds == 128_000)
    #expect(results[1].endMicroseconds == 252_000)
    #expect(results.allSatisfy { $0.stream == "rec" && $0.feed == "recording" && $0.ageMicroseconds == 0 })
  }

  @Test func arraysAreRecordingsToo() throws {
    var samples: [Float] = []
    for t in 0..<100 { samples += [Float(t % 9), t == 40 ? Float.nan : Float(t % 5)] }
    let path = try folder.array("two.npy", shape: [100, 2], samples)
    let model = try folder.model()
    let results = try classify(path, model: model, channels: "1")
    #expect(results.count == (100 - 32) / 8 + 1, "a hop of a quarter")
    for result in results {
      #expect((result.isMasked == true) == (result.startSample...result.endSample - 1).contains(40))
    }
    #expect(results.allSatisfy { $0.status == .classified && $0.anomaly == nil && $0.pValue == nil })
    expectFailure("two.npy: has the channels 0, 1, the model takes 1: choose with --channels") {
      _ = try classify(path, model: model)
    }
    expectFailure("no channel 'x'") { _ = try classify(path, model: model, channels: "x") }
  }

  /// The same samples in a format that says the rate and in one that doesn't.
  @Test func theRateThatIsGivenIsTheRecordings() throws {
    let samples = (0..<400).map { Int16($0 * $0 % 301) }
    try folder.record("rec", rate: 250, samples: samples, annotations: nil)
    let array = try folder.array("rec.npy", shape: [400], samples.map { Float($0) })
    var model = try folder.model(rate: 125)
    model.input.filters = "[ { highpass: 1Hz } ]"
    let expected = try classify("\(folder.path)/rec.hea", model: model)
    #expect(expected.count == (200 - 32) / 8 + 1, "two samples become one")
    #expect(try classify(array, model: model, sampleRate: "250") == expected)
    #expect(try classify(array, model: model).count == (400 - 32) / 8 + 1, "taken to have the model's")
    #expect(try classify("\(folder.path)/rec.hea", model: model, sampleRate: "250") == expected)
    expectFailure("rec.hea: has 250 samples a second by itself: leave --sample-rate out") {
      _ = try classify("\(folder.path)/rec.hea", model: model, sampleRate: "125")
    }
    model.input.sampleRate = 0
    expectFailure("rec.npy: has no rate, which the model's filters need: give --sample-rate") {
      _ = try classify(array, model: model)
    }
    #expect(try classify(array, model: model, sampleRate: "250").count == (400 - 32) / 8 + 1)
  }

  @Test(arguments: ["0", "-5", "nan", "inf", "fast"]) func aRateIsSamplesASecond(rate: String) {
    expectFailure("write samples a second, such as 360") { _ = try RecordingOptions.parse(["--sample-rate=\(rate)"]) }
  }

  @Test func resultsDoNotDependOnThreadsOrParts() throws {
    // More windows than are classified at once.
    let path = try folder.array("long.npy", shape: [1100], (0..<1100).map { Float(($0 * $0) % 31) })
    let model = try folder.model()
    let results = try classify(path, model: model, hop: 1, threads: 1)
    #expect(results.count == 1069)
    #expect(results.map(\.sequence) == Array(0..<1069))
    #expect(try classify(path, model: model, hop: 1, threads: 2) == results)
  }

  @Test func numbersBeyondTheNetworksRangeGiveAFailedResult() throws {
    let path = try folder.array("huge.npy", shape: [64], [Float](repeating: 3e38, count: 64))
    let results = try classify(path, model: folder.model(normalisation: .none), hop: 32)
    #expect(results.map(\.status) == [.failed, .failed])
    #expect(results.allSatisfy { $0.label == nil && $0.probabilities == nil })
    #expect(String(decoding: results[0].encode(), as: UTF8.self).contains("\"status\":\"failed\""))
  }

  @Test func recordingsThatDoNotFitAreRefused() throws {
    _ = try record()
    let path = "\(folder.path)/rec"
    expectFailure("rec.hea: can't be brought to what is asked for: no ratio of whole numbers up to 10000") {
      _ = try classify(path, model: folder.model(channels: 2, rate: 333.33))
    }
    let short = try folder.array("short.npy", shape: [31], [Float](repeating: 0, count: 31))
    expectFailure("short.npy: has 31 samples, a window takes 32: nothing to classify") {
      _ = try classify(short, model: folder.model())
    }
    expectFailure("no such recording") { _ = try classify("\(folder.path)/none", model: folder.model()) }
    expectFailure("--hop must be 1 to 16777216") { _ = try RecordingOptions.parse(["--hop", "0"]) }
  }

  @Test func timesAreTheRecordingsWhereTheModelKnowsNoRate() throws {
    _ = try record()
    let results = try classify("\(folder.path)/rec", model: folder.model(channels: 2), hop: 32)
    #expect(results[1].startMicroseconds == 128_000)
  }
}
