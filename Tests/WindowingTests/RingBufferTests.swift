import Testing

@testable import Windowing

@Suite struct RingBufferTests {
  @Test(arguments: [1, 3], [1, 2, 5, 8])
  func keepsTheLastFramesAtEveryInternalOffset(channels: Int, capacity: Int) {
    // Advancing one frame at a time visits every place in the storage; from each, every size of block is tried.
    for offset in 0...(3 * capacity) {
      for added in 0...(3 * capacity) {
        var ring = RingBuffer(capacity: capacity, channels: channels)
        let total = offset + added
        let signal = ramp(frames: total, channels: channels)
        for frame in 0..<offset {
          ring.append(signal.span.extracting(frame * channels..<(frame + 1) * channels))
        }
        ring.append(signal.span.extracting(offset * channels..<total * channels))
        #expect(ring.count == min(capacity, total))
        for wanted in 0...ring.count {
          let held = ring.withLast(wanted) { $0.withUnsafeBufferPointer(Array.init) }
          #expect(held == Array(signal[((total - wanted) * channels)...]))
        }
      }
    }
  }

  @Test func holdsNothingAfterRemoveAll() {
    var ring = RingBuffer(capacity: 4, channels: 2)
    ring.append(ramp(frames: 6, channels: 2).span)
    ring.removeAll()
    #expect(ring.count == 0)
    ring.append([7, 8] as [Float])
    #expect(ring.withLast(1) { $0.withUnsafeBufferPointer(Array.init) } == [7, 8])
  }
}

extension RingBuffer {
  fileprivate mutating func append(_ frames: [Float]) {
    append(frames.span)
  }
}
