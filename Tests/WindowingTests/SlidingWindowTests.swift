import Testing

@testable import Windowing

struct CutWindow: Equatable {
  var start: Int
  var isMasked: Bool
  var samples: [Float]
}

extension SlidingWindow {
  /// Appends a piece of a signal whose masked frames are given for the whole.
  mutating func cut(_ piece: Range<Int>, of signal: [Float], masked: [Int] = []) -> [CutWindow] {
    let channels = geometry.channels
    var windows: [CutWindow] = []
    let frames = masked.filter(piece.contains).map { $0 - piece.lowerBound }
    append(
      signal.span.extracting(piece.lowerBound * channels..<piece.upperBound * channels), maskedFrames: frames
    ) { start, isMasked, samples in
      windows.append(
        CutWindow(start: start, isMasked: isMasked, samples: samples.withUnsafeBufferPointer(Array.init)))
    }
    return windows
  }
}

@Suite struct SlidingWindowTests {
  static let geometries = [
    WindowGeometry(lengthSamples: 1, hopSamples: 1, channels: 1),
    WindowGeometry(lengthSamples: 1024, hopSamples: 256, channels: 1),
    WindowGeometry(lengthSamples: 64, hopSamples: 64, channels: 3),
    WindowGeometry(lengthSamples: 100, hopSamples: 33, channels: 2),
    WindowGeometry(lengthSamples: 50, hopSamples: 170, channels: 2),
    WindowGeometry(lengthSamples: 7, hopSamples: 1, channels: 12),
    WindowGeometry(lengthSamples: 1, hopSamples: 5, channels: 1),
  ]

  @Test(arguments: geometries)
  func cutsTheDefinedWindowsFromAWholeSignal(geometry: WindowGeometry) {
    let (length, hop, channels) = (geometry.lengthSamples, geometry.hopSamples, geometry.channels)
    let frames = 3000
    let signal = ramp(frames: frames, channels: channels)
    let expected = stride(from: 0, through: frames - length, by: hop).map { start in
      CutWindow(
        start: start, isMasked: false, samples: Array(signal[start * channels..<(start + length) * channels]))
    }
    var sliding = SlidingWindow(geometry)
    #expect(sliding.cut(0..<frames, of: signal) == expected)
    #expect(sliding.position == frames)
  }

  @Test(arguments: geometries, 1...3)
  func cutsTheSameWindowsHoweverTheSignalIsSplit(geometry: WindowGeometry, seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let frames = 12_000
    let signal = ramp(frames: frames, channels: geometry.channels)
    let masked = (0..<frames).filter { _ in Int.random(in: 0..<1500, using: &generator) == 0 }
    var whole = SlidingWindow(geometry)
    let expected = whole.cut(0..<frames, of: signal, masked: masked)
    for window in expected {
      let held = masked.contains { ($0 - window.start) >= 0 && ($0 - window.start) < geometry.lengthSamples }
      #expect(window.isMasked == held)
    }
    for sizes in [1...5000, 1...40, 1...1] where sizes != 1...1 || seed == 1 {
      var sliding = SlidingWindow(geometry)
      var windows: [CutWindow] = []
      for piece in randomPieces(of: frames, sizes: sizes, using: &generator) {
        windows += sliding.cut(piece, of: signal, masked: masked)
      }
      #expect(windows == expected)
    }
  }

  @Test func startsAnewAfterRemoveAll() {
    var sliding = SlidingWindow(WindowGeometry(lengthSamples: 4, hopSamples: 2, channels: 1))
    let signal = ramp(frames: 20, channels: 1)
    _ = sliding.cut(0..<3, of: signal, masked: [2])
    sliding.removeAll()
    let windows = sliding.cut(10..<16, of: signal)
    #expect(
      windows == [
        CutWindow(start: 0, isMasked: false, samples: [10, 11, 12, 13]),
        CutWindow(start: 2, isMasked: false, samples: [12, 13, 14, 15]),
      ])
  }

  @Test func handsOutAWindowTheMomentItsLastFrameArrives() {
    var sliding = SlidingWindow(WindowGeometry(lengthSamples: 3, hopSamples: 2, channels: 1))
    let signal = ramp(frames: 8, channels: 1)
    let formed = (0..<8).map { sliding.cut($0..<$0 + 1, of: signal).count }
    #expect(formed == [0, 0, 1, 0, 1, 0, 1, 0])
  }
}
