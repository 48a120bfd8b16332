/// A stretch of one stream out of a folder of segments: what one recorder wrote of it in one epoch, without a pause of more
/// than a minute. Samples that are not there are NaN.
struct SegmentRecording: RecordingSource {
  private(set) var header: RecordingHeader
  private let parts: [Part]
  private let first: Int

  struct Part: Sendable {
    var file: FileReader
    var block: SegmentFile.Block
    var frames: Range<Int> { block.head.firstFrame..<block.head.firstFrame + block.stored.frames }
  }

  /// - Parameters:
  ///   - parts: at least one, in the order of their frames.
  ///   - folder: of the segments.
  ///   - damage: what of the folder can't be read.
  init(name: String, folder: String, parts: [Part], damage: FileError?) {
    let head = parts[0].block.head
    (self.parts, first) = (parts, head.firstFrame)
    let units = head.units
    header = RecordingHeader(
      name: name, path: "\(folder)/\(name)", sampleRateHz: head.sampleRateHz,
      channels: RecordingHeader.Channel.numbered(head.channels, units: units),
      frameCount: (parts.map(\.frames.upperBound).max() ?? first) - first)
    header.damage = damage
    header.startMicroseconds = Int(head.microseconds)
    header.stream = StreamPlace(stream: head.stream, epoch: head.epoch, firstFrame: head.firstFrame)
  }

  mutating func read(frames: Range<Int>) throws(FileError) -> [Float] {
    let channels = header.channels.count
    var samples = [Float](repeating: .nan, count: frames.count * channels)
    let wanted = frames.lowerBound + first..<frames.upperBound + first
    for part in parts[partIndex(endingAfter: wanted.lowerBound)...] {
      if part.frames.lowerBound >= wanted.upperBound { break }
      guard let block = try SegmentFile.samples(of: part.block, in: part.file) else {
        note(part)
        continue
      }
      let common = part.frames.clamped(to: wanted)
      let source = (common.lowerBound - part.frames.lowerBound) * channels
      let target = (common.lowerBound - wanted.lowerBound) * channels
      let count = common.count * channels
      samples.replaceSubrange(target..<target + count, with: block[source..<source + count])
    }
    return samples
  }

  /// When a frame was acquired, microseconds since 1970: by the pace from its block to the next, or, in the last one, from the
  /// one before, so that a replay at another speed is told by the clock too.
  func microseconds(ofFrame frame: Int) -> Int64 {
    let index = max(0, min(parts.count - 1, partIndex(endingAfter: frame + first)))
    let head = parts[index].block.head
    let offset = Double(frame + first - head.firstFrame)
    var duration = 1e6 / head.sampleRateHz
    if parts.count > 1 {
      let pair = min(index, parts.count - 2)
      let (before, next) = (parts[pair].block.head, parts[pair + 1].block.head)
      duration = Double(next.microseconds - before.microseconds) / Double(max(1, next.firstFrame - before.firstFrame))
    }
    return head.microseconds + Int64(max(-1e15, min(1e15, (offset * duration).rounded())))
  }

  /// The frame whose time by `microseconds(ofFrame:)` is nearest to a moment, microseconds since 1970. By bisection:
  /// O(log frames · log blocks).
  func frame(at moment: Int64) -> Int {
    // Doubles, as the moment may be any.
    let twice = 2 * Double(moment)
    return (0..<header.frameCount - 1).partitionIndex { frame in
      Double(microseconds(ofFrame: frame)) + Double(microseconds(ofFrame: frame + 1)) > twice
    }
  }

  private func partIndex(endingAfter frame: Int) -> Int { parts.partitionIndex { $0.frames.upperBound > frame } }

  private mutating func note(_ part: Part) {
    header.damage = FileError(
      path: part.file.path,
      message: "a block at byte \(part.block.offset) is damaged: its \(part.block.stored.frames) samples are missing")
  }
}
