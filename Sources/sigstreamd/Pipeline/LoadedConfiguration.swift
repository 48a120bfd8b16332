import Classifier
import Foundation

/// A configuration with all that it names, read and found to fit together: what the daemon starts with, or goes on with.
struct LoadedConfiguration: Sendable {
  let configuration: Configuration
  let keys: SocketKeys
  /// By their paths in the configuration.
  let models: [String: ServedModel]

  /// - Parameter cores: how many workers `auto` stands for.
  /// - Throws: `ConfigurationError`, or `CommandFailure`, that says what is wrong where; also for a model that can't be run.
  static func read(
    path: String, cores: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws -> LoadedConfiguration {
    let configuration = try Configuration.read(path: path, cores: cores)
    let keys = try SocketKeys(configuration.security)
    var models: [String: ServedModel] = [:]
    let report = try ConfigurationReport(configuration) { path in
      let model = try Model.load(path: path)
      let served = ServedModel(try PackedModel(model, precision: configuration.precision))
      try served.makeClassifier().tryOut()
      models[path] = served
      return try ModelSummary(model, path: path)
    }
    return LoadedConfiguration(configuration: report.configuration, keys: keys, models: models)
  }
}
