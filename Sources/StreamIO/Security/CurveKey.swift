import CZeroMQ

/// One key of CURVE, ZeroMQ's encryption (RFC 26): 32 bytes, written as 40 characters of Z85 (RFC 32).
package struct CurveKey: Sendable, Hashable {
  /// 32 of them.
  let bytes: [UInt8]

  private static let byteCount = 32
  private static let textCount = 40

  /// - Returns: nil where `text` is not 40 characters of Z85.
  package init?(z85 text: String) {
    guard text.utf8.count == Self.textCount else { return nil }
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    guard zmq_z85_decode(&bytes, text) != nil else { return nil }
    self.bytes = bytes
    // libzmq takes a NUL for the end of the text.
    guard z85 == text else { return nil }
  }

  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// 40 characters.
  package var z85: String {
    String(unsafeUninitializedCapacity: Self.textCount + 1) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { zmq_z85_encode($0.baseAddress, bytes, bytes.count) } == nil
        ? 0 : Self.textCount
    }
  }
}

/// A secret key with the public key that belongs to it. Printing it, or what it is part of, shows the public key alone.
package struct CurveKeyPair: Sendable, Equatable {
  package let secret: CurveKey
  package let publicKey: CurveKey

  /// The pair of a secret key.
  ///
  /// - Throws: `ZeroMQError` where libzmq was built without CURVE.
  package init(secret: CurveKey) throws(ZeroMQError) {
    var text = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&text, secret.z85) == 0, let publicKey = CurveKey(z85: Self.string(text)) else {
      throw .last("derive a public key")
    }
    (self.secret, self.publicKey) = (secret, publicKey)
  }

  /// A new pair.
  ///
  /// - Throws: `ZeroMQError` where libzmq was built without CURVE.
  package static func generate() throws(ZeroMQError) -> CurveKeyPair {
    var (publicText, secretText) = ([CChar](repeating: 0, count: 41), [CChar](repeating: 0, count: 41))
    guard zmq_curve_keypair(&publicText, &secretText) == 0, let secret = CurveKey(z85: string(secretText)) else {
      throw .last("make a key pair")
    }
    return try CurveKeyPair(secret: secret)
  }

  private static func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension CurveKeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "CurveKeyPair(publicKey: \(publicKey.z85))" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey.z85]) }
}
