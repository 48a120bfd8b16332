import Classifier
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// Filters and resampler against SciPy's.
struct SciPyTests {
  private static let filters: [(name: String, filters: [SignalFilter])] = [
    ("highpass", [.highpass(0.5, order: 2)]), ("lowpass", [.lowpass(40, order: 5)]),
    ("bandpass", [.bandpass(0.5, 40, order: 3)]), ("wide", [.bandpass(0.05, 150, order: 1)]),
    ("steep", [.bandpass(20, 30, order: 8)]), ("notch", [.notch(50, q: 30)]),
    ("several", [.highpass(0.5, order: 2), .notch(50, q: 30), .lowpass(40, order: 5)]),
  ]

  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence))
  func filtersAndResamplerAreSciPys() async throws {
    let folder = try DatasetFolder()
    var generator = SplitMix64(seed: 31)
    // Noise on a slow wave and an offset.
    let signal = (0..<4000).map { index in
      let wave = 0.3 * Double(index % 700) / 700
      return Float(generator.uniform() + wave + 1.5)
    }
    try folder.array("signal.npy", shape: [signal.count], signal)
    func write(_ name: String, to rate: Double, _ filters: [SignalFilter]) throws {
      let conditioning = try #require(try SignalConditioning(from: 360, to: rate, filters: filters))
      let result = conditioning.condition(signal, channels: 1, maskedFrames: []).samples
      try folder.array("\(name).npy", shape: [result.count], result)
    }
    for (name, filters) in Self.filters { try write(name, to: 360, filters) }
    for rate in [250, 500, 128, 90] { try write("\(rate)", to: Double(rate), []) }
    let outcome = try await PythonScript.run("scipy/check_conditioning.py", [folder.path])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
