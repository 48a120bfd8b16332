#if Zstd
  import CZstd

  /// Decompression by zstd's library (RFC 8878).
  enum Zstd {
    /// What `compressed`, a frame that states its size, stands for; nil where it is damaged, or stands for more than
    /// `maximumBytes`.
    static func decompress(_ compressed: [UInt8], maximumBytes: Int) -> [UInt8]? {
      let size = ZSTD_getFrameContentSize(compressed, compressed.count)
      // Unknown and damaged are the two largest numbers.
      guard size <= UInt64(maximumBytes) else { return nil }
      var isWhole = false
      let bytes = [UInt8](unsafeUninitializedCapacity: Int(size) + 1) { target, count in
        let produced = ZSTD_decompress(target.baseAddress, Int(size), compressed, compressed.count)
        isWhole = ZSTD_isError(produced) == 0 && produced == Int(size)
        count = isWhole ? produced : 0
      }
      return isWhole ? bytes : nil
    }
  }
#endif
