/// Keeps the service manager's watchdog quiet for as long as every worker really classifies.
struct Watchdog: Sendable {
  private let notifier: SystemdNotifier

  init(_ notifier: SystemdNotifier) { self.notifier = notifier }

  /// Heartbeats, and trials of idle workers, often enough for the watchdog.
  var timing: PipelineTiming {
    var timing = PipelineTiming()
    // The interval is already half the time that the service manager allows.
    if let interval = notifier.watchdogInterval {
      timing.heartbeat = min(timing.heartbeat, interval)
      timing.trial = min(timing.trial, interval / 2)
    }
    return timing
  }

  /// Called with each heartbeat.
  func feed(_ pulse: WorkerPulse) {
    guard let interval = notifier.watchdogInterval, pulse.isAlive(within: interval) else { return }
    notifier.watchdog()
  }
}
