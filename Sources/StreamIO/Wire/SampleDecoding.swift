/// From raw samples as they lie in a payload to physical values.
enum SampleDecoding {
  /// Fills `samples` with `[frames, channels]`, raw · scale + offset, which may be beyond the finite. What it held before is
  /// overwritten, and its storage used again.
  ///
  /// - Throws: `WireError.length` when the payload is not exactly as long as `frames` frames.
  static func decode(
    _ payload: RawSpan, frames: Int, _ layout: SampleLayout, into samples: inout [Float]
  ) throws(WireError) {
    let bytes = layout.byteCount(frames: frames) ?? .max
    guard bytes == payload.byteCount else { throw .length(expected: bytes, got: payload.byteCount) }
    let count = frames * layout.channels
    if count < samples.count {
      samples.removeLast(samples.count - count)
    } else {
      samples.append(contentsOf: repeatElement(0, count: count - samples.count))
    }
    samples.withUnsafeMutableBufferPointer { samples in
      payload.withUnsafeBytes { payload in
        // A base is nil only where there is nothing.
        guard let from = payload.baseAddress, let to = samples.baseAddress else { return }
        convert(from, count, layout, into: to)
      }
    }
  }

  private static func convert(
    _ payload: UnsafeRawPointer, _ count: Int, _ layout: SampleLayout, into samples: UnsafeMutablePointer<Float>
  ) {
    switch layout.type {
    case .int8:
      convert(payload, count, Int8.self, layout, into: samples) {
        Float($0)
      } double: {
        Double($0)
      }
    case .uint8:
      convert(payload, count, UInt8.self, layout, into: samples) {
        Float($0)
      } double: {
        Double($0)
      }
    case .int16:
      convert(payload, count, Int16.self, layout, into: samples) {
        Float($0)
      } double: {
        Double($0)
      }
    case .uint16:
      convert(payload, count, UInt16.self, layout, into: samples) {
        Float($0)
      } double: {
        Double($0)
      }
    case .int32:
      convert(payload, count, Int32.self, layout, into: samples) {
        Float($0)
      } double: {
        Double($0)
      }
    case .float32:
      convert(payload, count, UInt32.self, layout, into: samples) {
        Float(bitPattern: $0)
      } double: {
        Double(Float(bitPattern: $0))
      }
    case .float64:
      convert(payload, count, UInt64.self, layout, into: samples) {
        Float(Double(bitPattern: $0))
      } double: {
        Double(bitPattern: $0)
      }
    }
  }

  /// Raw values as they are are rounded once, to Float; others are scaled as Double, which holds every type's values.
  ///
  /// Inlined with its closures for each type, so that the loops are plain ones over pointers, which the compiler vectorises;
  /// over buffers it does not.
  @inline(__always)
  private static func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ payload: UnsafeRawPointer, _ count: Int, _ type: Bits.Type, _ layout: SampleLayout,
    into samples: UnsafeMutablePointer<Float>, float: (Bits) -> Float, double: (Bits) -> Double
  ) {
    let (scale, offset) = (layout.scale, layout.offset)
    func load(_ index: Int) -> Bits {
      payload.loadUnaligned(fromByteOffset: index &* MemoryLayout<Bits>.size, as: Bits.self)
    }
    switch (layout.order, scale == 1 && offset == 0) {
    case (.little, true):
      for index in 0..<count { samples[index] = float(Bits(littleEndian: load(index))) }
    case (.big, true):
      for index in 0..<count { samples[index] = float(Bits(bigEndian: load(index))) }
    case (.little, false):
      for index in 0..<count { samples[index] = Float(double(Bits(littleEndian: load(index))) * scale + offset) }
    case (.big, false):
      for index in 0..<count { samples[index] = Float(double(Bits(bigEndian: load(index))) * scale + offset) }
    }
  }
}
