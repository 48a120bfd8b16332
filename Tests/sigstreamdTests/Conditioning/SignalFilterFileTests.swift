import Testing
import Windowing

@testable import sigstreamd

/// `filters:` of configurations and dataset files.
struct SignalFilterFileTests {
  private func filters(_ text: String, rate: Double? = nil) throws(ConfigurationError) -> [SignalFilter] {
    try SignalFilter.list(YAMLDocument.parse(text, file: "f.yaml"), sampleRateHz: rate)
  }

  private func message(_ text: String, rate: Double? = nil) -> String? {
    do throws(ConfigurationError) {
      _ = try filters(text, rate: rate)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func everyKindIsRead() throws {
    let text =
      "[ { highpass: 0.5Hz, order: 3 }, { lowpass: 1.5 kHz }, { bandpass: [ 1, 40Hz ], order: 4 }, "
      + "{ notch: 50, q: 12.5 }, { notch: 60Hz } ]"
    let expected: [SignalFilter] = [
      .highpass(0.5, order: 3), .lowpass(1500, order: 2), .bandpass(1, 40, order: 4), .notch(50, q: 12.5),
      .notch(60, q: 30),
    ]
    #expect(try filters(text) == expected)
    #expect(try filters("[]") == [])
  }

  @Test func textIsReadAsWhatItWas() throws {
    let all: [SignalFilter] = [
      .highpass(0.0001, order: 1), .lowpass(123_456_789, order: 8), .bandpass(0.1 + 0.2, 1.0 / 3, order: 2),
      .notch(49.97, q: 1000),
    ]
    #expect(try filters(SignalFilter.text(all)) == all)
    #expect(try filters(SignalFilter.text([])) == [])
    #expect(SignalFilter.text([.highpass(0.5, order: 2)]) == "[ { highpass: 0.5Hz, order: 2 } ]")
  }

  @Test(arguments: [
    ("[ { order: 2 } ]", "one of highpass, lowpass, bandpass and notch makes a filter, here are 0"),
    ("[ { highpass: 1Hz, notch: 50Hz } ]", "one of highpass, lowpass, bandpass and notch makes a filter, here are 2"),
    ("[ { notch: 50Hz, order: 2 } ]", "[0].order: a notch has a width, and no order"),
    ("[ { lowpass: 50Hz, q: 2 } ]", "[0].q: only a notch has a q"),
    ("[ { lowpass: 50mm } ]", "expected a frequency (Hz, kHz, MHz) from 0.0001 Hz to 1000000000 Hz, got '50mm'"),
    ("[ { lowpass: 50Hz, order: 9 } ]", "expected a whole number from 1 to 8"),
    ("[ { bandpass: [ 40Hz, 1Hz ] } ]", "expected two frequencies, the lower one first"),
    ("[ { lowpas: 40Hz } ]", "unknown key: did you mean 'lowpass'?"),
    ("{ lowpass: 40Hz }", "expected a list"),
  ])
  func mistakesAreExplained(text: String, part: String) {
    #expect(message(text)?.contains(part) == true, "\(message(text) ?? "")")
  }

  @Test func aFrequencyThatTheRateDoesNotHaveIsRefused() {
    #expect(message("[ { notch: 50Hz } ]", rate: 360) == nil)
    #expect(message("[ { notch: 50Hz } ]", rate: 100)?.contains("50.0 Hz is not below half") == true)
  }
}
