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
    ("length: 64", "length: 128", "3: feeds[0].window: windows of 128 samples, but the model "),
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
}
