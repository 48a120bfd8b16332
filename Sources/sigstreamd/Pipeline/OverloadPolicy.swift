import Windowing

/// What becomes of a feed's windows when more come than the workers can classify.
struct OverloadPolicy: Sendable, Equatable {
  /// What happens when as many of the feed's windows wait as may.
  enum WhenFull: String, CaseIterable, Sendable {
    /// The oldest goes, of the stream that has the most waiting.
    case dropOldest
    /// The newest goes, of the stream that has the most waiting.
    case dropNewest
    /// The feed takes no more messages until there is room, which in the end holds up the publisher.
    case block
  }

  /// What happens to a window that is past its deadline, or would be once it is classified.
  enum WhenLate: String, CaseIterable, Sendable {
    /// It is not classified, or not published, and counts as expired.
    case expire
    /// It is published with `"late":true`.
    case flag
  }

  /// How old a result may be, from the acquisition of the window's last sample to publication; nil for any age.
  var deadline: Duration?
  /// The feed's share in an overload, relative to the other feeds': 1…1000.
  var weight = 1
  var whenFull = WhenFull.dropOldest
  var whenLate = WhenLate.expire

  /// What a feed without a deadline counts as having, for the order of service only.
  static let standardDeadlineNanoseconds = Int64(1_000_000_000)

  /// When a window is late; `Int64.max` without a deadline. All times by the monotonic clock, in nanoseconds.
  ///
  /// A window said to have been acquired in the future counts as acquired now: no clock but this machine's can give a
  /// window more time than its deadline.
  ///
  /// - Parameter acquired: when the window's last sample was.
  func due(acquired: Int64, now: Int64) -> Int64 {
    guard let deadline else { return .max }
    return min(acquired, now).addingSaturated(deadline.wholeNanoseconds)
  }
}
