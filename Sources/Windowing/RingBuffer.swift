/// The most recent frames of a stream, always contiguous in memory.
///
/// The storage is linear and twice as long as what must be kept: frames are appended behind one another, and when the
/// end is reached the part that must be kept moves to the front. A move of `capacity` frames happens at most once every
/// `capacity` frames, so appending costs amortised O(1) a sample, and no window is ever split at a wrap.
package struct RingBuffer: Sendable {
  /// Frames that are kept.
  package let capacity: Int
  /// Samples of one frame.
  package let channels: Int
  /// Frames held now, 0...capacity.
  package private(set) var count = 0

  // [2·capacity, channels]
  private var storage: [Float]
  // Frame of `storage` behind the last one held; the frames held are the `count` before it.
  private var end = 0

  /// - Parameters:
  ///   - capacity: frames to keep, at least 1.
  ///   - channels: samples of one frame, at least 1.
  package init(capacity: Int, channels: Int) {
    precondition(capacity >= 1 && channels >= 1, "a ring holds at least one frame of at least one channel")
    self.capacity = capacity
    self.channels = channels
    self.storage = [Float](repeating: 0, count: 2 * capacity * channels)
  }

  /// Forgets every frame. O(1).
  package mutating func removeAll() {
    count = 0
    end = 0
  }

  /// Appends frames; of more than `capacity` frames only the last ones are copied.
  ///
  /// - Parameter frames: `[n, channels]`, any n.
  package mutating func append(_ frames: Span<Float>) {
    precondition(frames.count.isMultiple(of: channels), "samples must come in whole frames")
    let total = frames.count / channels
    let added = min(total, capacity)
    let kept = min(count, capacity - added)
    if end + added > 2 * capacity {
      moveToFront(kept)
    }
    let newest = frames.extracting((total - added) * channels..<total * channels)
    let offset = end * channels
    storage.withUnsafeMutableBufferPointer { target in
      newest.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        (to + offset).update(from: from, count: source.count)
      }
    }
    end += added
    count = kept + added
  }

  /// Calls `body` with the last `frames` frames, `[frames, channels]`, oldest first.
  ///
  /// - Precondition: `frames` is in 0...count.
  package func withLast<Result>(_ frames: Int, _ body: (Span<Float>) throws -> Result) rethrows -> Result {
    precondition(frames >= 0 && frames <= count, "the ring holds \(count) frames, not \(frames)")
    return try body(storage.span.extracting((end - frames) * channels..<end * channels))
  }

  private mutating func moveToFront(_ frames: Int) {
    let from = (end - frames) * channels
    storage.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // The regions may overlap; update(from:count:) moves correctly either way.
      base.update(from: base + from, count: frames * channels)
    }
    end = frames
  }
}
