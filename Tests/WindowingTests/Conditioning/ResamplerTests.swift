import Testing

@testable import Windowing

/// The requirement: pass-band ripple below 0.1 dB up to 0.9 of the lower Nyquist frequency, and -80 dB beyond it.
@Suite struct ResamplerTests {
  static let rates: [(Double, Double)] = [
    (360, 250), (250, 360), (1000, 250), (250, 1000), (44_100, 16_000), (500, 360), (360, 359),
  ]

  private func resample(_ signal: [Float], _ input: Double, _ output: Double) throws -> [Float] {
    let conditioning = try #require(try SignalConditioning(from: input, to: output))
    return conditioning.condition(signal, channels: 1, maskedFrames: []).samples
  }

  /// Frames for the measurement, and the output frames at each end that the ends of the signal have a part in.
  private func size(_ input: Double, _ output: Double) -> (count: Int, margin: Int) {
    let seconds = 800 / min(input, output)
    return (Int(seconds * input), Int(120 / min(input, output) * output))
  }

  @Test(arguments: rates)
  func passesTheBandWithinATenthOfADecibel(input: Double, output: Double) throws {
    let (count, margin) = size(input, output)
    for share in [0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.85, 0.88, 0.9] {
      let frequency = share * min(input, output) / 2
      let signal = Sinusoids(parts: [(frequency, 1, 0.3)]).samples(count, rateHz: input)
      let gain = try resample(signal, input, output).amplitude(of: frequency, rateHz: output, margin: margin)
      #expect(abs(decibels(gain)) < 0.1, "\(frequency) Hz")
    }
  }

  /// What lies above the output's Nyquist frequency would come back as another frequency.
  @Test(arguments: rates.filter { $0.1 < $0.0 })
  func nothingAboveTheOutputsNyquistFrequencyComesBack(input: Double, output: Double) throws {
    let (count, margin) = size(input, output)
    for share in [1.0, 1.01, 1.05, 1.1, 1.3, 1.7, 2.5, 3.9] where share * output < input {
      let signal = Sinusoids(parts: [(share * output / 2, 1, 0.3)]).samples(count, rateHz: input)
      let rest = try resample(signal, input, output).largest(margin: margin)
      #expect(decibels(Double(rest)) < -80, "\(share * output / 2) Hz")
    }
  }

  /// Where there are more samples than before, the spectrum's images above the input's Nyquist frequency are what has to go,
  /// and what is left over of the sinusoid shows all of them.
  @Test(arguments: rates)
  func isTheBandLimitedSignalAtTheOutputsTimes(input: Double, output: Double) throws {
    let (count, margin) = size(input, output)
    let nyquist = min(input, output) / 2
    let sinusoids = Sinusoids(
      parts: [(0.02 * nyquist, 1, 0.1), (0.31 * nyquist, 0.7, 2), (0.62 * nyquist, 0.5, 4), (0.88 * nyquist, 0.3, 1)],
      offset: 3)
    let resampled = try resample(sinusoids.samples(count, rateHz: input), input, output)
    #expect(resampled.count == Int((Double(count) * output / input).rounded(.up)))
    for index in margin..<resampled.count - margin {
      let error = abs(Double(resampled[index]) - sinusoids.value(at: Double(index) / output))
      // -80 dB of the amplitudes together.
      #expect(error < 2.5e-4, "frame \(index)")
      if error >= 2.5e-4 { break }
    }
  }

  @Test func aConstantStaysWhatItIsFromTheFirstFrameToTheLast() throws {
    let resampled = try resample([Float](repeating: 1000, count: 500), 250, 360)
    #expect(resampled.count == 720)
    #expect(resampled.allSatisfy { abs($0 - 1000) < 1e-3 })
  }

  @Test(arguments: rates, [1, 3])
  func blocksOfAnySizeGiveTheSameToTheBit(rates: (Double, Double), channels: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let conditioning = try #require(try SignalConditioning(from: rates.0, to: rates.1))
    let frames = 3000
    let signal = (0..<frames * channels).map { _ in Float.random(in: -1...1, using: &generator) }
    let masked = [0, 700, 701, 2000]
    let whole = StreamConditioner.condition(
      signal, channels: channels, masked: masked, by: conditioning, pieces: [0..<frames])
    #expect(!whole.samples.isEmpty && !whole.masked.isEmpty)
    for sizes in [1...3, 1...40, 200...1500] {
      let pieces = randomPieces(of: frames, sizes: sizes, using: &generator)
      let result = StreamConditioner.condition(
        signal, channels: channels, masked: masked, by: conditioning, pieces: pieces)
      #expect(result == whole)
    }
  }

  @Test func channelsDoNotMix() throws {
    let conditioning = try #require(try SignalConditioning(from: 360, to: 250))
    var generator = SeededGenerator(seed: 6)
    let columns = (0..<3).map { _ in (0..<1000).map { _ in Float.random(in: -1...1, using: &generator) } }
    let together = (0..<1000).flatMap { frame in columns.map { $0[frame] } }
    let result = conditioning.condition(together, channels: 3, maskedFrames: []).samples
    for (channel, column) in columns.enumerated() {
      let alone = conditioning.condition(column, channels: 1, maskedFrames: []).samples
      #expect(stride(from: channel, to: result.count, by: 3).map { result[$0] } == alone)
    }
  }

  /// A frame that is not real may have any value: what it would change is masked, and nothing else is.
  @Test(arguments: rates)
  func aMaskedFrameMasksExactlyWhatItWouldChange(input: Double, output: Double) throws {
    let conditioning = try #require(try SignalConditioning(from: input, to: output))
    let signal = [Float](repeating: 0, count: 4000)
    var pulse = signal
    pulse[1777] = 1
    let changed = conditioning.condition(pulse, channels: 1, maskedFrames: []).samples
    let masked = conditioning.condition(pulse, channels: 1, maskedFrames: [1777]).maskedFrames
    let influenced = changed.indices.filter { changed[$0] != 0 }
    #expect(Set(influenced).isSubset(of: masked))
    #expect(masked.count <= influenced.count + 2)
    #expect(masked == Array((masked.first ?? 0)...(masked.last ?? 0)))
  }

  @Test func hugeValuesStayFinite() throws {
    let signal = (0..<2000).map { $0 % 3 == 0 ? Float.greatestFiniteMagnitude : -.greatestFiniteMagnitude }
    #expect(try resample(signal, 360, 250).allSatisfy(\.isFinite))
  }
}
