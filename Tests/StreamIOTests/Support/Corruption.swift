/// Ways to damage the content of a file.
enum Corruption {
  /// Every beginning of `bytes` that is shorter than it.
  static func truncations(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.map { Array(bytes[..<$0]) }
  }

  /// `count` copies of `bytes` with one to four of its bytes changed, the same for the same seed.
  static func flips(of bytes: [UInt8], count: Int, seed: UInt64) -> some Sequence<[UInt8]> {
    (0..<count).lazy.map { index in
      var generator = SeededBytes(seed: seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        changed[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      return changed
    }
  }
}
