import CKernels
import Dispatch

/// A tensor that is a factor of matrix products in training, and how it is packed for them.
enum TrainedFactor: Sendable {
  /// `[outputs, inputs]` with a bias.
  case linear(weight: Slot, bias: Slot, inputs: Int, outputs: Int)
  /// A convolution of width 3 and stride 1, by Winograd's filtering.
  case winograd(weight: Slot, inputs: Int, outputs: Int)
  /// Any other convolution without dilation.
  case direct(weight: Slot, inputs: Int, outputs: Int, width: Int, stride: Int, precision: ck_format?)
}

/// Where a layer's factor lies in ``PackedWeights``.
struct FactorSlot: Sendable {
  let index: Int
}

/// The weights of one training step, packed for the kernels' products forward and backward. Made once, packed again after
/// each update, and only read in between, by all threads.
final class PackedWeights {
  let format: ck_format
  private let factors: [TrainedFactor]
  private let places: [Place]
  private let memory: ArenaMemory

  /// One factor's panels.
  struct Place {
    let format: ck_format
    /// For the product of the layer's input.
    let forward: UnsafeMutableRawPointer
    /// For the product of the gradient by its output; of a strided convolution one phase after the other.
    let backward: UnsafeMutableRawPointer
    /// What sums begin with: the bias, or zeros.
    let initial: UnsafeMutableRawPointer
    /// Zeros for every column of a gradient.
    let zeros: UnsafeMutableRawPointer
    fileprivate let scratch: UnsafeMutableRawPointer
  }

  /// - Parameter format: of the products, float32 or bfloat16.
  init(_ layout: ParameterLayout, format: ck_format) {
    self.format = format
    let factors = layout.factors
    self.factors = factors
    (places, memory) = Arena.lay { arena in
      let zeros = arena.bytes(factors.map(\.zeroBytes).max() ?? 0)
      return factors.map { $0.place(&arena, format, zeros: zeros) }
    }
  }

  /// Bytes that the packed weights take, without taking them.
  static func byteCount(_ layout: ParameterLayout, format: ck_format) -> Int {
    MemoryLayout<Float>.stride
      * Arena.floatCount { arena in
        _ = arena.bytes(layout.factors.map(\.zeroBytes).max() ?? 0)
        return layout.factors.map { $0.place(&arena, format, zeros: arena.bytes(0)) }
      }
  }

  subscript(slot: FactorSlot) -> Place { places[slot.index] }

  /// Packs the weights of `parameters`, on as many threads as there are cores.
  func pack(_ parameters: ParameterView) {
    // Each iteration writes its own factor's memory and reads parameters that nobody writes meanwhile.
    nonisolated(unsafe) let (places, parameters) = (places, parameters)
    let factors = factors
    DispatchQueue.concurrentPerform(iterations: factors.count) { index in
      factors[index].pack(parameters, places[index])
    }
  }
}

extension TrainedFactor {
  fileprivate func format(_ ofNetwork: ck_format) -> ck_format {
    if case .direct(_, _, _, _, _, let own?) = self { own } else { ofNetwork }
  }

  /// Bytes of zeros that products with this factor begin with.
  fileprivate var zeroBytes: Int {
    switch self {
    case .linear(_, _, let inputs, let outputs), .winograd(_, let inputs, let outputs):
      ck_packed_bytes(CK_FLOAT32, max(inputs, outputs), 1, 1)
    case .direct(_, let inputs, let outputs, let width, _, _):
      ck_packed_bytes(CK_FLOAT32, max(width * inputs, outputs), 1, 1)
    }
  }

  fileprivate func place(
    _ arena: inout Arena, _ network: ck_format, zeros: UnsafeMutableRawPointer
  ) -> PackedWeights.Place {
    let format = format(network)
    func place(_ forward: Int, _ backward: Int, initial: Int = 0, scratch: Int = 0) -> PackedWeights.Place {
      let panels = (forward: arena.bytes(forward), backward: arena.bytes(backward))
      return PackedWeights.Place(
        format: format, forward: panels.forward, backward: panels.backward,
        initial: initial > 0 ? arena.bytes(initial) : zeros, zeros: zeros, scratch: arena.bytes(scratch))
    }
    switch self {
    case .linear(_, _, let inputs, let outputs):
      return place(
        ck_packed_bytes(format, outputs, 1, inputs), ck_packed_bytes(format, inputs, 1, outputs),
        initial: ck_packed_bytes(CK_FLOAT32, outputs, 1, 1))
    case .winograd(_, let inputs, let outputs):
      return place(
        6 * ck_packed_bytes(format, outputs, 1, inputs), 6 * ck_packed_bytes(format, inputs, 1, outputs),
        scratch: 6 * 4 * inputs)
    case .direct(_, let inputs, let outputs, let width, _, _):
      return place(
        ck_packed_bytes(format, outputs, 1, width * inputs), ck_packed_bytes(format, inputs, width, outputs))
    }
  }

  fileprivate func pack(_ parameters: ParameterView, _ place: PackedWeights.Place) {
    switch self {
    case .linear(let weight, let bias, let inputs, let outputs):
      let weights = parameters.matrix(weight, outputs, inputs)
      ck_pack_columns(place.forward, place.format, weights.base, outputs, inputs)
      packRows(weights, to: place.backward, taps: 1, place.format)
      ck_pack_vector(place.initial, parameters.vector(bias), nil, outputs)
    case .winograd(let weight, let inputs, let outputs):
      ck_winograd_pack(
        place.forward, place.backward, place.format, parameters.vector(weight), outputs, inputs, place.scratch)
    case .direct(let weight, let inputs, let outputs, let width, let stride, _):
      let weights = parameters.matrix(weight, outputs, width * inputs)
      ck_pack_columns(place.forward, place.format, weights.base, outputs, width * inputs)
      var next = place.backward
      for phase in ConvolutionPhase.all(width: width, stride: stride) {
        let tapBytes = place.format.panelBytes(rows: outputs)
        for (index, tap) in phase.taps.enumerated() {
          packRows(
            weights.columns(tap * inputs..<(tap + 1) * inputs), to: next + index * tapBytes, taps: phase.taps.count,
            place.format)
        }
        next += ck_packed_bytes(place.format, inputs, phase.taps.count, outputs)
      }
    }
  }

  /// Packs rows as one tap of the right factor of a product over them.
  private func packRows(_ rows: Matrix, to panels: UnsafeMutableRawPointer, taps: Int, _ format: ck_format) {
    ck_pack_rows(
      panels, taps * format.panelBytes(rows: rows.rows), format, rows.base, rows.stride, rows.rows, rows.columns)
  }
}

extension ck_format {
  /// Bytes of one panel of a right factor with `rows` rows.
  func panelBytes(rows: Int) -> Int { ck_packed_bytes(self, 1, 1, rows) }
}
