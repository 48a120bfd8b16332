import Foundation

/// A recording as segments of a folder, which keeps those it has.
enum SegmentsWriter {
  /// As the recorder's are where nothing else is said.
  private static let largestFileBytes = 64 << 20
  private static let blockSamples = 1 << 16
  /// Blocks that are synced to the disc together.
  private static let blocksAtOnce = 16

  /// Returns the name that the recording has in the folder.
  ///
  /// - Throws: `FileError` where the folder has a recording of this name, or can't be written; what was written is removed.
  static func write(_ part: inout RecordingPart, folder: String) throws(FileError) -> String {
    let head = try head(of: part.header, folder: folder)
    let writer = try SegmentWriter(folder: folder, largestFileBytes: largestFileBytes, keptBytes: .max)
    let (name, before) = (SegmentFolder.name(of: head), Set(SegmentFolder.files(in: folder)))
    if let known = try? SegmentFolder(path: folder), known.headers.contains(where: { $0.name == name }) {
      throw FileError(path: folder, message: "has a recording '\(name)' already: name another folder")
    }
    do throws(FileError) {
      try append(&part, after: head, to: writer)
    } catch {
      for path in SegmentFolder.files(in: folder) where !before.contains(path) {
        try? FileManager.default.removeItem(atPath: path)
      }
      throw error
    }
    return name
  }

  /// The head of the first block.
  private static func head(of header: RecordingHeader, folder: String) throws(FileError) -> SegmentHead {
    guard let rate = header.sampleRateHz else {
      throw FileError(path: folder, message: "segments need a rate: give --sample-rate, or write .npy")
    }
    guard header.channels.count <= SegmentHead.mostChannels else {
      throw FileError(
        path: folder,
        message: "a segment has \(SegmentHead.mostChannels) channels at the most: choose some with --channels")
    }
    var name = header.stream?.stream ?? header.name
    if (try? StreamName.validate(name)) == nil {
      name = String(SegmentFolder.fileName(ofStream: name).prefix(StreamName.maximumBytes))
    }
    let units = Set(header.channels.map(\.units))
    return SegmentHead(
      run: Int64(Date().timeIntervalSince1970 * 1e6), stream: name, epoch: 0, firstFrame: 0,
      microseconds: Int64(max(-1 << 59, min(1 << 59, header.startMicroseconds ?? 0))), sampleRateHz: rate,
      channels: header.channels.count, units: units.count == 1 ? units.first ?? "" : "")
  }

  private static func append(
    _ part: inout RecordingPart, after first: SegmentHead, to writer: SegmentWriter
  ) throws(FileError) {
    let frames = max(1, blockSamples / first.channels)
    var head = first
    try part.forEachBlock(of: frames * blocksAtOnce) { samples throws(FileError) in
      var blocks: [SegmentBlock] = []
      for start in stride(from: 0, to: samples.count, by: frames * head.channels) {
        let block = SegmentBlock(
          head, samples: Array(samples[start..<min(start + frames * head.channels, samples.count)]))
        blocks.append(block)
        head.firstFrame += block.frames
        let elapsed = Double(head.firstFrame) / head.sampleRateHz * 1e6
        head.microseconds = Int64(max(-1e18, min(1e18, (Double(first.microseconds) + elapsed).rounded())))
      }
      try writer.append(blocks)
    }
  }
}
