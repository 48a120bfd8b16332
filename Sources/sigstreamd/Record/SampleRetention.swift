import StreamIO
import Windowing

/// A feed's stream.
struct StreamKey: Sendable, Hashable {
  var feed: String
  var stream: String
}

/// The samples that a recorder has in memory: all until they are written, or, where only some are wanted, those that may
/// still turn out to be.
struct SampleRetention: Sendable {
  /// How long samples wait for others that are written with them.
  private static let gatherNanoseconds = Int64(1_000_000_000)
  /// Samples that wait no longer, and the most of a block.
  private static let blockSamples = 1 << 16

  private struct Entry: Sendable {
    var block: SegmentBlock
    var arrived: Int64
    /// When they go, if nobody has wanted them.
    var end: Int64
  }
  /// What there is of a stream.
  private struct Held: Sendable {
    var blocks: [Entry] = []
    var wanted: [(epoch: Int, frames: Range<Int>)] = []
    /// Frames that were let go, of this epoch.
    var gone = RangeSet<Int>()
    var epoch = 0
    /// Until when results may want samples.
    var end = Int64(0)

    mutating func letGo(_ frames: Range<Int>, epoch: Int) {
      if epoch != self.epoch { (self.epoch, gone) = (epoch, RangeSet()) }
      gone.insert(contentsOf: frames)
      if gone.ranges.count > mostGoneRanges, let oldest = gone.ranges.first { gone.remove(contentsOf: oldest) }
    }

    /// How many of some frames were let go; each is told once.
    mutating func takeGone(of frames: Range<Int>, epoch: Int) -> Int {
      guard epoch == self.epoch else { return 0 }
      let common = gone.intersection(RangeSet(frames))
      gone.subtract(common)
      return common.ranges.reduce(0) { $0 + $1.count }
    }
  }
  private static let mostGoneRanges = 256

  /// Whether samples are written only where they are wanted.
  private let isSelective: Bool
  private var streams: [StreamKey: Held] = [:]
  /// Of all samples held.
  private(set) var heldBytes = 0

  init(isSelective: Bool) { self.isSelective = isSelective }

  /// Takes samples of a stream, in its order.
  ///
  /// - Parameter hold: for how long they are held while nobody has wanted them, where that decides.
  mutating func add(_ block: SegmentBlock, of key: StreamKey, now: Int64, hold: Duration = .zero) {
    heldBytes += block.memoryBytes
    let end = now + hold.wholeNanoseconds
    streams[key, default: Held()].blocks.append(Entry(block: block, arrived: now, end: end))
    streams[key]?.end = end
  }

  /// Has the frames of an epoch written, those that have come and those to come.
  ///
  /// - Returns: how many of them have been let go already, and were not told before.
  mutating func want(_ frames: Range<Int>, epoch: Int, of key: StreamKey) -> Int {
    guard var held = streams.removeValue(forKey: key) else { return frames.count }
    defer { streams[key] = held }
    held.wanted.append((epoch, frames))
    return held.takeGone(of: frames, epoch: epoch)
  }

  /// The rate of a stream's samples; nil where none are held.
  func sampleRateHz(of key: StreamKey) -> Double? { streams[key]?.blocks.last?.block.sampleRateHz }

  /// Takes out what is to be written now, by feed, and lets go what is too old to be wanted.
  ///
  /// - Parameter isLast: whether nothing comes after this.
  mutating func take(now: Int64, isLast: Bool = false) -> [String: [SegmentBlock]] {
    var ready: [String: [SegmentBlock]] = [:]
    for key in streams.keys {
      guard var held = streams.removeValue(forKey: key) else { continue }
      let taken =
        isSelective
        ? takeWanted(&held, now: now)
        : takeGathered(&held, now: now, isLast: isLast)
      ready[key.feed, default: []] += Self.merged(taken)
      if !held.blocks.isEmpty || !held.wanted.isEmpty || isSelective && now < held.end { streams[key] = held }
    }
    return ready.filter { !$0.value.isEmpty }
  }

  private mutating func takeGathered(_ held: inout Held, now: Int64, isLast: Bool) -> [SegmentBlock] {
    let samples = held.blocks.reduce(0) { $0 + $1.block.samples.count }
    guard let first = held.blocks.first,
      isLast || samples >= Self.blockSamples || now - first.arrived >= Self.gatherNanoseconds
    else { return [] }
    defer { held.blocks = [] }
    return held.blocks.map { entry in
      heldBytes -= entry.block.memoryBytes
      return entry.block
    }
  }

  private mutating func takeWanted(_ held: inout Held, now: Int64) -> [SegmentBlock] {
    var (taken, kept): ([SegmentBlock], [Entry]) = ([], [])
    for entry in held.blocks {
      let frames = entry.block.firstFrame..<entry.block.firstFrame + entry.block.frames
      let isWanted = held.wanted.contains { $0.epoch == entry.block.epoch && $0.frames.overlaps(frames) }
      guard isWanted || now >= entry.end else {
        kept.append(entry)
        continue
      }
      if isWanted { taken.append(entry.block) } else { held.letGo(frames, epoch: entry.block.epoch) }
      heldBytes -= entry.block.memoryBytes
    }
    let last = held.blocks.last?.block
    held.blocks = kept
    // What the stream has passed has been taken.
    if let last {
      held.wanted.removeAll { $0.epoch < last.epoch || $0.frames.upperBound <= last.firstFrame + last.frames }
    } else if now >= held.end {
      held.wanted = []
    }
    return taken
  }

  /// Blocks that follow one another as one, up to a size.
  private static func merged(_ blocks: [SegmentBlock]) -> [SegmentBlock] {
    var merged: [SegmentBlock] = []
    for block in blocks {
      if let last = merged.last, last.isFollowed(by: block),
        last.samples.count + block.samples.count <= blockSamples
      {
        merged[merged.count - 1].samples += block.samples
      } else {
        merged.append(block)
      }
    }
    return merged
  }
}

extension SegmentBlock {
  /// What it takes while it waits.
  var memoryBytes: Int { MemoryLayout<Float>.size * samples.count + 128 }

  fileprivate func isFollowed(by other: SegmentBlock) -> Bool {
    head.epoch == other.epoch && head.firstFrame + frames == other.firstFrame && head.channels == other.channels
      && head.sampleRateHz == other.sampleRateHz && head.units == other.units
  }
}
