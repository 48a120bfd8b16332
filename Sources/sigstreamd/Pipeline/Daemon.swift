import Foundation
import Glibc
import Logging
import ServiceLifecycle

/// The live path as a service: started, watched, and drained when the service manager or the user says so.
struct Daemon: Service {
  let configuration: Configuration
  let keys: SocketKeys
  /// By the paths in the configuration.
  let models: [String: ServedModel]
  let logger: Logger
  var notifier = SystemdNotifier()

  /// Runs until a graceful shutdown, or until a feed fails.
  ///
  /// - Throws: `PipelineError` when the pipeline can't start or a feed fails.
  func run() async throws {
    let (failures, continuation) = AsyncStream.makeStream(of: PipelineError.self)
    let watchdog = Watchdog(notifier)
    let pipeline = try Pipeline(
      configuration, keys: keys, models: models, timing: watchdog.timing, logger: logger,
      onHeartbeat: { watchdog.feed($1) }, onFailure: { continuation.yield($0) })
    let isDraining = Monitor(false)
    let server = try await StatusServer(configuration, pipeline, isDraining: isDraining, logger: logger)?.start()
    defer { server?.cancel() }
    try await Self.onThread("start") { try pipeline.start() }
    let status = "\(configuration.feeds.count) feeds, \(configuration.workers) workers"
    logger.info("ready: \(status), results at \(pipeline.outputEndpoint ?? "")")
    notifier.ready(status: status)

    var failure: PipelineError?
    for await error in failures.cancelOnGracefulShutdown() {
      failure = error
      break
    }
    // Who asks twice does not want to wait for the rest: a second Ctrl-C ends the process.
    signal(SIGINT, SIG_DFL)
    isDraining.withLock { $0 = true }
    notifier.stopping(status: "draining")
    logger.info("stopping: draining what is queued")
    let counts = try await Self.onThread("drain") { pipeline.drain() }
    report(counts)
    if let failure { throw failure }
  }

  private func report(_ counts: [(feed: String, counts: FeedCounts)]) {
    for (feed, counts) in counts {
      logger.info(
        """
        feed \(feed): windows formed \(counts.formed) = published \(counts.published) + expired \(counts.expired) + \
        dropped \(counts.dropped); failed \(counts.failed), late \(counts.late); samples missing \
        \(counts.missingSamples), masked \(counts.maskedSamples), late \(counts.lateSamples); reconnects \
        \(counts.reconnects); bad messages \(counts.badMessagesText)
        """)
    }
  }

  /// Runs what blocks on a thread of its own, off Swift's cooperative pool.
  private static func onThread<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        continuation.resume(with: Swift.Result { try body() })
      }
      thread.name = name
      thread.start()
    }
  }
}

extension PipelineError: CommandFailureConvertible {
  var commandFailure: CommandFailure {
    let outcome = CommandOutcome(error: cause)
    return CommandFailure(
      "\(part): \(outcome.reason)", exitCode: Sysexits(rawValue: outcome.exitCode) ?? .internalError)
  }
}
