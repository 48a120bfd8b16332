import Foundation
import Testing

@testable import sigstreamd

struct ConfigurationReportTests {
  private let model = ModelSummary(
    labels: ["N", "V"], sampleRateHz: 360, windowSamples: 1024, channels: 1,
    identity: "0123456789abcdef" + String(repeating: "f", count: 48))

  @Test func reportTellsWhatWouldRun() throws {
    let text =
      ConfigurationTests.minimal + """

          - { name: imu, endpoint: ipc:///run/imu, socket: pull, mode: bind, sampleRate: 360, window: { length: 1024, hop: 36 } }
        """
    let report = try ConfigurationReport(ConfigurationSample.parse(text)) { _ in model }
    #expect(
      report.text == """
        FEED  SOCKET       ENDPOINT              TOPIC  FORMAT    RATE  CHANNELS         WINDOW            HOP  MODEL
        ecg   sub connect  tcp://127.0.0.1:5555  (all)  array   360 Hz  together  1024 (2.84 s)  256 (0.711 s)  ecg.safetensors
        imu   pull bind    ipc:///run/imu        -      array   360 Hz  together  1024 (2.84 s)     36 (0.1 s)  ecg.safetensors

        MODEL                            IDENTITY            RATE  CHANNELS  WINDOW  LABELS
        /etc/sigstreamd/ecg.safetensors  0123456789abcdef  360 Hz         1    1024  N V

        batches: up to 32 windows, each waiting at most 20ms; workers: 4; queue: 1024 windows; precision: float32
        results: PUB, bind tcp://127.0.0.1:5556
        """)
  }

  @Test(arguments: [(nil, true), (98, false), (99, true)] as [(Int?, Bool)])
  func aModelThatCallsNothingAnOutlierIsWarnedOf(heldOut: Int?, isFine: Bool) throws {
    var model = model
    model.heldOutWindows = heldOut
    let report = try ConfigurationReport(ConfigurationSample.parse(ConfigurationTests.minimal)) { _ in model }
    #expect(report.warnings.isEmpty == isFine)
    #expect(report.warnings.allSatisfy { $0.hasPrefix("/etc/sigstreamd/ecg.safetensors: p-values from 98 held-out") })
  }

  @Test func modelIsLoadedOnceForAllItsFeeds() throws {
    var loads: [String] = []
    let text =
      ConfigurationTests.minimal + """

          - { name: two, endpoint: ipc:///run/two, sampleRate: 360, window: { length: 1024 } }
          - { name: own, endpoint: ipc:///run/own, sampleRate: 360, window: { length: 1024 }, model: own.safetensors }
        """
    _ = try ConfigurationReport(ConfigurationSample.parse(text)) { path in
      loads.append(path)
      return model
    }
    #expect(loads == ["/etc/sigstreamd/ecg.safetensors", "/etc/sigstreamd/own.safetensors"])
  }

  @Test func modelThatCannotBeLoadedIsReportedAtItsKey() throws {
    let configuration = try ConfigurationSample.parse(ConfigurationSample.text)
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationReport(configuration) { path in
        throw CommandFailure("\(path): truncated: train it again", exitCode: .data)
      }
    }
    #expect(
      error?.description
        == "sigstreamd.yaml:19: feeds[0].model: /etc/sigstreamd/models/own.safetensors: truncated: train it again")
    #expect(error?.exitCode == .configuration)
  }

  @Test func modelThatDoesNotFitIsReportedAtItsKey() throws {
    let configuration = try ConfigurationSample.parse(ConfigurationSample.text)
    var other = model
    other.windowSamples = 512
    let error = #expect(throws: ConfigurationError.self) { try ConfigurationReport(configuration) { _ in other } }
    #expect(error?.keyPath == "feeds[0].window.length")
  }
}
