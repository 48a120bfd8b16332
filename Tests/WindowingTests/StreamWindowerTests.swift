import Testing

@testable import Windowing

/// A window with its samples.
@dynamicMemberLookup
struct FormedWindow: Equatable {
  var window: Window
  var samples: [Float]

  init(_ window: Window, _ samples: Span<Float>) {
    (self.window, self.samples) = (window, samples.withUnsafeBufferPointer(Array.init))
  }

  subscript<Value>(dynamicMember keyPath: KeyPath<Window, Value>) -> Value { window[keyPath: keyPath] }
}

extension StreamWindower {
  mutating func collect(_ samples: [Float], masked: [Int] = [], at position: BlockPosition) -> [FormedWindow] {
    var windows: [FormedWindow] = []
    append(samples.span, maskedFrames: masked, at: position) { windows.append(FormedWindow($0, $1)) }
    return windows
  }
}

@Suite struct StreamWindowerTests {
  static let geometry = WindowGeometry(lengthSamples: 4, hopSamples: 2, channels: 1)

  func windower() -> StreamWindower {
    StreamWindower(geometry: Self.geometry, sampleRateHz: 1000)
  }

  @Test(arguments: SlidingWindowTests.geometries, [true, false])
  func formsTheSameWindowsHoweverTheSignalIsSplit(geometry: WindowGeometry, withStart: Bool) {
    var generator = SeededGenerator(seed: 11)
    let frames = 10_000
    let channels = geometry.channels
    let signal = ramp(frames: frames, channels: channels)
    // 8 µs a frame: times are whole numbers, so they must agree exactly.
    let epochStart: Int64 = 1_700_000_000_000_000
    func form(_ pieces: [Range<Int>]) -> [FormedWindow] {
      var stream = StreamWindower(geometry: geometry, sampleRateHz: 125_000)
      return pieces.enumerated().flatMap { number, piece in
        let time = epochStart + Int64(piece.lowerBound) * 8
        return stream.collect(
          Array(signal[piece.lowerBound * channels..<piece.upperBound * channels]),
          at: BlockPosition(
            firstSample: withStart ? 77 + piece.lowerBound : nil, messageNumber: withStart ? nil : number,
            acquisitionMicroseconds: time, arrivalMicroseconds: 0))
      }
    }
    let whole = form([0..<frames])
    #expect(whole.count == (frames - geometry.lengthSamples) / geometry.hopSamples + 1)
    #expect(whole[0].startSample == (withStart ? 77 : 0))
    #expect(whole.map(\.sequence) == Array(0..<whole.count))
    for sizes in [1...5000, 1...50] {
      #expect(form(randomPieces(of: frames, sizes: sizes, using: &generator)) == whole)
    }
  }

  @Test func timesFollowTheAcquisitionToTheMicrosecond() {
    var stream = StreamWindower(geometry: Self.geometry, sampleRateHz: 360)
    let windows = stream.collect(
      ramp(frames: 7, channels: 1),
      at: BlockPosition(acquisitionMicroseconds: 1_000_000, arrivalMicroseconds: 9_000_000))
    // Frame 3 is 3/360 s = 8333.3 µs after the first, frame 5 is 13 888.9 µs after it.
    #expect(windows.map(\.endMicroseconds) == [1_008_333, 1_013_889])
    #expect(windows.map(\.startMicroseconds) == [1_000_000, 1_005_556])
  }

  @Test func arrivalStandsForTheLastFrameWithoutAnAcquisitionTime() {
    var stream = windower()
    let windows = stream.collect(ramp(frames: 7, channels: 1), at: BlockPosition(arrivalMicroseconds: 50_000))
    // 1000 µs a frame; frames 3 and 5 of 0...6 are 3 and 1 frames before the last.
    #expect(windows.map(\.endMicroseconds) == [47_000, 49_000])
    #expect(windows.map(\.startMicroseconds) == [44_000, 46_000])
  }

  @Test func aGapInTheIndexStartsAfreshAndIsCounted() {
    var stream = windower()
    #expect(stream.collect([0, 1, 2], at: .starting(100)).isEmpty)
    let windows = stream.collect([10, 11, 12, 13], at: .starting(110))
    #expect(windows.map(\.samples) == [[10, 11, 12, 13]])
    #expect(windows.map(\.startSample) == [110])
    #expect(windows.map(\.endSample) == [114])
    #expect(windows.map(\.epoch) == [0])
    #expect(stream.missingSamples == 7)
  }

  @Test func anIndexThatGoesBackStartsAnEpoch() {
    var stream = windower()
    #expect(stream.collect([0, 1, 2, 3], at: .starting(100)).map(\.sequence) == [0])
    let windows = stream.collect([5, 6, 7, 8], at: .starting(0))
    #expect(windows.map(\.epoch) == [1])
    #expect(windows.map(\.sequence) == [1])
    #expect(windows.map(\.startSample) == [0])
    #expect(stream.missingSamples == 0)
    #expect(stream.epoch == 1)
  }

