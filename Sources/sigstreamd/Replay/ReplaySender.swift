import Foundation
import StreamIO

/// What a replay has sent.
struct ReplayFigures: Sendable, Equatable {
  /// Samples of each channel.
  var frames = 0
  var channels: Int
  var seconds: Double = 0
  let sampleRateHz: Double
  let speed: ReplaySpeed
  /// Whether the user stopped it.
  var isInterrupted = false

  /// `sent 3600 samples of 2 channels in 1.00 s: 10.0× real time (asked for 10×)`.
  var text: String {
    let reached = seconds > 0 ? Double(frames) / sampleRateHz / seconds : 0
    let pace =
      frames == 0 || seconds == 0 ? "" : ": \(String(format: reached < 100 ? "%.3g" : "%.0f", reached))× real time"
    let samples = "\(frames) sample\(frames == 1 ? "" : "s") of \(channels) channel\(channels == 1 ? "" : "s")"
    return "\(isInterrupted ? "interrupted: " : "")sent \(samples) in \(String(format: "%.2f", seconds)) s\(pace) "
      + "(asked for \(speed))"
  }
}

/// Sends a recording as a live feed: blocks of samples in the `array` format, paced by a `ReplaySchedule`.
struct ReplaySender {
  let recording: Recording
  let schedule: ReplaySchedule
  /// The stream's name, which is the messages' topic too.
  let source: String

  /// How waiting for a subscriber ended.
  enum Waiting: Sendable {
    case subscribed
    /// The user stopped it.
    case interrupted
    /// Nobody wanted the stream in time; some may have asked for others.
    case nobody(SubscriberList)
  }

  /// Waits until somebody subscribes to the stream, `wait` is over, or `stop` comes.
  func waitForSubscriber(
    on socket: borrowing ZeroMQSocket, wait: Duration, stop: StopSignal
  ) throws(ZeroMQError) -> Waiting {
    try socket.setReceiveTimeout(milliseconds: 50)
    let deadline = MonotonicClock.nanoseconds() + wait.inMicroseconds * 1000
    var subscribers = SubscriberList()
    var message = ZeroMQMessage()
    while MonotonicClock.nanoseconds() < deadline {
      do throws(ZeroMQError) {
        guard try socket.receive(into: &message) else { continue }
      } catch {
        guard error.isTerminated else { throw error }
        return .interrupted
      }
      subscribers.take(message.withFrame(0) { bytes in bytes.withUnsafeBytes { Array($0) } })
      if subscribers.wants(source) { return .subscribed }
    }
    return stop.isRequested ? .interrupted : .nobody(subscribers)
  }

  /// Sends every block when it is due, until all are sent, and read where that can be told, or `stop` comes.
  func send(on socket: borrowing ZeroMQSocket, stop: StopSignal) throws(ZeroMQError) -> ReplayFigures {
    var figures = ReplayFigures(
      channels: recording.channels.count, sampleRateHz: schedule.sampleRateHz, speed: schedule.speed)
    let start = MonotonicClock.nanoseconds()
    for block in 0..<schedule.blockCount {
      let due = start + schedule.dueTime(ofBlock: block).inMicroseconds * 1000
      MonotonicClock.sleep(until: due) { stop.isRequested }
      guard !stop.isRequested, try deliver(block, on: socket) else {
        figures.isInterrupted = true
        break
      }
      figures.frames += schedule.frames(ofBlock: block).count
    }
    UnreadBytes.waitUntilRead(limit: .seconds(10)) { stop.isRequested }
    figures.seconds = Double(MonotonicClock.nanoseconds() - start) * 1e-9
    return figures
  }

  /// Sends one block, waiting for room; false when the context was shut down while waiting.
  private func deliver(_ block: Int, on socket: borrowing ZeroMQSocket) throws(ZeroMQError) -> Bool {
    let message = message(block, now: MonotonicClock.microsecondsSince1970())
    do throws(ZeroMQError) {
      return try socket.send(message.encode())
    } catch {
      guard error.isTerminated else { throw error }
      return false
    }
  }

  /// Block `block` as it is sent at `now`, microseconds since 1970.
  func message(_ block: Int, now: Int64) -> ArrayMessage {
    let frames = schedule.frames(ofBlock: block)
    let channels = recording.channels.count
    let units = Set(recording.channels.map(\.units))
    return ArrayMessage(
      source: source, start: frames.lowerBound,
      acquisitionMicroseconds: schedule.acquisitionMicroseconds(count: frames.count, now: now),
      sampleRateHz: schedule.sampleRateHz,
      units: units.count == 1 ? units.first.flatMap { $0.isEmpty ? nil : $0 } : nil,
      channels: channels, samples: Array(recording.samples[frames.lowerBound * channels..<frames.upperBound * channels])
    )
  }
}
