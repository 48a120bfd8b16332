import ArgumentParser
import Classifier
import Foundation
import Testing

@testable import sigstreamd

/// `sigstreamd check` on files of its own.
struct CheckTests {
  /// A folder with a configuration and a model of one channel, 360 Hz, windows of 64 samples.
  private final class Workspace {
    let folder = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString)")
    var configuration: String { folder.appending(path: "sigstreamd.yaml").path }

    init(_ yaml: String) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try yaml.write(toFile: configuration, atomically: true, encoding: .utf8)
      let model = Model(
        architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["N", "V"],
        input: InputSpecification(sampleRate: 360, window: 64, normalisation: .window), seed: 1)
      _ = try model.save(path: folder.appending(path: "ecg.safetensors").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func outcome() -> CommandOutcome? {
      do {
        try Check.parse(["--config", configuration]).run()
        return nil
      } catch {
        return CommandOutcome(error: error)
      }
    }
  }

  private let yaml = ConfigurationTests.minimal.replacing("1024", with: "64")

  @Test func configurationThatFitsItsModelPasses() throws {
    let workspace = try Workspace(yaml)
    #expect(workspace.outcome() == nil)
  }

  @Test(arguments: [
    ("360", "360.01", "3: feeds[0].sampleRate: no ratio of whole numbers up to 10000 leads from 360.01 to "),
    ("length: 64", "length: 128", "3: feeds[0].window.length: windows of 128 samples, but the model "),
    ("ecg.safetensors", "none.safetensors", "1: model: "),
    ("ecg.safetensors", "sigstreamd.yaml", "1: model: "),
  ])
  func whatDoesNotFitEndsWithTheConfigurationCode(original: String, wrong: String, message: String) throws {
    let workspace = try Workspace(yaml.replacing(original, with: wrong))
    let outcome = try #require(workspace.outcome())
    #expect(outcome.exitCode == Sysexits.configuration.rawValue)
    #expect(outcome.output.hasPrefix("sigstreamd: \(workspace.configuration):\(message)"))
    #expect(!outcome.output.contains("\n"))
  }

  /// What `run` would refuse, whoever runs it.
  @Test(arguments: [
    ("http: { listen: \"127.0.0.1:5556\" }", "http.listen: output on line 1 binds tcp://127.0.0.1:5556 too"),
    (
      "output: { endpoint: \"tcp://127.0.0.1:5557\" }\nhttp: { listen: \"127.0.0.1:5557\" }",
      "http.listen: output.endpoint on line 4 binds tcp://127.0.0.1:5557 too"
    ),
    ("http: { listen: \"localhost:5556\" }", "http.listen: output on line 1 binds tcp://127.0.0.1:5556 too"),
    ("output: { endpoint: \"ipc:///no/such/x\" }", "output.endpoint: there is no folder /no/such: make it"),
    ("history: { path: /no/such/x.sqlite }", "history.path: there is no folder /no/such: make it"),
    ("record: { path: sigstreamd.yaml }", "/sigstreamd.yaml can't be written (Not a directory): name another folder"),
    ("record: { path: sigstreamd.yaml/x }", "/sigstreamd.yaml/x can't be written (Not a directory): name another"),
  ])
  func placesThatCannotBeHadAreRefused(line: String, message: String) throws {
    let workspace = try Workspace(yaml + "\n" + line)
    let outcome = try #require(workspace.outcome())
    #expect(outcome.exitCode == Sysexits.configuration.rawValue)
    #expect(outcome.output.contains(message), "\(outcome.output)")
  }

  @Test func whatTheUnitForbidsIsAWarning() throws {
    func warnings(_ lines: String) throws -> [String] {
      try Configuration(
        YAMLDocument.parse("\(ConfigurationTests.minimal)\n\(lines)", file: "sigstreamd.yaml"),
        folder: "/etc/sigstreamd", cores: 1, stateFolder: "/var/lib/sigstreamd"
      ).checkPlaces(file: "/etc/sigstreamd/sigstreamd.yaml")
    }
    // Root can write there as well: what it takes to be another user, the package's test has.
    #expect(try warnings("history: {}\nrecord: {}").isEmpty, "whoever looks: the service can")
    let found = try warnings("history: { path: /tmp/history.sqlite }")
    #expect(found.count == 1 && found[0].contains("the service can write below /var/lib/sigstreamd alone"), "\(found)")
  }

  @Test(arguments: [
    "record: { path: a/b }", "history: {}", "output: { endpoint: \"ipc:///run/sigstreamd/x\" }",
    "history: { path: /var/lib/sigstreamd-none/x.sqlite }",
    "security: { secretKey: /run/credentials/sigstreamd.service/none }", "output: { endpoint: \"ipc://@x\" }",
    "output: { endpoint: \"ipc:///no/such/x\", mode: connect }",
  ])
  func placesThatAreMadeAtTheStartPass(line: String) throws {
    #expect(try Workspace(yaml + "\n" + line).outcome() == nil)
  }
}
