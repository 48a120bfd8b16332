import Classifier
import Testing

@testable import sigstreamd

struct EnvironmentOverridesTests {
  private static let text = """
    model: m.safetensors
    feeds:
      - { name: ecg, endpoint: "tcp://127.0.0.1:5555", sampleRate: 360, window: { length: 1024 } }
      - { name: ward-3, endpoint: "tcp://127.0.0.1:5557", sampleRate: 360, window: { length: 1024 } }
    batch: { maxSize: 16 }
    """

  /// The configuration of `text` under these variables.
  private func read(_ environment: [String: String]) throws(ConfigurationError) -> Configuration {
    try read(environment, over: Self.text)
  }

  private func read(_ environment: [String: String], over text: String) throws(ConfigurationError) -> Configuration {
    let overrides = try EnvironmentOverrides(environment, over: YAMLDocument.parse(text, file: "f.yaml"))
    return try Configuration(overrides.file, folder: "/etc", cores: 2)
  }

  private func error(_ environment: [String: String], over text: String = Self.text) -> String? {
    do {
      _ = try read(environment, over: text)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aVariableStandsOverTheFile() throws {
    let configuration = try read([
      "SIGSTREAMD_BATCH__MAX_SIZE": "64", "SIGSTREAMD_WORKERS": "3", "SIGSTREAMD_QUEUE__CAPACITY": "7",
      "SIGSTREAMD_FEEDS__WARD_3__WINDOW__HOP": "128", "SIGSTREAMD_FEEDS__ECG__SAMPLE_RATE": "250",
      "SIGSTREAMD_HISTORY": "{ keep: [ 7d, 2GiB ] }", "PATH": "/bin", "SIGSTREAM": "x",
    ])
    #expect(configuration.batch.maxSize == 64 && configuration.workers == 3 && configuration.queue.capacity == 7)
    #expect(configuration.feeds.map(\.window.hopSamples) == [256, 128])
    #expect(configuration.feeds.map(\.sampleRateHz) == [250, 360])
    #expect(configuration.history?.keep == HistoryRetention(age: .seconds(7 * 86400), bytes: 2 << 30))
  }

  @Test func withoutVariablesTheFileIsAsItWas() throws {
    let file = try YAMLDocument.parse(Self.text, file: "f.yaml")
    #expect(try read([:]) == Configuration(file, folder: "/etc", cores: 2))
  }

  @Test(arguments: [
    ("SIGSTREAMD_WORKRES", "2", "did you mean 'workers'?"), ("SIGSTREAMD_BATCH__MAXIMUM", "2", "unknown key"),
    ("SIGSTREAMD_BATCH__MAX_SIZE", "many", "expected a whole number"), ("SIGSTREAMD_WORKERS", "", "it has no value"),
    ("SIGSTREAMD_FEEDS__EEG__TOPIC", "x", "the names are ECG, WARD_3"), ("SIGSTREAMD_LOG", "[", "not YAML"),
    ("SIGSTREAMD_FEEDS__ECG__WINDOW__LENGTH", "1001", "a multiple of 8"), ("SIGSTREAMD_", "1", "unknown key"),
    ("SIGSTREAMD_BATCH__MAX_SIZE__X", "1", "the file has a value here that has no keys"),
    ("SIGSTREAMD_WORKERS", " ", "it has no value"), ("SIGSTREAMD_WORKERS", "# none", "it has no value"),
    ("SIGSTREAMD_HTTP__LISTEN", "0.0.0.0:9470", "would be open to everyone"),
    ("SIGSTREAMD_HTTP__LISTEN", "127.0.0.1:5556", "output on line 1 binds tcp://127.0.0.1:5556 too"),
    ("SIGSTREAMD_OUTPUT__ENDPOINT", "tcp://*:5556", "would be open to everyone"),
    ("SIGSTREAMD_FEEDS__ECG__MODE", "bnid", "expected one of connect, bind"),
  ])
  func whatIsWrongNamesTheVariable(name: String, value: String, message: String) {
    let error = error([name: value]) ?? ""
    #expect(error.hasPrefix("the environment variable \(name):") && error.contains(message), "\(error)")
  }

  /// A key of the file that begins with the name of a right variable's.
  @Test(arguments: [
    ("maxSize: 16", "maxSize: 0", "f.yaml:5: batch.maxSize: "),
    ("batch:", "batch: {}\nworkerss:", "f.yaml:6: workerss: "),
  ])
  func whatIsWrongInTheFileStillNamesTheFile(original: String, wrong: String, message: String) {
    let variables = ["SIGSTREAMD_WORKERS": "2", "SIGSTREAMD_BATCH__MAX_DELAY": "5ms"]
    let error = error(variables, over: Self.text.replacing(original, with: wrong))
    #expect(error?.hasPrefix(message) == true, "\(error ?? "")")
  }

  @Test func aModelThatDoesNotFitNamesTheVariableThatGaveIt() throws {
    let environment = [
      "SIGSTREAMD_MODEL": "/nowhere", "SIGSTREAMD_FEEDS__WARD_3__WINDOW__LENGTH": "64", "SIGSTREAMD_PRECISION": "int8",
    ]
    func refusal(_ load: (String) throws -> ModelSummary) throws -> String {
      let configuration = try read(environment)
      let error = #expect(throws: ConfigurationError.self) { try ConfigurationReport(configuration, load: load) }
      return error?.description ?? ""
    }
    let missing = try refusal { path in throw CommandFailure("\(path): no such file", exitCode: .noInput) }
    #expect(missing == "the environment variable SIGSTREAMD_MODEL: model: /nowhere: no such file")
    let other = try refusal { _ in
      ModelSummary(labels: ["N"], sampleRateHz: 360, windowSamples: 1024, channels: 1, identity: "")
    }
    let variable = "the environment variable SIGSTREAMD_FEEDS__WARD_3__WINDOW__LENGTH"
    #expect(other.hasPrefix("\(variable): feeds[1].window.length: windows of 64 samples"))
    let precise = try refusal { _ in
      _ = try PackedModel(
        Model(
          architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["N", "V"],
          input: InputSpecification(sampleRate: 360, window: 64, normalisation: .window), seed: 1), precision: .int8)
      throw CommandFailure("not reached", exitCode: .internalError)
    }
    #expect(precise.hasPrefix("the environment variable SIGSTREAMD_PRECISION: precision: /nowhere: "))
  }

  @Test func feedsThatAreOneNameInAVariableAreRefused() {
    let text = Self.text.replacing("name: ecg", with: "name: ward_3")
    let error = error(["SIGSTREAMD_FEEDS__WARD_3__TOPIC": "x"], over: text)
    #expect(error?.contains("'ward_3' and 'ward-3' are one name in a variable, WARD_3") == true, "\(error ?? "")")
    #expect(self.error(["SIGSTREAMD_WORKERS": "2"], over: text) == nil)
  }

  @Test func aNameMayHaveTheSeparatorInIt() throws {
    let text = Self.text.replacing("ward-3", with: "ecg__b_")
    let variables = ["SIGSTREAMD_FEEDS__ECG__B___TOPIC": "long", "SIGSTREAMD_FEEDS__ECG__TOPIC": "short"]
    #expect(try read(variables, over: text).feeds.map(\.topic) == ["short", "long"])
  }
}
