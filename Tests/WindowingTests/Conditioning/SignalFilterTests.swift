import Glibc
import Testing

@testable import Windowing

@Suite struct SignalFilterTests {
  private static let rate = 360.0

  private func gain(of filter: SignalFilter, at frequency: Double) -> Double {
    filter.sections(sampleRateHz: Self.rate).reduce(1) {
      $0 * $1.response(at: Complex(angle: 2 * .pi * frequency / Self.rate)).magnitude
    }
  }

  private func filter(_ signal: [Float], _ filters: [SignalFilter], pieces: [Range<Int>]? = nil) throws -> [Float] {
    let conditioning = try #require(try SignalConditioning(from: Self.rate, to: Self.rate, filters: filters))
    return StreamConditioner.condition(signal, by: conditioning, pieces: pieces ?? [0..<signal.count]).samples
  }

  /// Butterworth's own formula, |H|² = 1 / (1 + w²ᴺ), with w as the bilinear transform warps it.
  @Test(arguments: Array(SignalFilter.orders))
  func gainsAreButterworths(order: Int) {
    func warped(_ frequency: Double) -> Double { tan(.pi * frequency / Self.rate) }
    let (low, high) = (warped(8), warped(40))
    for frequency in [0.5, 3, 8, 15, 40, 41, 90, 179] {
      let place = warped(frequency)
      let expected: [(SignalFilter, Double)] = [
        (.lowpass(40, order: order), place / high), (.highpass(8, order: order), low / place),
        (.bandpass(8, 40, order: order), (place * place - low * high) / (place * (high - low))),
      ]
      for (filter, ratio) in expected {
        let formula = 1 / (1 + pow(ratio, 2 * Double(order))).squareRoot()
        #expect(abs(gain(of: filter, at: frequency) - formula) < 1e-9 + 1e-7 * formula, "\(filter) at \(frequency) Hz")
      }
    }
  }

  /// A wide band has real poles.
  @Test func bandsOverDecadesAreRight() {
    #expect(abs(decibels(gain(of: .bandpass(0.05, 150, order: 3), at: 0.05)) + 3.0103) < 1e-3)
    #expect(abs(decibels(gain(of: .bandpass(0.05, 150, order: 3), at: 150)) + 3.0103) < 1e-3)
    #expect(abs(gain(of: .bandpass(0.05, 150, order: 3), at: 10) - 1) < 1e-3)
  }

  @Test func aNotchTakesOutOneFrequencyAndLeavesTheRest() {
    let notch = SignalFilter.notch(50, q: 30)
    #expect(gain(of: notch, at: 50) < 1e-12)
    #expect(abs(gain(of: notch, at: 0) - 1) < 1e-12 && abs(gain(of: notch, at: 180) - 1) < 1e-12)
    // The band of -3 dB is 50 / 30 Hz wide; the transform moves its edges by little.
    let below = (0...2000).map { 48 + Double($0) / 1000 }.last { gain(of: notch, at: $0) >= 0.5.squareRoot() } ?? 0
    let above = (0...2000).map { 50 + Double($0) / 1000 }.first { gain(of: notch, at: $0) >= 0.5.squareRoot() } ?? 0
    #expect(abs(above - below - 50.0 / 30) < 0.003)
  }

  /// Measured on samples, as the response was computed from coefficients above.
  @Test func sinusoidsComeOutAsTheResponseSays() throws {
    let filters: [SignalFilter] = [.highpass(0.5, order: 2), .lowpass(40, order: 4), .notch(50, q: 30)]
    for frequency in [1.0, 10, 35, 60, 100] {
      let signal = Sinusoids(parts: [(frequency, 1, 0)]).samples(6000, rateHz: Self.rate)
      let measured = try filter(signal, filters).amplitude(of: frequency, rateHz: Self.rate, margin: 2500)
      let expected = filters.reduce(1) { $0 * gain(of: $1, at: frequency) }
      #expect(abs(measured - expected) < 1e-4, "\(frequency) Hz")
    }
  }

  @Test func anOffsetMakesNoTransient() throws {
    let constant = [Float](repeating: 812.5, count: 700)
    #expect(try filter(constant, [.highpass(0.5, order: 3)]).allSatisfy { abs($0) < 1e-9 })
    #expect(try filter(constant, [.bandpass(0.5, 40, order: 2)]).allSatisfy { abs($0) < 1e-6 })
    #expect(try filter(constant, [.lowpass(40, order: 5), .notch(50, q: 30)]).allSatisfy { abs($0 - 812.5) < 1e-3 })
  }

  @Test func blocksOfAnySizeGiveTheSameToTheBit() throws {
    var generator = SeededGenerator(seed: 8)
    let signal = (0..<4000).map { _ in Float.random(in: -1...1, using: &generator) }
    let filters: [SignalFilter] = [.bandpass(0.5, 40, order: 4), .notch(50, q: 30)]
    let whole = try filter(signal, filters)
    for sizes in [1...3, 1...100, 300...2000] {
      let pieces = randomPieces(of: signal.count, sizes: sizes, using: &generator)
      #expect(try filter(signal, filters, pieces: pieces) == whole)
    }
  }

  @Test func filtersBeginAnewBehindAMaskedFrame() throws {
    let conditioning = try #require(
      try SignalConditioning(from: Self.rate, to: Self.rate, filters: [.highpass(5, order: 2)]))
    var generator = SeededGenerator(seed: 9)
    let signal = (0..<900).map { _ in Float.random(in: -1...1, using: &generator) }
    let (samples, masked) = StreamConditioner.condition(
      signal, masked: [400], by: conditioning, pieces: [0..<350, 350..<900])
    #expect(masked == [400])
    #expect(samples[400] == 0)
    let rest = Array(signal[401...])
    #expect(
      Array(samples[401...])
        == StreamConditioner.condition(rest, by: conditioning, pieces: [0..<rest.count]).samples)
  }

  @Test func silenceAfterASignalDecaysToZero() throws {
    let signal = [Float](repeating: 1, count: 10) + [Float](repeating: 0, count: 300_000)
    #expect(try filter(signal, [.highpass(5, order: 2)]).last == 0)
  }

  @Test func frequenciesThatTheRateDoesNotHaveAreProblems() {
    #expect(SignalFilter.lowpass(180, order: 2).problem(sampleRateHz: 360) != nil)
    #expect(SignalFilter.highpass(1e-5, order: 2).problem(sampleRateHz: 360) != nil)
    #expect(SignalFilter.bandpass(40, 40, order: 2).problem(sampleRateHz: 360) != nil)
    #expect(SignalFilter.notch(60, q: 30).problem(sampleRateHz: 360) == nil)
    #expect(throws: ConditioningError.self) {
      try SignalConditioning(from: 100, to: 100, filters: [.notch(50, q: 30)])
    }
  }

  @Test func nothingToDoIsNothing() throws {
    #expect(try SignalConditioning(from: 360, to: 360) == nil)
  }
}
