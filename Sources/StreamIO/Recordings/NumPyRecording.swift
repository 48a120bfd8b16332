/// Recordings in NumPy arrays of shape `(N,)` or `(N, C)`: a `.npy` file is read range by range where it is stored row by
/// row in this machine's byte order, as nearly all are.
struct NumPyRecording: RecordingSource {
  let header: RecordingHeader
  private let file: FileReader
  private let array: NumPyHeader

  /// - Parameter member: of an archive; nil: its only array, or its only one with more than one number.
  static func open(path: String, member: String? = nil) throws(FileError) -> any RecordingSource {
    let file = try FileReader(path: path)
    // A header of version 1 has 64 KB at the most.
    let start = try file.bytes(0..<min(file.size, 1 << 17))
    if NumPyArray.isArray(start), let array = try? NumPyHeader.parse(start, path: path), array.isPlain,
      let count = array.elementCount, checkedProduct(count, array.element.byteCount) == file.size - array.dataOffset
    {
      return NumPyRecording(header: try header(shape: array.shape, path: path), file: file, array: array)
    }
    let whole = try NumPyArray.read(path: member.map { "\(path):\($0)" } ?? path)
    return Recording(try header(shape: whole.shape, path: path), samples: whole.floats())
  }

  func read(frames: Range<Int>) throws(FileError) -> [Float] {
    let frameBytes = header.channels.count * array.element.byteCount
    let start = array.dataOffset + frames.lowerBound * frameBytes
    let bytes = try file.wholeBytes(start..<start + frames.count * frameBytes)
    return NumPyArray(
      shape: [frames.count, header.channels.count], element: array.element, littleEndianBytes: bytes, path: header.path
    ).floats()
  }

  private static func header(shape: [Int], path: String) throws(FileError) -> RecordingHeader {
    let shapeText = NumPyArray.text(shape: shape)
    guard (1...2).contains(shape.count) else {
      throw FileError(
        path: path,
        message: "an array of shape \(shapeText): a recording has shape (N,), or (N, C) with one column a channel")
    }
    let channels = shape.count == 2 ? shape[1] : 1
    guard shape[0] > 0, channels > 0 else {
      throw FileError(path: path, message: "an array of shape \(shapeText) holds no samples: check the file")
    }
    return RecordingHeader(
      name: FilePath.stem(path), path: path, sampleRateHz: nil, channels: RecordingHeader.Channel.numbered(channels),
      frameCount: shape[0])
  }
}

extension NumPyHeader {
  /// Whether the elements lie in the file as in memory.
  fileprivate var isPlain: Bool {
    (!isFortranOrder || shape.count == 1) && (!isBigEndian || element.byteCount == 1)
  }
}
