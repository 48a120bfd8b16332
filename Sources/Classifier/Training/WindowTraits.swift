/// What tells whether two windows are the same: the first half of the SHA-256 of their samples, padding included.
package struct WindowDigest: Hashable, BitwiseCopyable, Sendable {
  package let high: UInt64
  package let low: UInt64

  init(_ samples: UnsafeBufferPointer<Float>) {
    var hash = SHA256()
    hash.add(UnsafeRawBufferPointer(samples))
    let bytes = hash.digestBytes()
    high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// What is asked of all windows before training begins, so that a set whose samples lie on a disk need not be read for it.
package struct WindowTraits: Sendable, Equatable {
  /// `[N]`
  package var digests: [WindowDigest]
  /// Whether every channel of a window has one value throughout, padding left out: `[N]`.
  package var constant: [Bool]

  package init(digests: [WindowDigest], constant: [Bool]) {
    precondition(digests.count == constant.count)
    (self.digests, self.constant) = (digests, constant)
  }
}
