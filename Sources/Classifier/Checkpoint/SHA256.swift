import CSodium

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
package struct SHA256 {
  private var state = crypto_hash_sha256_state()

  package init() { crypto_hash_sha256_init(&state) }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // The function only fails for a null state.
    _ = crypto_hash_sha256_update(&state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  /// 64 hexadecimal digits.
  package mutating func digest() -> String {
    digestBytes().map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
  }

  /// 32 bytes.
  mutating func digestBytes() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    _ = crypto_hash_sha256_final(&state, &digest)
    return digest
  }
}
