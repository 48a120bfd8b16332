import Foundation
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// The live path as a service: started, watched, and drained when the service manager or the user says so.
struct Daemon: Service, CustomStringConvertible {
  /// Of the configuration, to be read anew when it has changed.
  let path: String
  let loaded: LoadedConfiguration
  let log: ServiceLog
  /// That ask for a reload; those that come while it starts are served when it has.
  let hangups: UnixSignalsSequence
  var notifier = SystemdNotifier()

  /// For the log of its start and end, which would have all that it is made of.
  var description: String { "the daemon" }

  /// Runs until a graceful shutdown, or until a feed fails.
  ///
  /// - Throws: `PipelineError` when the pipeline can't start or a feed fails.
  func run() async throws {
    let (failures, continuation) = AsyncStream.makeStream(of: PipelineError.self)
    let (watchdog, logger) = (Watchdog(notifier), log.logger)
    let pipeline = try Pipeline(
      loaded.configuration, keys: loaded.keys, models: loaded.models, timing: watchdog.timing, logger: logger,
      onHeartbeat: { watchdog.feed($1) }, onFailure: { continuation.yield($0) })
    let isDraining = Monitor(false)
    let reloads = Reloads(path: path, pipeline: pipeline, log: log, notifier: notifier)
    let server = StatusServer(
      loaded.configuration, pipeline, reloads, isDraining: isDraining, logger: logger)
    try await server?.start()
    try await onThread("start") { try pipeline.start() }
    logger.info("ready: \(pipeline.configuration.status), results at \(pipeline.outputEndpoint ?? "")")
    notifier.ready(status: pipeline.configuration.status)

    let failure = await withTaskGroup(of: Void.self) { group in
      group.addTask { await reloads.serve(hangups) }
      defer { group.cancelAll() }
      return await Self.first(of: failures)
    }
    // Who asks twice does not want to wait for the rest: a second Ctrl-C ends the process.
    signal(SIGINT, SIG_DFL)
    isDraining.withLock { $0 = true }
    notifier.stopping(status: "draining")
    logger.info("stopping: draining what is queued")
    let counts = try await onThread("drain") { pipeline.drain() }
    await server?.stop()
    report(counts, logger)
    if let failure { throw failure }
  }

  /// The first failure; nil when the daemon is to stop without one.
  private static func first(of failures: AsyncStream<PipelineError>) async -> PipelineError? {
    for await error in failures.cancelOnGracefulShutdown() { return error }
    return nil
  }

  private func report(_ counts: [(feed: String, counts: FeedCounts)], _ logger: Logger) {
    for (feed, counts) in counts {
      logger.info(
        """
        feed \(feed): windows formed \(counts.formed) = published \(counts.published) + expired \(counts.expired) + \
        dropped \(counts.dropped); failed \(counts.failed), late \(counts.late); samples missing \
        \(counts.missingSamples), streams begun anew \(counts.restarts), repeated \(counts.duplicateSamples), masked \(counts.maskedSamples), late \
        \(counts.lateSamples); reconnects \(counts.reconnects); lost to the history \(counts.historyLost); \
        bad messages \(counts.badMessagesText)
        """)
    }
  }

}

extension Configuration {
  /// For the service manager and the log.
  var status: String {
    "\(feeds.count) feed\(feeds.count == 1 ? "" : "s"), \(workers) worker\(workers == 1 ? "" : "s")"
  }
}

/// Runs what blocks on a thread of its own, off Swift's cooperative pool.
func onThread<Result: Sendable>(
  _ name: String, _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    do {
      try SystemThread.start(name: name) { continuation.resume(with: Swift.Result { try body() }) }
    } catch {
      continuation.resume(throwing: error)
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
