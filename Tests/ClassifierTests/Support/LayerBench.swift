import CKernels
import Testing

@testable import Classifier

/// Random parameters, a gradient buffer and memory for one layer alone, without the network around it.
final class LayerBench {
  let layout: ParameterLayout
  let batch: Int
  private let dropout: Float
  private let weights: PackedWeights
  private let scratch = ArenaMemory(count: 1 << 20)
  private let parameters: ArenaMemory
  private let gradients: ArenaMemory
  private var owned: [ArenaMemory] = []
  private var generator: SplitMix64

  /// `layout`: with the layer's tensors added.
  init(_ layout: ParameterLayout, batch: Int, dropout: Float = 0, seed: UInt64 = 3) {
    self.layout = layout
    self.batch = batch
    generator = SplitMix64(seed: seed)
    parameters = ArenaMemory(count: layout.totalCount)
    gradients = ArenaMemory(count: layout.totalCount)
    self.dropout = dropout
    weights = PackedWeights(layout, format: CK_FLOAT32)
    for i in 0..<layout.totalCount {
      parameters.base[i] = Float.random(in: -0.8...0.8, using: &generator)
    }
    for tensor in layout.tensors where tensor.role == .statistic && tensor.name.hasSuffix("var") {
      for i in layout.range(of: tensor) { parameters.base[i] = abs(parameters.base[i]) + 0.5 }
    }
  }

  /// With the parameters as they are now.
  var pass: Pass {
    let view = ParameterView(parameters.base, layout: layout)
    weights.pack(view)
    return Pass(
      parameters: view, products: Products(weights: weights, scratch: scratch.base),
      gradients: ParameterView(gradients.base, layout: layout), batch: batch,
      dropout: Dropout(rate: dropout, seed: 99))
  }

  func lay<Layout>(_ build: (inout Arena) -> Layout) -> Layout {
    let (layout, memory) = Arena.lay(build)
    owned.append(memory)
    return layout
  }

  func matrix(_ rows: Int, _ columns: Int) -> Matrix { lay { $0.matrix(rows, columns) } }

  func randomMatrix(_ rows: Int, _ columns: Int) -> Matrix {
    let matrix = matrix(rows, columns)
    randomise(matrix)
    return matrix
  }

  func signal(length: Int, channels: Int, padding: Int) -> Signal {
    lay { Signal(arena: &$0, batch: batch, length: length, channels: channels, padding: padding) }
  }

  func randomSignal(length: Int, channels: Int, padding: Int) -> Signal {
    let signal = signal(length: length, channels: channels, padding: padding)
    windows(signal).forEach(randomise)
    return signal
  }

  func windows(_ signal: Signal) -> [Matrix] { (0..<batch).map(signal.window) }

  func constants(width: Int) -> Constants {
    let constants = lay { Constants(arena: &$0, width: width) }
    constants.prepare()
    return constants
  }

  func rotary(tokens: Int, headDim: Int) -> RotaryEmbedding {
    let rotary = lay { RotaryEmbedding(arena: &$0, tokens: tokens, headDim: headDim) }
    rotary.prepare()
    return rotary
  }

  /// Each trainable tensor with its gradient.
  var tensors: [Differentiated] {
    layout.tensors.filter(\.isTrainable).map { tensor in
      let range = layout.range(of: tensor)
      func row(_ base: UnsafeMutablePointer<Float>) -> Matrix {
        Matrix(base + range.lowerBound, rows: 1, columns: range.count)
      }
      return Differentiated(name: tensor.name, values: row(parameters.base), gradient: row(gradients.base))
    }
  }

  /// A signal's windows with the windows of its gradient.
  func differentiated(_ name: String, _ signal: Signal, by gradient: Signal) -> [Differentiated] {
    zip(windows(signal), windows(gradient)).map { Differentiated(name: name, values: $0, gradient: $1) }
  }

  private func randomise(_ matrix: Matrix) {
    for i in 0..<matrix.count {
      matrix.base[i] = Float.random(in: -1.5...1.5, using: &generator)
    }
  }
}
