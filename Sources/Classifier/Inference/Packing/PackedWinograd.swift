import CKernels

/// A convolution of width 3 and stride 1 as Winograd's minimal filtering F(4, 3): four outputs from six products instead
/// of twelve (Lavin and Gray 2016). The weights are transformed once, in double precision.
struct PackedWinograd: Sendable {
  let name: String
  let columns: Int
  let channels: Int
  let dilation: Int
  private let format: ck_format
  private let panels: PackedBytes
  private let bias: PackedBytes

  /// - Parameter format: of the products, float32 or bfloat16.
  init(_ weights: DenseWeights, dilation: Int, format: ck_format) {
    precondition(weights.taps == 3)
    name = weights.name
    (columns, channels) = (weights.columns, weights.width)
    self.dilation = dilation
    self.format = format
    let matrix = ck_packed_bytes(format, columns, 1, channels)
    panels = PackedBytes(count: Self.transform.count * matrix) { bytes in
      for (index, matrixWeights) in Self.transformed(weights).enumerated() {
        ck_pack(bytes + index * matrix, format, matrixWeights, nil, weights.columns, 1, weights.width)
      }
    }
    bias = PackedBytes(count: ck_packed_bytes(CK_FLOAT32, columns, 1, 1)) { bytes in
      ck_pack_vector(bytes, weights.bias, nil, weights.columns)
    }
  }

  /// The filter transform G.
  private static let transform: [[Double]] = [
    [1.0 / 4, 0, 0],
    [-1.0 / 6, -1.0 / 6, -1.0 / 6],
    [-1.0 / 6, 1.0 / 6, -1.0 / 6],
    [1.0 / 24, 1.0 / 12, 1.0 / 6],
    [1.0 / 24, -1.0 / 12, 1.0 / 6],
    [0, 0, 1],
  ]

  /// G times the three taps: six matrices `[columns, channels]`.
  static func transformed(_ weights: DenseWeights) -> [[Float]] {
    transform.map { transformed(weights, $0) }
  }

  private static func transformed(_ weights: DenseWeights, _ row: [Double]) -> [Float] {
    let width = weights.width
    var result = [Float](repeating: 0, count: weights.columns * width)
    weights.values.withUnsafeBufferPointer { values in
      result.withUnsafeMutableBufferPointer { result in
        for column in 0..<weights.columns {
          for i in 0..<width {
            var sum = 0.0
            for tap in 0..<3 {
              sum += row[tap] * Double(values[(column * 3 + tap) * width + i])
            }
            result[column * width + i] = Float(sum)
          }
        }
      }
    }
    return result
  }

  /// Multiply-adds that are done for one row (a direct convolution does twice as many).
  var multiplyAdds: Int { columns * channels * Self.transform.count / 4 }

  /// Bytes that the packed weights take.
  var byteCount: Int { panels.count }

  /// Bytes of scratch for `windows` windows of `length` rows.
  func scratchBytes(windows: Int, length: Int) -> Int {
    ck_winograd_scratch(format, windows, length, channels, dilation)
  }

  /// - Parameters:
  ///   - left: `[windows][length, channels]`, `windowFloats` from one window to the next.
  ///   - scratch: ``scratchBytes(windows:length:)``, aligned to a cache line.
  func run(
    _ left: UnsafePointer<Float>, windows: Int, windowFloats: Int, length: Int, activation: ck_activation,
    scratch: UnsafeMutableRawPointer, into results: ck_results
  ) {
    var task = ck_winograd_task(
      format: format, left: left, windows: windows, window: windowFloats, length: length, channels: channels,
      dilation: dilation,
      weights: ck_weights(panels: panels.base, columns: columns, initial: bias.base, scale: nil, bias: nil),
      activation: activation, residual: nil, results: results, scratch: scratch)
    ck_winograd(&task)
  }
}
