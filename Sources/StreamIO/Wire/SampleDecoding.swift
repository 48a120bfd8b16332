/// From raw samples as they lie in a payload to physical values.
enum SampleDecoding {
  /// - Returns: `[frames, channels]`, raw · scale + offset, which may be beyond the finite.
  /// - Throws: `WireError.length` when the payload is not exactly as long as the header says.
  static func decode(_ payload: RawSpan, _ header: ArrayHeader) throws(WireError) -> [Float] {
    let (count, countOverflow) = header.frames.multipliedReportingOverflow(by: header.channels)
    let (bytes, bytesOverflow) = count.multipliedReportingOverflow(by: header.type.byteCount)
    guard !countOverflow && !bytesOverflow else { throw .length(expected: .max, got: payload.byteCount) }
    guard bytes == payload.byteCount else { throw .length(expected: bytes, got: payload.byteCount) }
    return switch header.type {
    case .int8: integers(Int8.self, payload, count, header)
    case .uint8: integers(UInt8.self, payload, count, header)
    case .int16: integers(Int16.self, payload, count, header)
    case .uint16: integers(UInt16.self, payload, count, header)
    case .int32: integers(Int32.self, payload, count, header)
    case .float32: floats32(payload, count, header)
    case .float64: floats64(payload, count, header)
    }
  }

  private static func integers<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type, _ payload: RawSpan, _ count: Int, _ header: ArrayHeader
  ) -> [Float] {
    map(type, payload, count, header) { Double($0) }
  }

  private static func floats32(_ payload: RawSpan, _ count: Int, _ header: ArrayHeader) -> [Float] {
    map(UInt32.self, payload, count, header) { Double(Float(bitPattern: $0)) }
  }

  private static func floats64(_ payload: RawSpan, _ count: Int, _ header: ArrayHeader) -> [Float] {
    map(UInt64.self, payload, count, header) { Double(bitPattern: $0) }
  }

  /// Every type's values are exact as Double, so that with scale 1 and offset 0 the result is the value itself, rounded
  /// once.
  @inline(__always)
  private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bits: Bits.Type, _ payload: RawSpan, _ count: Int, _ header: ArrayHeader, value: (Bits) -> Double
  ) -> [Float] {
    let (scale, offset, isBig) = (header.scale, header.offset, header.order == .big)
    let size = MemoryLayout<Bits>.size
    return [Float](unsafeUninitializedCapacity: count) { samples, initializedCount in
      for index in 0..<count {
        let stored = payload.unsafeLoadUnaligned(fromByteOffset: index * size, as: Bits.self)
        let raw = isBig ? Bits(bigEndian: stored) : Bits(littleEndian: stored)
        samples.initializeElement(at: index, to: Float(value(raw) * scale + offset))
      }
      initializedCount = count
    }
  }
}
