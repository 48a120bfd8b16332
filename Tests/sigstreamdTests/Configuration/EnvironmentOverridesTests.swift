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
    let overrides = try EnvironmentOverrides(environment, over: YAMLDocument.parse(Self.text, file: "f.yaml"))
    do {
      return try Configuration(overrides.file, folder: "/etc", cores: 2)
    } catch {
      throw overrides.naming(error)
    }
  }

  private func error(_ environment: [String: String]) -> String? {
    do {
      _ = try read(environment)
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
  ])
  func whatIsWrongNamesTheVariable(name: String, value: String, message: String) {
    let error = error([name: value]) ?? ""
    #expect(error.hasPrefix("the environment variable \(name):") && error.contains(message), "\(error)")
  }

  @Test func whatIsWrongInTheFileStillNamesTheFile() {
    let text = Self.text.replacing("maxSize: 16", with: "maxSize: 0")
    #expect(throws: ConfigurationError.self) {
      let overrides = try EnvironmentOverrides(
        ["SIGSTREAMD_WORKERS": "2"], over: YAMLDocument.parse(text, file: "f.yaml"))
      do {
        _ = try Configuration(overrides.file, folder: "/etc", cores: 2)
      } catch let error as ConfigurationError {
        #expect(overrides.naming(error).file == "f.yaml" && error.line == 5)
        throw error
      }
    }
  }
}
