import Classifier
import Foundation
import Windowing

/// A configuration and the models it names, found to fit: what `run` would run, for people to read.
struct ConfigurationReport: Sendable {
  let configuration: Configuration
  /// The models by their paths.
  let models: [String: ModelSummary]

  /// Loads each model once and checks every feed against its own.
  /// - Parameter load: reads the checkpoint at a path.
  /// - Throws: `ConfigurationError` at the key that names a model which can't be loaded, or that doesn't fit it.
  init(
    _ configuration: Configuration, load: (String) throws -> ModelSummary
  ) throws(ConfigurationError) {
    var configuration = configuration
    var models: [String: ModelSummary] = [:]
    for (index, feed) in configuration.feeds.enumerated() {
      let model: ModelSummary
      if let known = models[feed.modelPath] {
        model = known
      } else {
        do {
          model = try load(feed.modelPath)
        } catch let error as PrecisionError {
          throw configuration.source.location(of: .precision).error("\(feed.modelPath): \(error)")
        } catch {
          throw feed.source.location(of: .model).error(CommandOutcome(error: error).reason)
        }
        models[feed.modelPath] = model
      }
      try feed.check(against: model)
      configuration.feeds[index].conditioning = try feed.makeConditioning(for: model)
    }
    self.configuration = configuration
    self.models = models
  }

  /// What is doubtful about the models, with their paths.
  var warnings: [String] {
    models.sorted { $0.key < $1.key }.compactMap { path, model in
      model.heldOutWindows.flatMap { OutlierTest.problem(heldOut: $0) }.map { "\(path): \($0)" }
    }
  }

  /// The report, without a line break at its end.
  var text: String {
    """
    \(feedTable)\(conditioningText)

    \(modelTable)

    batches: up to \(configuration.batch.maxSize) windows, each waiting at most \
    \(Quantity.text(configuration.batch.maxDelay)); workers: \(configuration.workers); \
    queue: \(configuration.queue.capacity) windows; precision: \(configuration.precision.rawValue)
    results: PUB, \(configuration.output.mode.rawValue) \(configuration.output.endpoint)\(historyText)\(recordText)
    """
  }

  private var recordText: String { configuration.record.map { "\nrecord: \($0.text)" } ?? "" }

  private var historyText: String {
    guard let history = configuration.history else { return "" }
    let catchUp = configuration.output.catchUp.map { "\ncatch-up: ROUTER, bind \($0.endpoint)" } ?? ""
    return "\(catchUp)\nhistory: \(history.path), kept \(history.keep.text)"
  }

  /// A line for each feed whose samples are filtered or resampled.
  private var conditioningText: String {
    configuration.feeds.compactMap { feed in
      feed.conditioning.map {
        "\n\(feed.name): \($0.text(filters: feed.filters ?? models[feed.modelPath]?.filters ?? []))"
      }
    }.joined()
  }

  private var feedTable: String {
    var table = TextTable([
      .left("FEED"), .left("SOCKET"), .left("ENDPOINT"), .left("TOPIC"), .left("FORMAT"), .right("RATE"),
      .left("CHANNELS"), .right("WINDOW"), .right("HOP"), .left("MODEL"),
    ])
    for feed in configuration.feeds {
      table.add([
        feed.name, "\(feed.socket.rawValue) \(feed.mode.rawValue)", feed.endpoint.text,
        feed.socket != .sub ? "-" : feed.topic.isEmpty ? "(all)" : feed.topic, feed.format.text,
        "\(Quantity.text(feed.sampleRateHz)) Hz", feed.channels.rawValue,
        Self.samples(feed.window.lengthSamples, rate: feed.windowRateHz),
        Self.samples(feed.window.hopSamples, rate: feed.windowRateHz), Self.fileName(feed.modelPath),
      ])
    }
    return table.text
  }

  private var modelTable: String {
    var table = TextTable([
      .left("MODEL"), .left("IDENTITY"), .right("RATE"), .right("CHANNELS"), .right("WINDOW"), .left("LABELS"),
    ])
    for (path, model) in models.sorted(by: { $0.key < $1.key }) {
      table.add([
        path, String(model.identity.prefix(16)),
        model.sampleRateHz > 0 ? "\(Quantity.text(model.sampleRateHz)) Hz" : "any", "\(model.channels)",
        "\(model.windowSamples)", model.labels.joined(separator: " "),
      ])
    }
    return table.text
  }

  private static func samples(_ count: Int, rate: Double) -> String {
    "\(count) (\(String(format: "%.3g", Double(count) / rate)) s)"
  }

  private static func fileName(_ path: String) -> String { URL(filePath: path).lastPathComponent }
}

extension FeedConfiguration {
  /// Samples a second that windows are cut from.
  var windowRateHz: Double { conditioning?.outputRateHz ?? sampleRateHz }
}

extension SignalConditioning {
  fileprivate func text(filters: [SignalFilter]) -> String {
    var steps = filters.isEmpty ? [] : ["filtered by \(SignalFilter.text(filters))"]
    if ratio != .one {
      let delay = String(format: "%.3g", delaySeconds)
      steps.append(
        "resampled from \(Quantity.text(inputRateHz)) Hz to \(Quantity.text(outputRateHz)) Hz (\(delay) s late)")
    }
    return steps.joined(separator: ", ")
  }
}

extension Configuration {
  /// How the sockets are protected, in a line.
  ///
  /// - Parameter clients: how many may connect; nil: all that know the public key.
  func securityText(clients: Int?) -> String {
    guard security != nil else { return "security: plaintext" }
    let who = clients.map { "\($0) allowed client\($0 == 1 ? "" : "s")" } ?? "any client that knows the public key"
    return "security: CURVE, \(who)"
  }
}
