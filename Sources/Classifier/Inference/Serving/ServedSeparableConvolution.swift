import CKernels

/// A separable convolution of a residual block; see ``SeparableConvolution`` for what is computed. The first part is
/// formed in float32 at every precision.
struct ServedSeparableConvolution: Sendable {
  private let depthwise: [Float]  // [3, C]
  private let pointwise: PackedProduct
  private let dilation: Int

  init(depthwise: [Float], pointwise: PackedProduct, dilation: Int) {
    (self.depthwise, self.pointwise, self.dilation) = (depthwise, pointwise, dilation)
  }

  private var channels: Int { pointwise.width }

  /// Multiply-adds for one row.
  var multiplyAdds: Int { depthwise.count + pointwise.multiplyAdds }

  /// `x`, windows of `length` rows; see ``ServedConvolution``.
  func run(
    _ x: Factor, length: Int, activation: ck_activation, scratch: UnsafeMutableRawPointer, into results: ck_results,
    _ pass: ServingPass
  ) {
    let rows = pass.windows * length
    let filtered = Factor(scratch, .float32, columns: channels, pitch: length)
    let floats = scratch.assumingMemoryBound(to: Float.self)
    for window in 0..<pass.windows {
      let from = (x.data + window * x.windowBytes).assumingMemoryBound(to: Float.self)
      ck_depthwise(floats + window * length * channels, from, depthwise, nil, dilation, length, channels)
    }
    var left = filtered
    if pointwise.input != .float32 {
      left = Factor(scratch + rows * filtered.rowBytes, pointwise.input, columns: channels, pitch: length)
      var converted = left.results()
      ck_convert(&converted, floats, rows, channels)
    }
    pass.factors?.see(pointwise.name, left, length: length, windows: pass.windows)
    pointwise.run(
      left.data, windows: pass.windows, windowBytes: left.windowBytes, height: length, rows: (left.rowBytes, 0),
      activation: activation, into: results)
  }

  /// Bytes of scratch that ``run(_:length:activation:scratch:into:_:)`` needs.
  func scratchBytes(windows: Int, length: Int) -> Int {
    let other = pointwise.input == .float32 ? 0 : pointwise.input.format.rowBytes(channels)
    return windows * length * (CK_FLOAT32.rowBytes(channels) + other)
  }
}
