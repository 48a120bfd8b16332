import Foundation
import Testing

@testable import Classifier

@Suite struct SyntheticSignalsTests {
  private static let set = SyntheticSignals.make(seed: 3)

  private func window(_ index: Int) -> [Double] {
    Self.set.samples[index * 512..<(index + 1) * 512].map { Double($0) }
  }

  /// |Σ x e^(−2πift)| · 2/N: the amplitude of a sine of `frequency` cycles a sample.
  private func amplitude(_ window: [Double], _ frequency: Double) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for (t, x) in window.enumerated() {
      real += x * cos(2 * .pi * frequency * Double(t))
      imaginary += x * sin(2 * .pi * frequency * Double(t))
    }
    return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(window.count)
  }

  @Test func hasAHundredWindowsOfEachOfTenClasses() {
    #expect(Self.set.count == 1000 && Self.set.windowSamples == 512 && Self.set.channels == 1)
    #expect(SyntheticSignals.labels.count == 10)
    #expect((0..<10).allSatisfy { label in Self.set.labels.count { $0 == label } == 100 })
    #expect(Self.set.valid == nil)
  }

  @Test func theSeedDecidesTheSignals() {
    #expect(SyntheticSignals.make(seed: 3).samples == Self.set.samples)
    #expect(SyntheticSignals.make(seed: 4).samples != Self.set.samples)
  }

  /// The transform's peak lies within a bin (1/512) of (c + 1) · 0.05.
  @Test func theDominantFrequencyIsTheClasss() throws {
    for index in 40..<50 {
      let samples = window(index)
      let peak = try #require(
        (1...256).max { amplitude(samples, Double($0) / 512) < amplitude(samples, Double($1) / 512) })
      let frequency = 0.05 * Double(Self.set.labels[index] + 1)
      #expect(abs(Double(peak) / 512 - frequency) <= 1.0 / 512)
    }
  }

  /// Noise of σ = 0.1 moves an amplitude by 0.1 · √(2/512) = 0.006. At class 9's Nyquist frequency phase matters.
  @Test func theAmplitudeIsTheClasss() {
    for index in 0..<1000 where Self.set.labels[index] < 9 && index % 7 == 0 {
      let label = Double(Self.set.labels[index])
      let measured = amplitude(window(index), 0.05 * (label + 1))
      if !(abs(measured - (label + 1) / 10) < 0.04) { Issue.record("window \(index) of class \(label): \(measured)") }
    }
  }

  /// Over whole periods a sine of amplitude a has the mean square a²/2; the noise adds 0.01.
  @Test func theNoiseHasATenthsDeviation() {
    let weakest = Self.set.labels.indices.filter { Self.set.labels[$0] == 0 }
    let squares = weakest.reduce(0.0) { sum, index in sum + window(index)[..<500].reduce(0) { $0 + $1 * $1 } / 500 }
    #expect(abs(squares / 100 - (0.005 + 0.01)) < 0.0005)
  }
}