  @Test func aMissingMessageCountsAsOneOfThisMessagesSize() {
    var stream = windower()
    #expect(stream.collect([0, 1, 2], at: .numbered(5)).isEmpty)
    #expect(stream.collect([3], at: .numbered(6)).map(\.samples) == [[0, 1, 2, 3]])
    let windows = stream.collect([9, 10, 11, 12, 13], at: .numbered(9))
    #expect(stream.missingSamples == 10)
    #expect(windows.map(\.samples) == [[9, 10, 11, 12]])
    #expect(windows.map(\.startSample) == [14])
    #expect(stream.epoch == 0)
  }

  @Test(arguments: [0, 5])
  func aMessageNumberThatDoesNotAdvanceStartsAnEpoch(number: Int) {
    var stream = windower()
    #expect(stream.collect([0, 1, 2], at: .numbered(5)).isEmpty)
    let windows = stream.collect([3, 4, 5, 6], at: .numbered(number))
    #expect(windows.map(\.samples) == [[3, 4, 5, 6]])
    #expect(windows.map(\.startSample) == [0])
    #expect(windows.map(\.epoch) == [1])
    #expect(stream.missingSamples == 0)
  }

  @Test func theIndexOutranksTheMessageNumber() {
    var stream = windower()
    #expect(stream.collect([0, 1], at: .starting(0, number: 5)).isEmpty)
    #expect(stream.collect([2, 3], at: .starting(2, number: 9)).map(\.samples) == [[0, 1, 2, 3]])
    #expect(stream.missingSamples == 0 && stream.epoch == 0)
  }

  @Test func samplesWithoutContinuityFollowEachOther() {
    var stream = windower()
    #expect(stream.collect([0, 1, 2], at: .unknown).isEmpty)
    let windows = stream.collect([3, 4, 5], at: .unknown)
    #expect(windows.map(\.startSample) == [0, 2])
  }

  @Test func anEmptyMessageMovesThePosition() {
    var stream = windower()
    #expect(stream.collect([], at: .starting(10)).isEmpty)
    #expect(stream.collect([], at: .starting(15)).isEmpty)
    #expect(stream.missingSamples == 5)
    #expect(stream.collect([1, 2, 3, 4], at: .starting(15)).map(\.startSample) == [15])
  }

  @Test func noWindowSpansAGapAndNoneIsLostAroundIt() {
    var generator = SeededGenerator(seed: 3)
    let geometry = WindowGeometry(lengthSamples: 30, hopSamples: 11, channels: 2)
    var stream = StreamWindower(geometry: geometry, sampleRateHz: 1000)
    var (index, missing, expectedStarts, starts) = (0, 0, [Int](), [Int]())
    for gapAfter in (0..<40).map({ _ in Int.random(in: 1...90, using: &generator) }) + [0] {
      let run = Int.random(in: 1...300, using: &generator)
      expectedStarts += stride(from: index, through: index + run - 30, by: 11)
      for piece in randomPieces(of: run, sizes: 1...50, using: &generator) {
        let samples = (piece.lowerBound..<piece.upperBound).flatMap { [Float(index + $0), -Float(index + $0)] }
        for window in stream.collect(samples, at: .starting(index + piece.lowerBound)) {
          starts.append(window.startSample)
          let expected = (window.startSample..<window.endSample).flatMap { [Float($0), -Float($0)] }
          #expect(window.samples == expected)
        }
      }
      missing += gapAfter
      index += run + gapAfter
    }
    #expect(starts == expectedStarts)
    #expect(stream.missingSamples == missing)
  }

  @Test func aWindowWithAMaskedFrameIsFlagged() {
    var stream = windower()
    let windows = stream.collect(ramp(frames: 10, channels: 1), masked: [4], at: .unknown)
    #expect(windows.map(\.isMasked) == [false, true, true, false])
  }

  @Test func hugeJumpsNeverTrap() {
    var stream = windower()
    let far = 1 << 53
    for _ in 0..<1500 {
      _ = stream.collect([1, 2, 3, 4], at: .starting(0))
      _ = stream.collect([1, 2, 3, 4], at: .starting(far))
    }
    #expect(stream.missingSamples == .max)
    let many = [Float](repeating: 0, count: 4096)
    _ = stream.collect(many, at: .numbered(0))
    let windows = stream.collect(many, at: .numbered(far))
    #expect(windows.first?.startSample == 0)
    _ = stream.collect(
      many, at: BlockPosition(acquisitionMicroseconds: .max, arrivalMicroseconds: .min))
    _ = stream.collect(many, at: BlockPosition(arrivalMicroseconds: .min))
  }
}

extension BlockPosition {
  static let unknown = BlockPosition(arrivalMicroseconds: 0)

  static func starting(_ sample: Int, number: Int? = nil) -> BlockPosition {
    BlockPosition(firstSample: sample, messageNumber: number, arrivalMicroseconds: 0)
  }

  static func numbered(_ number: Int) -> BlockPosition {
    BlockPosition(messageNumber: number, arrivalMicroseconds: 0)
  }
}
