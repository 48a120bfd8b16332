/// How records of a BLOW5 file are compressed, each as a whole; the number is the file's.
enum RecordCompression: UInt8 {
  case none = 0
  case zlib = 1
  case zstd = 2

  /// The record; nil where it is damaged, or larger than `maximumBytes`.
  func decompress(_ bytes: [UInt8], maximumBytes: Int) -> [UInt8]? {
    switch self {
    case .none: bytes
    case .zlib: Inflate.zlib(bytes, maximumBytes: maximumBytes)
    case .zstd: OptionalFormats.zstd(bytes, maximumBytes: maximumBytes)
    }
  }
}
