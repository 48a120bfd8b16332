import Glibc

// What is added to a window is measured in decibels of signal-to-noise ratio, as datasheets and studies state it:
// 10 · log10 of the variance of the window's channel by the variance of what is added. A constant channel gets nothing.

/// White Gaussian noise, independent in each channel.
package struct GaussianNoise: WindowAugmentation {
  package var probability: Double
  /// Decibels.
  package var snr: ClosedRange<Double>

  package init(probability: Double, snr: ClosedRange<Double> = 10...30) {
    self.probability = probability
    self.snr = snr
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let snr = generator.uniform(in: self.snr)
    for c in 0..<window.channels {
      let deviation = window.disturbance(channel: c, snr: snr)
      for r in 0..<window.valid {
        window.samples[r, c] += Float(deviation * Initialisation.normal(&generator))
      }
    }
  }
}

/// Pink noise, whose power density falls as 1/f: the slow unrest of electrodes, amplifiers and living things.
///
/// The sum of relaxation processes of equal variance whose rates are a factor of 4 apart (Bernamont 1937), each begun in
/// its stationary state: from 1 cycle a window to 0.4 cycles a sample the density stays within 0.5 dB of 1/f.
package struct PinkNoise: WindowAugmentation {
  package var probability: Double
  /// Decibels.
  package var snr: ClosedRange<Double>

  package init(probability: Double, snr: ClosedRange<Double> = 10...30) {
    self.probability = probability
    self.snr = snr
  }

  /// The fastest process forgets at this rate a sample. Found by fitting the sum's spectrum to 1/f.
  private static let fastestRate = 1.3

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let snr = generator.uniform(in: self.snr)
    var processes = 1
    while processes < 12, 1 << (2 * (processes - 1)) < window.valid { processes += 1 }
    for c in 0..<window.channels {
      // A uniform draw has the variance 1/12; the sum of the processes is near enough to normal.
      let scale = window.disturbance(channel: c, snr: snr) * (12 / Double(processes)).squareRoot()
      var rate = Self.fastestRate
      for _ in 0..<processes {
        let keep = exp(-rate)
        let drive = scale * (1 - keep * keep).squareRoot()
        var state = scale * (generator.uniform() - 0.5)
        for r in 0..<window.valid {
          window.samples[r, c] += Float(state)
          state = keep * state + drive * (generator.uniform() - 0.5)
        }
        rate /= 4
      }
    }
  }
}

/// A slow drift of the baseline, as breathing and moving electrodes cause it: three sines of random frequency, phase and
/// weight, in each channel anew. Needs the sample rate.
package struct BaselineWander: WindowAugmentation {
  package var probability: Double
  /// Decibels, the drift's variance taken over all time: a window shorter than its period sees less of it.
  package var snr: ClosedRange<Double>
  /// Hertz, positive.
  package var frequency: ClosedRange<Double>

  package init(
    probability: Double, snr: ClosedRange<Double> = -5...15, frequency: ClosedRange<Double> = 0.05...0.5
  ) {
    self.probability = probability
    self.snr = snr
    self.frequency = frequency
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let snr = generator.uniform(in: self.snr)
    for c in 0..<window.channels {
      let deviation = window.disturbance(channel: c, snr: snr)
      let weights = InlineArray<3, Double> { _ in generator.uniform() + 0.01 }
      let squares = weights[0] * weights[0] + weights[1] * weights[1] + weights[2] * weights[2]
      for i in 0..<3 {
        window.addSine(
          channel: c, amplitude: deviation * weights[i] * (2 / squares).squareRoot(),
          frequency: generator.logUniform(in: frequency) / window.sampleRate, phase: 2 * .pi * generator.uniform())
      }
    }
  }
}

/// The hum of the mains, a sine of the same phase in all channels. Needs the sample rate.
package struct MainsHum: WindowAugmentation {
  package var probability: Double
  /// Decibels.
  package var snr: ClosedRange<Double>
  /// Hertz, at least one: each window draws one of them. Below half the sample rate.
  package var frequencies: [Double]

  package init(probability: Double, snr: ClosedRange<Double> = 5...30, frequencies: [Double] = [50, 60]) {
    self.probability = probability
    self.snr = snr
    self.frequencies = frequencies
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let snr = generator.uniform(in: self.snr)
    let frequency = frequencies[generator.index(below: frequencies.count)] / window.sampleRate
    let phase = 2 * .pi * generator.uniform()
    for c in 0..<window.channels {
      let amplitude = 2.0.squareRoot() * window.disturbance(channel: c, snr: snr)
      window.addSine(channel: c, amplitude: amplitude, frequency: frequency, phase: phase)
    }
  }
}
