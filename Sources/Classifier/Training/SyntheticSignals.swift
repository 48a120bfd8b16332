import Glibc

/// The demonstration task: ten classes of sines in noise, 1000 signals of 512 samples, 100 of each class.
///
/// Class c is a sine at (c + 1) · 0.05 cycles a sample with amplitude (c + 1) / 10 and random phase, plus normal noise
/// with σ = 0.1. Class 9 lies at the Nyquist frequency, where only the random phase leaves the sine visible.
package enum SyntheticSignals {
  package static let labels = (0..<10).map { "sine\($0)" }
  package static let windowSamples = 512
  private static let count = 1000

  package static func make(seed: UInt64) -> LabelledWindows {
    var generator = SplitMix64(seed: seed)
    var samples: [Float] = []
    samples.reserveCapacity(count * windowSamples)
    let classes = (0..<count).map { $0 % labels.count }
    for c in classes {
      let phase = 2 * .pi * generator.uniform()
      let (frequency, amplitude) = (0.05 * Double(c + 1), Double(c + 1) / 10)
      for t in 0..<windowSamples {
        let noise = 0.1 * Initialisation.normal(&generator)
        samples.append(Float(amplitude * sin(2 * .pi * frequency * Double(t) + phase) + noise))
      }
    }
    return LabelledWindows(samples: samples, windowSamples: windowSamples, channels: 1, labels: classes)
  }
}
