import Testing

@testable import Windowing

/// Windows of streams that are conditioned: where they lie, and that they are those of the whole signal.
@Suite struct ConditionedWindowsTests {
  private static let geometry = WindowGeometry(lengthSamples: 50, hopSamples: 25, channels: 1)

  private func windower(
    _ input: Double = 1000, _ output: Double = 250, filters: [SignalFilter] = []
  ) throws -> StreamWindower {
    StreamWindower(
      geometry: Self.geometry, sampleRateHz: input,
      conditioning: try SignalConditioning(from: input, to: output, filters: filters))
  }

  @Test func windowsLieWhereTheirSamplesWereTaken() throws {
    var stream = try windower()
    let signal = ramp(frames: 1000, channels: 1)
    let windows = stream.collect(
      signal, at: BlockPosition(firstSample: 5000, acquisitionMicroseconds: 1_000_000, arrivalMicroseconds: 0))
    // Four samples of 1 ms a frame: windows of 200 ms each 100 ms.
    #expect(windows.map(\.startSample) == (0..<windows.count).map { 5000 + 100 * $0 })
    #expect(windows.map(\.endSample) == windows.map { $0.startSample + 200 })
    #expect(windows.map(\.startMicroseconds) == (0..<windows.count).map { 1_000_000 + 100_000 * Int64($0) })
    #expect(windows.map(\.endMicroseconds) == windows.map { $0.startMicroseconds + 196_000 })
    // A ramp is band-limited but for its ends: the frames' values tell when they were taken.
    for window in windows.dropFirst(3) {
      for (index, value) in window.samples.enumerated() {
        #expect(abs(value - Float(window.startSample - 5000 + 4 * index)) < 0.5)
      }
    }
    #expect(stream.nextSample == 6000)
  }

  @Test func timesBetweenSamplesAreRoundedToTheMicrosecond() throws {
    var stream = try windower(360, 250)
    let windows = stream.collect(
      [Float](repeating: 1, count: 400),
      at: BlockPosition(firstSample: 0, acquisitionMicroseconds: 0, arrivalMicroseconds: 0))
    // Frame 25 of 250 a second is at 100 ms, which is sample 36 of 360 a second; frame 49 is at 196 ms.
    #expect(windows.prefix(3).map(\.startMicroseconds) == [0, 100_000, 200_000])
    #expect(windows.prefix(3).map(\.endMicroseconds) == [196_000, 296_000, 396_000])
    #expect(windows.prefix(3).map(\.startSample) == [0, 36, 72])
    #expect(windows.prefix(3).map(\.endSample) == [72, 108, 144])
  }

  @Test(arguments: [(360.0, 250.0), (250.0, 360.0), (360.0, 360.0), (1000.0, 90.0)], [1, 2])
  func messagesOfAnySizeMakeTheSameWindows(rates: (Double, Double), channels: Int) throws {
    var generator = SeededGenerator(seed: 21)
    let conditioning = try SignalConditioning(
      from: rates.0, to: rates.1, filters: [.highpass(0.5, order: 2), .notch(30, q: 10)])
    let frames = 4000
    let signal = (0..<frames * channels).map { _ in Float.random(in: -1...1, using: &generator) }
    func form(_ pieces: [Range<Int>]) -> [FormedWindow] {
      var stream = StreamWindower(
        geometry: WindowGeometry(lengthSamples: 64, hopSamples: 24, channels: channels), sampleRateHz: rates.0,
        conditioning: conditioning)
      return pieces.flatMap { piece in
        stream.collect(
          Array(signal[piece.lowerBound * channels..<piece.upperBound * channels]),
          masked: [1700, 1701].filter(piece.contains).map { $0 - piece.lowerBound },
          at: BlockPosition(
            firstSample: piece.lowerBound,
            acquisitionMicroseconds: Int64((Double(piece.lowerBound) * 1e6 / rates.0).rounded()),
            arrivalMicroseconds: 0))
      }
    }
    let whole = form([0..<frames])
    #expect(whole.count > 10 && whole.contains { $0.isMasked } && whole.contains { !$0.isMasked })
    for sizes in [1...5, 1...600] {
      let split = form(randomPieces(of: frames, sizes: sizes, using: &generator))
      #expect(split.map(\.samples) == whole.map(\.samples))
      #expect(split.map(\.startSample) == whole.map(\.startSample))
      #expect(split.map(\.endSample) == whole.map(\.endSample))
      #expect(split.map(\.isMasked) == whole.map(\.isMasked))
      #expect(split.map(\.sequence) == whole.map(\.sequence))
      // The messages' times are whole microseconds.
      for (a, b) in zip(split, whole) { #expect(abs(a.endMicroseconds - b.endMicroseconds) <= 1) }
    }
  }

  @Test func aGapBeginsARunThatKnowsNothingOfTheOneBefore() throws {
    let filters = [SignalFilter.highpass(1, order: 2)]
    var stream = try windower(filters: filters)
    var generator = SeededGenerator(seed: 22)
    _ = stream.collect(ramp(frames: 3000, channels: 1), at: .starting(0))
    let signal = (0..<2000).map { _ in Float.random(in: -1...1, using: &generator) }
    let after = stream.collect(signal, at: .starting(3007))
    var fresh = try windower(filters: filters)
    let alone = fresh.collect(signal, at: .starting(3007))
    #expect(after.map(\.samples) == alone.map(\.samples))
    #expect(after.map(\.startSample) == alone.map(\.startSample))
    #expect(after.first?.startSample == 3007)
    #expect(stream.missingSamples == 7)
    #expect(stream.epoch == 0)
    #expect(stream.collect(signal, at: .starting(0)).first?.epoch == 1)
  }

  @Test func streamsOfATableAreConditionedEachByItself() throws {
    let conditioning = try SignalConditioning(from: 1000, to: 250)
    func table(_ layout: ChannelLayout, channels: Int) -> StreamTable {
      StreamTable(
        geometry: WindowGeometry(lengthSamples: 50, hopSamples: 25, channels: channels), sampleRateHz: 1000,
        layout: layout, conditioning: conditioning)
    }
    var generator = SeededGenerator(seed: 23)
    let (a, b) = (ramp(frames: 1500, channels: 1), (0..<1500).map { _ in Float.random(in: -1...1, using: &generator) })
    let both = zip(a, b).flatMap { [$0, $1] }
    var separate = table(.separate, channels: 1)
    let windows = try separate.collect(both, channels: 2, stream: "s")
    var alone = table(.together, channels: 1)
    let first = try alone.collect(a, channels: 1, stream: "a").map(\.window.samples)
    let second = try alone.collect(b, channels: 1, stream: "b").map(\.window.samples)
    #expect(windows.filter { $0.stream == "s.0" }.map(\.window.samples) == first)
    #expect(windows.filter { $0.stream == "s.1" }.map(\.window.samples) == second)
  }
}
