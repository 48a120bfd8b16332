import Foundation
import Logging

/// The daemon's log on standard error, which a thread of its own writes. How it is written can change while it is.
final class ServiceLog: Sendable {
  // How long the end waits for what is not written yet.
  private static let finishWait = Duration.seconds(2)

  private let configuration: Monitor<LogConfiguration>
  private let clock: PipelineClock
  private let queue: LogQueue
  private let thread: PipelineThread

  /// - Parameters:
  ///   - queue: what waits to be written.
  ///   - output: takes a record with its line break; may block.
  /// - Throws: `CommandFailure` when the system gives no thread.
  init(
    isJournal: Bool = LogPrinter.isJournal(ProcessInfo.processInfo.environment), clock: PipelineClock = .system,
    queue: LogQueue = LogQueue(), output: @escaping @Sendable (String) -> Void = { StandardError.write($0) }
  ) throws {
    let configuration = Monitor(LogConfiguration())
    (self.configuration, self.clock, self.queue) = (configuration, clock, queue)
    let printer = LogPrinter(isJournal: isJournal, output: output)
    thread = try PipelineThread.start(name: "log") { (ready: (Int) -> Void) in
      ready(0)
      while let batch = queue.take() {
        let format = configuration.withLock { $0.format }
        for record in batch.records { printer.print(record, format) }
        guard batch.lost > 0 else { continue }
        printer.print(.lost(batch.lost, microseconds: clock.microsecondsSince1970()), format)
      }
    }.thread
  }

  func configure(_ new: LogConfiguration) { configuration.withLock { $0 = new } }

  /// Writes to it for the daemon as a whole; `Logger.of` for its components.
  var logger: Logger { Logger(label: "sigstreamd") { _ in ServiceLogHandler(log: self) } }

  /// Has all written that was logged, for two seconds at the most, and ends the thread: what is logged later is lost.
  func finish() {
    queue.finish()
    _ = thread.join(untilNanoseconds: MonotonicClock.nanoseconds() + Self.finishWait.wholeNanoseconds)
  }

  fileprivate func level(of component: LogComponent) -> Logger.Level {
    configuration.withLock { $0.level(of: component) }
  }

  fileprivate func write(_ event: LogEvent, _ metadata: Logger.Metadata, component: LogComponent) {
    queue.offer(
      LogRecord(
        microseconds: clock.microsecondsSince1970(), level: event.level, component: component,
        message: event.message.description, metadata: metadata.mapValues(\.description)))
  }
}

private struct ServiceLogHandler: LogHandler {
  let log: ServiceLog
  var metadata: Logger.Metadata = [:]

  private var component: LogComponent {
    metadata[Logger.componentKey].flatMap { LogComponent(rawValue: "\($0)") } ?? .daemon
  }

  /// That of the configuration, which may change: what a program sets is ignored.
  var logLevel: Logger.Level {
    get { log.level(of: component) }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadata.merging(event.metadata ?? [:]) { $1 }
    all[Logger.componentKey] = nil
    log.write(event, all, component: component)
  }
}
