import StreamIO
import Testing

@testable import sigstreamd

struct CatchUpTests {
  @Test func requestsAreRead() throws {
    #expect(
      try CatchUpRequest(["REPLAY", "ecg/ward-2/bed-3", "1", "812", "900"])
        == .replay(feed: "ecg", stream: "ward-2/bed-3", epoch: 1, sequences: 812...900))
    #expect(try CatchUpRequest(["SNAP"]) == .snapshot(after: ""))
    #expect(try CatchUpRequest(["SNAP", "ecg/bed-3"]) == .snapshot(after: "ecg/bed-3"))
  }

  @Test(arguments: [
    ([], "a request of 0 frames is not known"),
    (["SNAPS"], "a request of 1 frames is not known"),
    (["REPLAY", "bed-3", "0", "0", "1"], "expected <feed>/<stream>, got 'bed-3'"),
    (["REPLAY", "ecg/a", "0", "+1", "2"], "from: expected a whole number of 0 or more, got '+1'"),
    (["REPLAY", "ecg/a", "zero", "1", "2"], "epoch: expected a whole number of 0 or more, got 'zero'"),
    (["REPLAY", "ecg/a", "0", "1", "9223372036854775808"], "to: expected a whole number of 0 or more"),
    (["REPLAY", "ecg/a", "0", "2", "1"], "the range ends at 1, before it begins at 2: exchange them"),
  ])
  func whatIsWrongIsSaid(frames: [String], message: String) {
    let error = #expect(throws: CatchUpRequestError.self) { try CatchUpRequest(frames) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func answersComeInPagesThatLeadToTheNext() throws {
    let folder = try HistoryFolder()
    var store = try folder.store()
    // 3 and 4 were dropped or expired; epoch 1 goes on counting.
    try store.insert([1, 2, 5, 6, 7].map { .sample($0) } + [.sample(8, epoch: 1), .sample(0, stream: "b")])
    let file = try HistoryFile(path: folder.path)
    func page(from first: Int, to last: Int = 100, epoch: Int = 0) throws -> (CatchUpReply, bodies: [String]) {
      try file.read {
        try CatchUpAnswer.replay(
          feed: "ecg", stream: "a", epoch: epoch, sequences: first...last, limit: 2, in: $0)
      }
    }
    var (pages, next): ([[String]], Int?) = ([], 0)
    while let first = next {
      let (reply, bodies) = try page(from: first)
      #expect(reply.results == bodies.count && reply.oldest == 1)
      pages.append(bodies)
      next = reply.next
    }
    #expect(pages == [["a 0 1", "a 0 2"], ["a 0 5", "a 0 6"], ["a 0 7"]])
    #expect(try page(from: 5, to: 6).0.next == nil, "a page that is just full is the last one")
    #expect(try page(from: 0, epoch: 1).bodies == ["a 1 8"])
    #expect(try page(from: 0, epoch: 2).0.oldest == nil)

    let (first, bodies) = try file.read { try CatchUpAnswer.snapshot(after: "", limit: 1, in: $0) }
    #expect(bodies == ["a 1 8"] && first.after == "ecg/a")
    let (second, others) = try file.read { try CatchUpAnswer.snapshot(after: "ecg/a", limit: 1, in: $0) }
    #expect(others == ["b 0 0"] && second.after == nil)
  }
}
