import Foundation
import Testing

@testable import Classifier

/// What augmentations add to a window: noise, wander, hum.
@Suite struct AddedSignalTests {
  /// 1024 samples of deviation 3 at 512 Hz: bins of 0.5 Hz.
  private static let clean = noise(1024, seed: 7).map { 3 * $0 + 5 }
  private static let rate = 512.0

  private func added(_ augmentation: some WindowAugmentation, seed: Int = 1) -> [Float] {
    difference(TestWindow.applying(augmentation, to: Self.clean, sampleRate: Self.rate, seed: seed), Self.clean)
  }

  private func decibels(_ added: [Float]) -> Double { 10 * log10(variance(Self.clean) / variance(added)) }

  /// 1024 draws estimate a variance within 4.4 % (√(2/1024)): 0.6 dB is more than three times that.
  @Test(arguments: [0.0, 20])
  func whiteNoiseHasTheRatioAskedForAndAFlatSpectrum(snr: Double) {
    let spectra = (1...16).map { seed -> [Double] in
      let added = added(GaussianNoise(probability: 1, snr: snr...snr), seed: seed)
      #expect(abs(decibels(added) - snr) < 0.6)
      return powerSpectrum(added)
    }
    #expect(abs(slope(spectra)) < 0.1)
  }

  /// The slope of the mean spectrum in log–log by least squares, each octave from bin 2 to 0.4 cycles a sample counting
  /// the same.
  private func slope(_ spectra: [[Double]]) -> Double {
    var points: [(x: Double, y: Double)] = []
    var low = 2.0
    while low < 0.4 * 1024 {
      let bins = Int(low)..<min(Int(2 * low), 410)
      let power = bins.reduce(0.0) { sum, k in spectra.reduce(sum) { $0 + $1[k] } } / Double(bins.count * spectra.count)
      points.append((log(Double(bins.lowerBound + bins.upperBound - 1) / 2), log(power)))
      low *= 2
    }
    let x = points.reduce(0) { $0 + $1.x } / Double(points.count)
    let y = points.reduce(0) { $0 + $1.y } / Double(points.count)
    return points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
  }

  /// Pink noise's power density falls as 1/f: a slope of −1 in log–log. Its variance within a window varies, since much
  /// of it lies at the lowest frequencies: the mean of 16 must be near the ratio.
  @Test func pinkNoiseFallsAsOneOverFrequency() {
    let windows = (1...16).map { added(PinkNoise(probability: 1, snr: 10...10), seed: $0) }
    #expect(abs(slope(windows.map(powerSpectrum)) + 1) < 0.1)
    let mean = windows.reduce(0.0) { $0 + variance($1) } / 16
    #expect(abs(10 * log10(variance(Self.clean) / mean) - 10) < 1.5)
  }

  @Test(arguments: [50.0, 60])
  func humIsALineAtTheMainsFrequency(frequency: Double) {
    let hum = added(MainsHum(probability: 1, snr: 15...15, frequencies: [frequency]))
    let power = powerSpectrum(hum)
    let peak = power.indices.max { power[$0] < power[$1] }
    #expect(peak == Int(frequency * 2))
    // 50 and 60 Hz are whole bins here: all else is rounding.
    #expect(power.reduce(0, +) - power[Int(frequency * 2)] < 1e-6 * power[Int(frequency * 2)])
    #expect(abs(decibels(hum) - 15) < 0.01)
  }

  @Test func humDrawsOneOfItsFrequencies() {
    let peaks = (1...40).map { seed in
      let power = powerSpectrum(Array(added(MainsHum(probability: 1, snr: 15...15), seed: seed).prefix(256)))
      // Bins of 2 Hz.
      return 2 * (power.indices.max { power[$0] < power[$1] } ?? 0)
    }
    #expect(Set(peaks) == [50, 60])
    #expect((8...32).contains(peaks.count { $0 == 50 }), "each at random, got \(peaks)")
  }

  /// 4 to 8 Hz are the bins 8 to 16; a sine between two bins leaks into their neighbours. Sines close to each other beat,
  /// so that one window has more or less than the ratio, which many have in the mean.
  @Test func wanderStaysWithinItsFrequencies() {
    let windows = (1...24).map { added(BaselineWander(probability: 1, snr: 0...0, frequency: 4...8), seed: $0) }
    for window in windows {
      let power = powerSpectrum(window)
      #expect(power[5...20].reduce(0, +) > 0.9 * power.reduce(0, +))
    }
    let mean = windows.reduce(0) { $0 + variance($1) } / 24
    #expect(abs(10 * log10(variance(Self.clean) / mean)) < 1)
  }

  @Test func theRatioIsDrawnFromItsRange() {
    let ratios = (1...60).map { decibels(added(GaussianNoise(probability: 1, snr: 10...30), seed: $0)) }
    #expect(ratios.allSatisfy { (9.4...30.6).contains($0) })
    #expect(ratios.contains { $0 < 14 } && ratios.contains { $0 > 26 })
  }

  /// Channel 1 is ten times as large as channel 0, channel 2 constant.
  @Test func eachChannelGetsItsOwnRatioAndAConstantOneNothing() {
    let samples = noise(512).enumerated().flatMap { [$1, 10 * Self.clean[$0], 4] as [Float] }
    for augmentation: any WindowAugmentation in [
      GaussianNoise(probability: 1, snr: 10...10), PinkNoise(probability: 1, snr: 10...10),
      MainsHum(probability: 1, snr: 10...10), BaselineWander(probability: 1, snr: 10...10, frequency: 20...40),
    ] {
      let after = TestWindow.applying(augmentation, to: samples, channels: 3, sampleRate: Self.rate)
      let added = difference(after, samples)
      func channel(_ values: [Float], _ c: Int) -> [Float] {
        stride(from: c, to: values.count, by: 3).map { values[$0] }
      }
      for c in 0..<2 {
        let ratio = 10 * log10(variance(channel(samples, c)) / variance(channel(added, c)))
        #expect(abs(ratio - 10) < 4, "\(type(of: augmentation)), channel \(c): \(ratio) dB")
      }
      #expect(channel(added, 2).allSatisfy { $0 == 0 })
    }
  }
}
