/// How fast a recording is replayed.
enum ReplaySpeed: Sendable, Equatable, CustomStringConvertible {
  /// This many times as fast as it was recorded, above 0.
  case times(Double)
  /// As fast as the subscriber takes it.
  case max

  /// Reads `1`, `10`, `0.5`, `max`; nil for anything else.
  init?(_ text: String) {
    if text == "max" {
      self = .max
    } else if let factor = Quantity.number(text), factor > 0, factor <= 1e6 {
      self = .times(factor)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .times(let factor): "\(Quantity.text(factor))×"
    case .max: "max"
    }
  }
}

/// Which frames of a recording are sent, in which messages, and when.
///
/// A message is due when the last of its samples would have been measured, counted from the start and not from the message
/// before, so lateness never adds up.
struct ReplaySchedule: Sendable, Equatable {
  /// The frames to send, by their index in the recording.
  let frames: Range<Int>
  /// Frames of one message, 1 or more; the last may have fewer.
  let blockFrames: Int
  let sampleRateHz: Double
  let speed: ReplaySpeed

  /// How many messages there are.
  var blockCount: Int { (frames.count + blockFrames - 1) / blockFrames }

  /// The frames of message `block`, 0..<blockCount, by their index in the recording.
  func frames(ofBlock block: Int) -> Range<Int> {
    precondition((0..<blockCount).contains(block), "the schedule has \(blockCount) blocks")
    let start = frames.lowerBound + block * blockFrames
    return start..<min(start + blockFrames, frames.upperBound)
  }

  /// When message `block` is due, since the start; at once at full speed.
  func dueTime(ofBlock block: Int) -> Duration {
    guard case .times(let factor) = speed else { return .zero }
    let sent = frames(ofBlock: block).upperBound - frames.lowerBound
    return .seconds(Double(sent) / sampleRateHz / factor)
  }

  /// The acquisition time of the first of `count` samples whose last one is measured at `now`, both in microseconds since
  /// 1970.
  func acquisitionMicroseconds(count: Int, now: Int64) -> Int64 {
    now - Int64((Double(count - 1) / sampleRateHz * 1e6).rounded())
  }
}

extension ReplaySchedule {
  /// Picks the part of a recording that begins `offset` after its start and lasts `duration`, or to its end.
  /// - Throws: `CommandFailure` where nothing is left to send.
  static func frames(
    from offset: Duration, duration: Duration?, sampleRateHz: Double, count: Int
  ) throws(CommandFailure) -> Range<Int> {
    let total = Double(count)
    let start = (offset.inSeconds * sampleRateHz).rounded()
    guard start < total else {
      let length = Quantity.text(Duration.seconds((total / sampleRateHz * 1000).rounded() / 1000))
      throw CommandFailure(
        "nothing to replay from \(Quantity.text(offset)): the recording lasts \(length), choose an earlier --from",
        exitCode: .usage)
    }
    let end = duration.map { min(total, start + ($0.inSeconds * sampleRateHz).rounded()) } ?? total
    guard end > start else {
      throw CommandFailure("nothing to replay: choose a --duration of at least one sample", exitCode: .usage)
    }
    return Int(start)..<Int(end)
  }
}
