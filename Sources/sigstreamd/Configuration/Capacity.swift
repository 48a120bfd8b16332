import Foundation

/// Whether the workers can classify what the feeds' expected streams bring.
struct Capacity {
  private struct Load {
    var feed: FeedConfiguration
    /// Windows a second, of one of its streams and of all expected.
    var stream: Double
    var all: Double
    /// Of all workers' time.
    var share: Double
  }
  private let loads: [Load]
  private let models: [(path: String, windowsPerSecond: Double)]
  private let workers: Int

  // Beyond this, bursts wait for long.
  private static let comfortable = 0.8

  /// - Parameter windowsPerSecond: what all workers together can classify with each model, by its path.
  init(_ configuration: Configuration, windowsPerSecond: [String: Double]) {
    workers = configuration.workers
    models = windowsPerSecond.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    loads = configuration.feeds.map { feed in
      let stream = feed.windowRateHz / Double(feed.window.hopSamples)
      let all = stream * Double(feed.expectedStreams)
      return Load(feed: feed, stream: stream, all: all, share: all / (windowsPerSecond[feed.modelPath] ?? 0))
    }
  }

  /// Of all workers' time, what the expected streams need.
  private var share: Double { loads.map(\.share).reduce(0, +) }

  /// The figures, without a line break at the end.
  var text: String {
    var lines = models.map { path, rate in
      "capacity: \(Self.rate(rate)) of \(URL(filePath: path).lastPathComponent) on \(workers) "
        + "worker\(workers == 1 ? "" : "s"), as measured now"
    }
    for load in loads {
      let (streams, percent) = (load.feed.expectedStreams, Self.percent(load.share))
      lines.append(
        "load: \(load.feed.name) \(Self.rate(load.stream)) a stream, \(streams) expected: \(percent) of the capacity")
    }
    if (Self.comfortable...1).contains(share) {
      lines.append("that is \(Self.percent(share)) in all: bursts will wait for long")
    }
    return lines.joined(separator: "\n")
  }

  /// - Throws: `ConfigurationError` at the feed that needs most, when there is not enough for all of them; or at one whose
  ///   deadline is over before a window is classified.
  func check() throws(ConfigurationError) {
    for load in loads {
      guard let deadline = load.feed.overload.deadline else { continue }
      let window = Double(workers) * load.share / load.all
      guard window > deadline.inSeconds else { continue }
      throw load.feed.source.location(of: .deadline).error(
        "this machine takes \(String(format: "%.3g", window)) s to classify a window: write a longer deadline, or use a "
          + "smaller model (sigstreamd train --preset small)")
    }
    guard share > 1, let most = loads.max(by: { $0.share < $1.share }) else { return }
    throw most.feed.source.location(of: .expectedStreams).error(
      "this machine can't carry the configured load, which is \(Self.percent(share)) of what its workers can classify, "
        + "\(Self.percent(most.share)) for this feed: expect fewer streams, write a longer window.hop, or use a smaller model "
        + "(sigstreamd train --preset small) or precision")
  }

  private static func rate(_ windowsPerSecond: Double) -> String { "\(digits(windowsPerSecond)) windows/s" }

  private static func percent(_ share: Double) -> String { "\(digits(100 * share)) %" }

  /// Three digits, or all of those before the point.
  private static func digits(_ value: Double) -> String { String(format: value < 999.5 ? "%.3g" : "%.0f", value) }
}
