import StreamIO

/// Why a request was not understood, and what to send instead.
struct CatchUpRequestError: Error, Sendable, Equatable {
  var message: String
}

/// What a subscriber asks for.
enum CatchUpRequest: Sendable, Equatable {
  /// `REPLAY <feed>/<stream> <epoch> <from> <to>`: the results with these numbers, both ends included.
  case replay(feed: String, stream: String, epoch: Int, sequences: ClosedRange<Int>)
  /// `SNAP [<feed>/<stream>]`: the last result of every stream, or of those behind this one.
  case snapshot(after: String)

  private static let usage = "send the frames REPLAY, <feed>/<stream>, <epoch>, <from>, <to>; or SNAP, or SNAP, <after>"

  /// - Parameter frames: the request's, without the envelope.
  init(_ frames: [String]) throws(CatchUpRequestError) {
    switch (frames.first, frames.count) {
    case ("REPLAY", 5):
      guard let slash = frames[1].firstIndex(of: "/"), slash != frames[1].startIndex else {
        throw CatchUpRequestError(message: "expected <feed>/<stream>, got '\(frames[1].printable)'")
      }
      let from = try Self.number(frames[3], "from")
      let to = try Self.number(frames[4], "to")
      guard from <= to else {
        throw CatchUpRequestError(message: "the range ends at \(to), before it begins at \(from): exchange them")
      }
      self = .replay(
        feed: String(frames[1][..<slash]), stream: String(frames[1][frames[1].index(after: slash)...]),
        epoch: try Self.number(frames[2], "epoch"), sequences: from...to)
    case ("SNAP", 1): self = .snapshot(after: "")
    case ("SNAP", 2): self = .snapshot(after: frames[1])
    default: throw CatchUpRequestError(message: "a request of \(frames.count) frames is not known: \(Self.usage)")
    }
  }

  /// Whether a result may belong to the answer.
  func asks(for result: WindowResult) -> Bool {
    switch self {
    case .replay(let feed, let stream, let epoch, let sequences):
      (result.feed, result.stream, result.epoch) == (feed, stream, epoch) && sequences.contains(result.sequence)
    case .snapshot: true
    }
  }

  private static func number(_ text: String, _ what: String) throws(CatchUpRequestError) -> Int {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isPlain, let value = Int(text) else {
      throw CatchUpRequestError(message: "\(what): expected a whole number of 0 or more, got '\(text.printable)'")
    }
    return value
  }
}
