import StreamIO
import Testing

@testable import sigstreamd

struct SampleRetentionTests {
  private let key = StreamKey(feed: "ecg", stream: "bed")
  private let second = Int64(1_000_000_000)

  private func block(_ first: Int, _ count: Int = 10, epoch: Int = 0) -> SegmentBlock {
    SegmentBlock(
      run: 1, stream: "bed", epoch: epoch, firstFrame: first, microseconds: 0, sampleRateHz: 10, channels: 1, units: "",
      samples: (first..<first + count).map(Float.init))
  }

  @Test func allSamplesAreGatheredForASecondAndWrittenAsOneBlock() {
    var retention = SampleRetention(isSelective: false)
    retention.add(block(0), of: key, now: 0)
    retention.add(block(10), of: key, now: second / 2)
    let early = retention.take(now: second - 1)
    #expect(early.isEmpty)
    // A gap, and another epoch: blocks of their own.
    retention.add(block(30), of: key, now: second - 1)
    retention.add(block(40, epoch: 1), of: key, now: second - 1)
    let gathered = retention.take(now: second)
    #expect(gathered == ["ecg": [block(0, 20), block(30), block(40, epoch: 1)]])
    #expect(retention.heldBytes == 0)
    retention.add(block(50), of: key, now: second)
    let last = retention.take(now: second, isLast: true)
    #expect(last == ["ecg": [block(50)]])
  }

  @Test func whatIsWantedStaysSoWhileNothingIsHeld() {
    var retention = SampleRetention(isSelective: true)
    retention.add(block(0), of: key, now: 0, hold: .seconds(20))
    #expect(retention.want(0..<25, epoch: 0, of: key) == 0)
    let first = retention.take(now: second)
    #expect(first == ["ecg": [block(0)]])
    let nothing = retention.take(now: second + second / 5)
    #expect(nothing.isEmpty)
    // One message a second, and looked at five times in it.
    retention.add(block(10), of: key, now: 2 * second, hold: .seconds(20))
    let margin = retention.take(now: 2 * second)
    #expect(margin == ["ecg": [block(10)]])
  }

  @Test func onlyWantedSamplesAreWrittenThoseToComeAsWell() {
    var retention = SampleRetention(isSelective: true)
    for first in stride(from: 0, to: 50, by: 10) { retention.add(block(first), of: key, now: 0, hold: .seconds(3)) }
    // Frames 15 to 54: the messages from 10 on, and the one that comes next, but not the one after it.
    #expect(retention.want(15..<55, epoch: 0, of: key) == 0)
    let wanted = retention.take(now: second)
    #expect(wanted == ["ecg": [block(10, 40)]])
    retention.add(block(50), of: key, now: second, hold: .seconds(3))
    retention.add(block(60), of: key, now: second, hold: .seconds(3))
    let next = retention.take(now: second)
    #expect(next == ["ecg": [block(50)]])
    #expect(retention.heldBytes > 0)
    // Another epoch's frames of the same numbers are not meant.
    #expect(retention.want(0..<70, epoch: 1, of: key) == 0)
    let otherEpoch = retention.take(now: second)
    #expect(otherEpoch.isEmpty)
    // The last came at 1 s, for 3 s; the first at 0 s.
    retention.add(block(70), of: key, now: second, hold: .seconds(9))
    let tooOld = retention.take(now: 4 * second)
    #expect(tooOld.isEmpty)
    let longHeld = retention.heldBytes
    // Frames 0 to 9 and 60 to 69 are gone; that is told once.
    #expect(retention.want(0..<80, epoch: 0, of: key) == 20)
    #expect(retention.want(0..<80, epoch: 0, of: key) == 0)
    let late = retention.take(now: 4 * second)
    #expect(late == ["ecg": [block(70)]])
    #expect(longHeld > 0 && retention.heldBytes == 0)
  }
}
