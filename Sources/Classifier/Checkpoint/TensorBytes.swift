import Foundation

/// Between a checkpoint's little-endian tensors in PyTorch's order and the flat parameter buffer.
enum TensorBytes {
  /// A tensor's numbers in the file's order. A convolution goes from `[out, k, in]` in memory to `[out, in, k]`.
  static func fileOrder(_ tensor: TensorSpecification, _ values: ArraySlice<Float>) -> [Float] {
    memoryOrder(tensor).map { values[values.startIndex + $0] }
  }

  /// The file's bytes of one float32 tensor.
  static func encode(_ tensor: TensorSpecification, _ values: ArraySlice<Float>) -> Data {
    encode(fileOrder(tensor, values))
  }

  /// Numbers in the order in which they lie.
  static func encode(_ values: [Float]) -> Data {
    var data = Data(count: values.count * 4)
    data.withUnsafeMutableBytes { bytes in
      for (index, value) in values.enumerated() {
        bytes.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
    }
    return data
  }

  /// The opposite of ``encode(_:)``.
  static func decode(_ bytes: Data) -> [Float] {
    bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  /// The opposite of ``encode(_:_:)``: `bytes` holds exactly the tensor's float32 numbers.
  static func decode(_ tensor: TensorSpecification, _ bytes: Data, into values: inout [Float], at start: Int) {
    bytes.withUnsafeBytes { raw in
      var position = 0
      for target in memoryOrder(tensor) {
        let pattern = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        values[start + target] = Float(bitPattern: pattern)
        position += 4
      }
    }
  }

  /// The file's bytes of one tensor as 8-bit integers, and of their float32 scales, one a row.
  static func encodeQuantised(_ tensor: TensorSpecification, _ values: ArraySlice<Float>) -> (Data, scales: Data) {
    let weights = QuantisedWeights(values, columns: tensor.shape[0])
    var scales = Data(capacity: 4 * weights.scales.count)
    for scale in weights.scales {
      withUnsafeBytes(of: scale.bitPattern.littleEndian) { scales.append(contentsOf: $0) }
    }
    return (Data(memoryOrder(tensor).map { UInt8(bitPattern: weights.values[$0]) }), scales)
  }

  /// The opposite of ``encodeQuantised(_:_:)``: what the integers stand for.
  static func decodeQuantised(
    _ tensor: TensorSpecification, _ bytes: Data, scales: Data, into values: inout [Float], at start: Int
  ) {
    let length = tensor.slot.count / tensor.shape[0]
    let factors = scales.withUnsafeBytes { raw in
      (0..<tensor.shape[0]).map {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    for (byte, target) in zip(bytes, memoryOrder(tensor)) {
      values[start + target] = Float(Int8(bitPattern: byte)) * factors[target / length]
    }
  }

  /// For each number in the file's order, its index in memory.
  private static func memoryOrder(_ tensor: TensorSpecification) -> [Int] {
    guard tensor.role == .convolution || tensor.role == .depthwise else { return Array(0..<tensor.slot.count) }
    let (outputs, inputs, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    var order: [Int] = []
    order.reserveCapacity(tensor.slot.count)
    for o in 0..<outputs {
      for i in 0..<inputs {
        for t in 0..<width {
          order.append(tensor.role == .depthwise ? t * outputs + o : (o * width + t) * inputs + i)
        }
      }
    }
    return order
  }
}
