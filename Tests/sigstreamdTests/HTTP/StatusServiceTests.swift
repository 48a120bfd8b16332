import ArgumentParser
import Foundation
import Testing

@testable import sigstreamd

/// The daemon of this build and what it tells over HTTP; `pyzmq/status.py` does the work.
struct StatusServiceTests {
  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func prometheusReadsTheMetricsAndTheyAreTheHeartbeats() async throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let model = tests.appending(path: "../ClassifierTests/Goldens/tiny.safetensors").standardized.path
    let dashboard = tests.appending(path: "../../tools/grafana-dashboard.json").standardized.path
    let daemon = Bundle.main.bundleURL.appending(path: "sigstreamd").path
    let outcome = try await PythonScript.run(
      "pyzmq/status.py", ["--sigstreamd", daemon, "--model", model, "--dashboard", dashboard])
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  private func http(_ text: String) throws -> HTTPConfiguration? {
    try ConfigurationSample.parse("\(ConfigurationTests.minimal)\nhttp: { listen: \"\(text)\" }").http
  }

  @Test func addressesAreRead() throws {
    #expect(try http("127.0.0.1:9470") == HTTPConfiguration(host: "127.0.0.1", port: 9470))
    #expect(try http("localhost:0") == HTTPConfiguration(host: "localhost", port: 0))
    #expect(try http("[::1]:80") == HTTPConfiguration(host: "::1", port: 80))
  }

  @Test(arguments: ["9470", "127.0.0.1", "127.0.0.1:65536", "http://127.0.0.1:9470", "::1:80", ""])
  func whatIsNoAddressIsRefused(text: String) {
    let error = ConfigurationSample.error("\(ConfigurationTests.minimal)\nhttp: { listen: \"\(text)\" }")
    #expect(error?.keyPath == "http.listen" && error?.message.contains("127.0.0.1:9470") == true)
  }

  @Test func theNetworkHasToBeAskedFor() throws {
    let text = "\(ConfigurationTests.minimal)\nhttp: { listen: \"0.0.0.0:9470\" }"
    #expect(ConfigurationSample.error(text)?.message.contains("would be open to everyone on the network") == true)
    #expect(ConfigurationSample.error(text + "\nallowPlaintext: true") == nil)
  }
}
