extension NumPyArray {
  /// Whether `bytes` begin as a `.npy` file does.
  static func isArray(_ bytes: [UInt8]) -> Bool { bytes.starts(with: NumPyHeader.magic) }

  /// Reads the array that `path` names: a `.npy` file, or an array of an `.npz` archive as `archive.npz:name`, by its name or
  /// a pattern that only one has (without the name where it holds only one, or only one with more than one number).
  ///
  /// - Throws: `FileError` where there is none, or it is damaged or of no kind of number.
  package static func read(path: String) throws(FileError) -> NumPyArray {
    let (file, name) = FilePath.splitMember(path)
    let bytes = try FileBytes.read(path: file)
    if NumPyArchive.isArchive(bytes) { return try NumPyArchive.array(name, of: bytes, path: file) }
    if let name {
      throw FileError(path: file, message: "no .npz archive, so it has no array '\(name)': leave the name out")
    }
    return try parse(bytes, path: file)
  }

  /// Parses the content of a `.npy` file; `path` names it in errors.
  package static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> NumPyArray {
    let header = try NumPyHeader.parse(bytes, path: path)
    let size = header.element.byteCount
    let held = bytes.count - header.dataOffset
    var expected: Int? = header.shape.contains(0) ? 0 : size
    for extent in header.shape where expected != 0 {
      expected = expected.flatMap { checkedProduct($0, extent) }
    }
    guard let expected, expected == held else {
      let shape = header.shape.map(String.init).joined(separator: ", ")
      throw FileError(
        path: path,
        message: "holds \(held) bytes of elements, but its shape (\(shape)) of \(header.element) takes "
          + "\(expected.map(String.init) ?? "more than there are"): the file is incomplete or damaged, get it again")
    }
    var data = Array(bytes[header.dataOffset...])
    if header.isFortranOrder && header.shape.count > 1 && !data.isEmpty {
      data = inCOrder(data, shape: header.shape, elementBytes: size)
    }
    if header.isBigEndian && size > 1 {
      for start in stride(from: 0, to: data.count, by: size) { data[start..<start + size].reverse() }
    }
    return NumPyArray(shape: header.shape, element: header.element, littleEndianBytes: data, path: path)
  }

  /// The elements, last dimension fastest, of an array stored with its first dimension fastest.
  private static func inCOrder(_ data: [UInt8], shape: [Int], elementBytes: Int) -> [UInt8] {
    var strides = [elementBytes]
    for extent in shape.dropLast() { strides.append(strides[strides.count - 1] * extent) }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    var result: [UInt8] = []
    result.reserveCapacity(data.count)
    while result.count < data.count {
      result.append(contentsOf: data[source..<source + elementBytes])
      for dimension in shape.indices.reversed() {
        index[dimension] += 1
        source += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        source -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
    return result
  }
}
