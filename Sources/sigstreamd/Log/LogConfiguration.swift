import Logging

/// How the daemon writes its log.
struct LogConfiguration: Sendable, Equatable {
  enum Format: String, CaseIterable, Sendable {
    /// Lines for people: the time, the level, the component, the message, and what belongs to it as `key=value`.
    case text
    /// An object a line, for programs.
    case json
  }

  var format = Format.text
  /// Less severe messages are left out, …
  var level = Logger.Level.info
  /// … but for these components.
  var levels: [LogComponent: Logger.Level] = [:]

  func level(of component: LogComponent) -> Logger.Level {
    // The web framework tells of each request.
    levels[component] ?? (component == .http ? max(level, .warning) : level)
  }
}

/// The parts of the daemon that write to the log.
enum LogComponent: String, YAMLKey {
  case daemon, feeds, workers, output, history, record, catchUp, security, http
}

extension LogConfiguration {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let log = try value.mapping(of: LogKey.self)
    format = try log.optional(.format)?.choice() ?? format
    level = try log.optional(.level)?.choice() ?? level
    guard let levels = try log.optional(.levels)?.mapping(of: LogComponent.self) else { return }
    for component in LogComponent.allCases { self.levels[component] = try levels.optional(component)?.choice() }
  }
}

extension Logger {
  /// Of the metadata.
  static let componentKey = "component"

  /// The same log for a component, whose level the configuration can choose.
  func of(_ component: LogComponent) -> Logger {
    var logger = self
    logger[metadataKey: Self.componentKey] = "\(component.rawValue)"
    return logger
  }
}
