import Glibc

/// One raw window that augmentations change in place. Made once for a thread and filled for each window.
struct AugmentedWindow {
  /// `[L, C]`
  let samples: Matrix
  /// `[L, C]`: where an augmentation may keep what it reads while it writes.
  let scratch: Matrix
  /// Samples that are not padding, 1 ... L.
  private(set) var valid: Int
  /// Hertz, 0 when unknown.
  let sampleRate: Double

  /// - Parameter memory: ``floatCount(window:channels:)`` floats, which outlive this.
  init(memory: UnsafeMutablePointer<Float>, window: Int, channels: Int, sampleRate: Double) {
    samples = Matrix(memory, rows: window, columns: channels)
    scratch = Matrix(memory + window * channels, rows: window, columns: channels)
    valid = window
    self.sampleRate = sampleRate
  }

  static func floatCount(window: Int, channels: Int) -> Int { 2 * window * channels }

  var channels: Int { samples.columns }

  /// Takes a window's raw samples `[L, C]`.
  mutating func fill(_ raw: UnsafeBufferPointer<Float>, valid: Int) {
    precondition(raw.count == samples.count && (1...samples.rows).contains(valid))
    samples.base.update(from: raw.baseAddress!, count: raw.count)
    self.valid = valid
  }

  /// The samples as they are now, `[L, C]`.
  var raw: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: samples.base, count: samples.count) }

  /// Makes everything from `count`, at least 1, on padding.
  mutating func shorten(to count: Int) {
    valid = min(valid, count)
  }

  /// Copies the samples to ``scratch``.
  func keepCopy() {
    scratch.copy(from: samples)
  }

  /// Mean and deviation of a channel over the samples that are not padding.
  func statistics(channel: Int) -> (mean: Double, deviation: Double) {
    Self.statistics(samples.base + channel, stride: channels, count: valid)
  }

  /// Mean and deviation of `count` numbers, `stride` floats apart.
  static func statistics(_ base: UnsafePointer<Float>, stride: Int, count: Int) -> (mean: Double, deviation: Double) {
    var sum = 0.0
    for r in 0..<count { sum += Double(base[r * stride]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for r in 0..<count {
      let centred = Double(base[r * stride]) - mean
      squares += centred * centred
    }
    return (mean, (squares / Double(count)).squareRoot())
  }

  /// Adds `amplitude · sin(2π · frequency · t + phase)` to a channel; the frequency in cycles a sample.
  func addSine(channel: Int, amplitude: Double, frequency: Double, phase: Double) {
    // Turned from sample to sample: the error grows by 1e-16 a sample, the sine itself costs ten times as much.
    let (turnSine, turnCosine) = (sin(2 * .pi * frequency), cos(2 * .pi * frequency))
    var (sine, cosine) = (amplitude * sin(phase), amplitude * cos(phase))
    for r in 0..<valid {
      samples[r, channel] += Float(sine)
      (sine, cosine) = (sine * turnCosine + cosine * turnSine, cosine * turnCosine - sine * turnSine)
    }
  }

  /// The deviation that a disturbance of `snr` decibels has in a channel: 0 in a constant channel.
  func disturbance(channel: Int, snr: Double) -> Double {
    statistics(channel: channel).deviation * pow(10, -snr / 20)
  }

  /// Writes row `row` of every channel from ``scratch`` at `position`, 0 ... valid − 1, between samples by the cubic of
  /// Catmull and Rom (1974); on a sample it is that sample.
  func resample(row: Int, position: Double) {
    let last = valid - 1
    let index = min(Int(position), last)
    let t = Float(position - Double(index))
    let (before, next, after) = (max(index - 1, 0), min(index + 1, last), min(index + 2, last))
    for c in 0..<channels {
      let (p0, p1, p2, p3) = (scratch[before, c], scratch[index, c], scratch[next, c], scratch[after, c])
      let cubic = (3 * (p1 - p2) + p3 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3)
      samples[row, c] = p1 + 0.5 * t * ((p2 - p0) + t * cubic)
    }
  }
}
