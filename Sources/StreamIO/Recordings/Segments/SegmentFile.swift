/// A file of blocks, each with its own checksums: appended to, never changed.
enum SegmentFile {
  static let suffix = ".segment"
  // How far a damaged part is searched at a time for where the next block begins.
  private static let searchBytes = 1 << 16

  /// What a file holds.
  struct Content: Sendable {
    var blocks: [Block] = []
    /// Bytes up to the end of the last whole block; what follows is torn.
    var wholeBytes = 0
    /// Places between blocks where nothing can be read.
    var damagedPlaces = 0
  }

  /// Where a block is.
  struct Block: Sendable {
    var stored: StoredSegmentHead
    /// Of the samples, in the file.
    var offset: Int
    var head: SegmentHead { stored.head }
  }

  /// Finds the blocks by their heads; their samples are not looked at. Damaged places are passed over.
  ///
  /// - Throws: `FileError` where the file can't be read.
  static func scan(_ file: FileReader) throws(FileError) -> Content {
    var content = Content()
    var offset = 0
    while offset < file.size {
      let start = try file.bytes(offset..<min(file.size, offset + StoredSegmentHead.mostBytes))
      if let head = StoredSegmentHead(start[...]) {
        let end = offset + head.bytes + head.contentBytes
        if end <= file.size {
          content.blocks.append(Block(stored: head, offset: offset + head.bytes))
          content.wholeBytes = end
          offset = end
          continue
        }
      }
      guard let next = try nextHead(after: offset, in: file) else { break }
      content.damagedPlaces += 1
      offset = next
    }
    return content
  }

  /// The samples of a block, `[frames, channels]`; nil where they are not what was written.
  ///
  /// - Throws: `FileError` where the file can't be read.
  static func samples(of block: Block, in file: FileReader) throws(FileError) -> [Float]? {
    let bytes = try file.bytes(block.offset..<block.offset + block.stored.contentBytes)
    guard bytes.count == block.stored.contentBytes, Inflate.checksum(bytes) == block.stored.contentChecksum else {
      return nil
    }
    return bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  private static func nextHead(after offset: Int, in file: FileReader) throws(FileError) -> Int? {
    var start = offset + 1
    while start < file.size {
      let bytes = try file.bytes(start..<min(file.size, start + searchBytes + StoredSegmentHead.mostBytes))
      for place in 0..<min(searchBytes, bytes.count) where bytes[place] == StoredSegmentHead.mark[0] {
        if let head = StoredSegmentHead(bytes[place...]), start + place + head.bytes + head.contentBytes <= file.size {
          return start + place
        }
      }
      start += searchBytes
    }
    return nil
  }
}
