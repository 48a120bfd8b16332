/// Cuts the windows of one continuous run of frames, the same ones however the run is split into blocks.
///
/// Window k is the frames `[k·hop, k·hop + length)` of the run. It is handed out the moment its last frame is appended,
/// as a contiguous view into the ring buffer.
package struct SlidingWindow: Sendable {
  package let geometry: WindowGeometry
  /// Frames of the run appended so far.
  package private(set) var position = 0

  /// First frame, counted from the start of the run, of the window that comes next.
  package private(set) var nextStart = 0

  private var ring: RingBuffer
  // The most recent frame whose samples are not real. A window is cut the moment its last frame arrives, so comparing
  // this with the window's start says whether the window holds any such frame.
  private var lastMaskedFrame = -1

  package init(_ geometry: WindowGeometry) {
    self.geometry = geometry
    self.ring = RingBuffer(capacity: geometry.lengthSamples, channels: geometry.channels)
  }

  /// Starts a new run: what was appended so far belongs to no later window.
  package mutating func removeAll() {
    ring.removeAll()
    position = 0
    nextStart = 0
    lastMaskedFrame = -1
  }

  /// Appends a block of the run and hands out every window that it completes, in order.
  ///
  /// Amortised O(1) a sample for appending, whatever the block's size; frames between two windows are not copied.
  ///
  /// - Parameters:
  ///   - frames: `[n, channels]`, any n.
  ///   - maskedFrames: frames of the block, 0..<n in ascending order, whose samples are replacements for missing values.
  ///   - emit: called with each window's first frame (counted from the start of the run), whether it holds a masked
  ///     frame, and its samples `[length, channels]`, which are valid during the call.
  package mutating func append(
    _ frames: Span<Float>, maskedFrames: [Int] = [],
    emit: (_ startFrame: Int, _ isMasked: Bool, _ samples: Span<Float>) throws -> Void
  ) rethrows {
    let channels = geometry.channels
    precondition(frames.count.isMultiple(of: channels), "samples must come in whole frames")
    let total = frames.count / channels
    var used = 0
    var masked = maskedFrames[...]
    while used < total {
      let isBetweenWindows = position < nextStart
      let wanted = isBetweenWindows ? nextStart - position : nextStart + geometry.lengthSamples - position
      let taken = min(wanted, total - used)
      while let frame = masked.first, frame < used + taken {
        lastMaskedFrame = position + frame - used
        masked.removeFirst()
      }
      if !isBetweenWindows {
        ring.append(frames.extracting(used * channels..<(used + taken) * channels))
      }
      used += taken
      position += taken
      if !isBetweenWindows && taken == wanted {
        let start = nextStart
        nextStart += geometry.hopSamples
        try ring.withLast(geometry.lengthSamples) { try emit(start, lastMaskedFrame >= start, $0) }
      }
    }
  }
}
