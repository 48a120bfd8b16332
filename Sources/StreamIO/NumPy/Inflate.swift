import CZlib

/// Decompression of deflate data (RFC 1951), bare or in a zlib stream (RFC 1950), and the checksum of zip files, by zlib.
enum Inflate {
  // A little more than deflate's best ratio, 1032: a larger claim is false, and refused before memory is taken for it.
  private static let maximumRatio = 1040
  // zlib counts in 32 bits.
  private static let maximumStepBytes = 1 << 30

  /// The `size` bytes that `compressed` stands for; nil where it is damaged, or stands for more or fewer.
  static func raw(_ compressed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    guard let limit = checkedProduct(compressed.count, maximumRatio), size <= limit else { return nil }
    var stream = z_stream()
    let streamBytes = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, streamBytes) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let bytes = compressed.withUnsafeBufferPointer { source in
      // One byte more, so that there is an address to give even for nothing.
      [UInt8](unsafeUninitializedCapacity: size + 1) { target, written in
        written = run(&stream, source, target, size: size, isWhole: &isWhole)
      }
    }
    return isWhole ? bytes : nil
  }

  private static func run(
    _ stream: inout z_stream, _ source: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutableBufferPointer<UInt8>,
    size: Int, isWhole: inout Bool
  ) -> Int {
    var (consumed, produced) = (0, 0)
    var status = Z_OK
    while status == Z_OK {
      let input = UInt32(min(source.count - consumed, maximumStepBytes))
      let output = UInt32(min(size - produced, maximumStepBytes))
      // zlib doesn't write through next_in; its declaration merely lacks the const.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + consumed })
      stream.avail_in = input
      stream.next_out = target.baseAddress.map { $0 + produced }
      stream.avail_out = output
      status = inflate(&stream, Z_NO_FLUSH)
      consumed += Int(input - stream.avail_in)
      produced += Int(output - stream.avail_out)
    }
    isWhole = status == Z_STREAM_END && consumed == source.count && produced == size
    return produced
  }

  /// What `compressed`, a zlib stream, stands for; nil where it is damaged, or stands for more than `maximumBytes`.
  static func zlib(_ compressed: [UInt8], maximumBytes: Int) -> [UInt8]? {
    var capacity = max(4 * compressed.count, 1 << 10)
    while true {
      capacity = min(capacity, maximumBytes)
      var (status, consumed) = (Z_OK, uLong(compressed.count))
      let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
        var produced = uLongf(capacity)
        status = uncompress2(target.baseAddress, &produced, compressed, &consumed)
        count = status == Z_OK ? Int(produced) : 0
      }
      if status == Z_OK { return consumed == compressed.count ? bytes : nil }
      guard status == Z_BUF_ERROR, capacity < maximumBytes else { return nil }
      capacity *= 4
    }
  }

  /// The CRC-32 of zip files.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }
}
