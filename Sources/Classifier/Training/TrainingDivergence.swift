/// Training met a loss or a gradient that is not finite, and stopped before the step would have spoilt the weights.
package struct TrainingDivergence: Error, Sendable {
  /// From 1.
  package let step: Int
  /// From 1.
  package let epoch: Int
  package let loss: Double
  package let gradientNorm: Double
  /// Where numbers first are not finite, in the order of computation: "the output of stages.0.down.conv".
  package let place: String
  /// Windows of the training set that these numbers belong to.
  package let windows: [Int]
}

extension TrainingDivergence {
  struct Finding {
    var place: String
    var windows: [Int]
  }

  /// The first number that is not finite in a micro-batch that was run forward and backward.
  ///
  /// - Parameter gradients: in the layout of the parameters, with the batch's statistics.
  static func find(
    _ part: MicroBatches.Part, _ workspace: Workspace, _ network: Network, gradients: UnsafePointer<Float>
  ) -> Finding? {
    let windows = Array(part.batch.windows)
    for (layer, signal, norm) in workspace.activations.convolutions {
      let rows = windows.indices.map { signal.window($0) }
      if let finding = Finding(layer, windows, spoilt: windows.indices.filter { !rows[$0].isFinite }) { return finding }
      // Squares overflow before what is squared does. The norm would then silence the window and its neighbours.
      guard let norm, !network.layout.isFinite(gradients, "\(norm).running_") else { continue }
      let loudest = windows.indices.max { rows[$0].largest < rows[$1].largest }
      return Finding(place: "the variance in \(norm)", windows: [windows[loudest ?? 0]])
    }
    for (layer, matrix) in workspace.activations.sequences {
      // Rows of one window follow each other.
      let rows = matrix.rows / workspace.batch
      let spoilt = windows.indices.filter { !matrix.rows($0 * rows..<($0 + 1) * rows).isFinite }
      if let finding = Finding(layer, windows, spoilt: spoilt) { return finding }
    }
    // Gradients come into being from the last layer to the first.
    let tensor = network.layout.tensors.last { $0.isTrainable && !network.layout.isFinite(gradients, $0.name) }
    return tensor.map { Finding(place: "the gradient of \($0.name)", windows: windows) }
  }
}

extension TrainingDivergence.Finding {
  /// - Parameter spoilt: places in `windows`; nil where there are none.
  fileprivate init?(_ layer: String, _ windows: [Int], spoilt: [Int]) {
    guard !spoilt.isEmpty else { return nil }
    place = layer
    self.windows = spoilt.map { windows[$0] }
  }
}

extension Activations {
  /// The convolutional part in the order of computation, with the name of the norm whose statistics are taken of a
  /// signal. A convolution's output comes before its norm's, which spreads one window's trouble over all windows of the
  /// micro-batch.
  fileprivate var convolutions: [(layer: String, signal: Signal, norm: String?)] {
    var signals: [(String, Signal, String?)] = [("the scaled input", input, nil)]
    func add(_ unit: ConvolutionUnit.Cache, _ convolution: String, _ norm: String) {
      signals.append(("the output of \(convolution)", unit.y, norm))
      signals.append(("the output of \(norm)", unit.h, nil))
    }
    add(stem, "stem.conv", "stem.norm")
    // In shared memory only the outputs are left.
    for (i, stage) in stages.enumerated() {
      if let down = stage.down, !isShared { add(down, "stages.\(i).down.conv", "stages.\(i).down.norm") }
      for (j, block) in stage.blocks.enumerated() where !isShared {
        let name = "stages.\(i).blocks.\(j)"
        add(block.first, "\(name).conv1", "\(name).norm1")
        signals.append(("the output of \(name).conv2", block.y, "\(name).norm2"))
        signals.append(("the output of \(name)", block.out, nil))
      }
      if isShared { signals.append(("the output of stages.\(i)", stage.output, nil)) }
    }
    signals.append(("the output of proj.conv", projection.y, "proj.norm"))
    return signals
  }

  /// What follows: tokens, embedding, logits.
  fileprivate var sequences: [(layer: String, matrix: Matrix)] {
    [("the output of proj.norm", embedded)]
      + layers.enumerated().flatMap { n, layer in
        (isShared ? [] : [("the attention of layers.\(n)", layer.middle)]) + [("the output of layers.\(n)", layer.out)]
      }
      + [("the embedding", embedding), ("the logits", logits)]
  }
}

extension ParameterLayout {
  /// Whether all numbers of the tensors whose names begin with `prefix` are finite.
  fileprivate func isFinite(_ values: UnsafePointer<Float>, _ prefix: String) -> Bool {
    tensors.allSatisfy { tensor in
      !tensor.name.hasPrefix(prefix) || range(of: tensor).allSatisfy { values[$0].isFinite }
    }
  }
}

extension Matrix {
  /// Whether every number is; the rows must be contiguous.
  fileprivate var isFinite: Bool {
    assert(stride == columns)
    return UnsafeBufferPointer(start: base, count: count).allSatisfy(\.isFinite)
  }

  fileprivate var largest: Float {
    UnsafeBufferPointer(start: base, count: count).reduce(0) { max($0, abs($1)) }
  }
}
