import Logging
import UnixSignals

/// Reads the configuration and its models anew on each SIGHUP, and lets the pipeline go on with them if all is well.
struct Reloads: Sendable {
  /// How the last attempt went.
  struct Outcome: Sendable {
    var isSuccessful = true
    /// When a configuration was taken last, the first one included; since 1970.
    var lastSuccessMicroseconds = MonotonicClock.microsecondsSince1970()
  }

  let path: String
  let pipeline: Pipeline
  let log: ServiceLog
  let notifier: SystemdNotifier
  private let outcome = Monitor(Outcome())

  init(path: String, pipeline: Pipeline, log: ServiceLog, notifier: SystemdNotifier) {
    (self.path, self.pipeline, self.log, self.notifier) = (path, pipeline, log, notifier)
  }

  var last: Outcome { outcome.withLock(\.self) }

  /// Serves signals until the task is cancelled. Those that come during a reload make one more.
  func serve(_ signals: UnixSignalsSequence) async {
    let (wishes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in signals { continuation.yield() }
        continuation.finish()
      }
      for await _ in wishes { await reloadOnce() }
    }
  }

  private func reloadOnce() async {
    notifier.reloading()
    do {
      notifier.ready(status: try await onThread("reload") { reload() })
    } catch {
      notifier.ready(status: refuse(error))
    }
  }

  /// - Returns: what to tell the service manager.
  private func reload() -> String {
    do {
      // As many workers as run: the machine may have got or lost cores since.
      let loaded = try LoadedConfiguration.read(path: path, cores: pipeline.configuration.workers)
      let plan = try pipeline.reload(loaded.configuration, models: loaded.models)
      log.configure(loaded.configuration.log)
      log.logger.notice("reloaded \(path): \(plan.text)")
      outcome.withLock { $0 = Outcome() }
      return loaded.configuration.status
    } catch {
      return refuse(error)
    }
  }

  private func refuse(_ error: any Error) -> String {
    let reason = CommandOutcome(error: error).reason
    log.logger.error("not reloaded, going on as before: \(reason)")
    outcome.withLock { $0.isSuccessful = false }
    return "\(pipeline.configuration.status); not reloaded: \(reason)"
  }
}
