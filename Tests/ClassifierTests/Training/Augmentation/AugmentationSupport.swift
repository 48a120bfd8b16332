import Foundation

@testable import Classifier

/// A window in memory of its own, to be augmented.
struct TestWindow {
  private let memory: ArenaMemory
  let window: AugmentedWindow

  /// - Parameter samples: `[L, C]`
  init(_ samples: [Float], channels: Int = 1, valid: Int? = nil, sampleRate: Double = 0) {
    let length = samples.count / channels
    memory = ArenaMemory(count: AugmentedWindow.floatCount(window: length, channels: channels))
    var window = AugmentedWindow(memory: memory.base, window: length, channels: channels, sampleRate: sampleRate)
    samples.withUnsafeBufferPointer { window.fill($0, valid: valid ?? length) }
    self.window = window
  }

  /// The samples as they are now, `[L, C]`.
  var samples: [Float] { Array(window.raw) }

  /// `samples` after one application of `augmentation`.
  static func applying(
    _ augmentation: some WindowAugmentation, to samples: [Float], channels: Int = 1, valid: Int? = nil,
    sampleRate: Double = 0, seed: Int = 1
  ) -> [Float] {
    let window = TestWindow(samples, channels: channels, valid: valid, sampleRate: sampleRate)
    var generator = SplitMix64(seed: UInt64(seed))
    augmentation.apply(to: window.window, using: &generator)
    return window.samples
  }
}

/// Normal noise.
func noise(_ count: Int, seed: Int = 1) -> [Float] {
  var generator = SplitMix64(seed: UInt64(seed))
  return (0..<count).map { _ in Float(Initialisation.normal(&generator)) }
}

func variance(_ values: some Collection<Float>) -> Double {
  let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
  return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
}

/// Differences element by element.
func difference(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 - $1 } }

/// |DFT|² at bins 0 ... N/2, by its definition.
func powerSpectrum(_ x: [Float]) -> [Double] {
  let n = x.count
  let turns = (0..<n).map { (cos(2 * .pi * Double($0) / Double(n)), sin(2 * .pi * Double($0) / Double(n))) }
  return (0...n / 2).map { k in
    var (re, im) = (0.0, 0.0)
    for t in 0..<n {
      let turn = turns[k * t % n]
      re += Double(x[t]) * turn.0
      im -= Double(x[t]) * turn.1
    }
    return re * re + im * im
  }
}
