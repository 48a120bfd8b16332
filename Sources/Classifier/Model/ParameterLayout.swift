/// Where one named tensor lies in the flat parameter buffer.
struct Slot: Sendable {
  let offset: Int
  let count: Int
}

/// A tensor of the model: its name and shape in a checkpoint (PyTorch's conventions) and its place in memory.
struct TensorSpecification: Sendable {
  enum Role: Sendable {
    /// A matrix `[out, in]`, kept as it is; weight decay applies.
    case linear
    /// A convolution `[out, in, k]`, kept in memory as `[out, k, in]` for channels-last products; decay applies.
    case convolution
    /// A convolution `[C, 1, k]` of each channel by itself, kept in memory as `[k, C]`; decay applies.
    case depthwise
    /// A norm's weight or any bias; no decay.
    case vector
    /// A running statistic of a BatchNorm: not trained.
    case statistic
    /// PyTorch's `num_batches_tracked`: one int64, kept once for the whole model.
    case batchCount
  }

  let name: String
  let shape: [Int]
  let role: Role
  let slot: Slot

  var isTrainable: Bool { role != .statistic && role != .batchCount }
  var decays: Bool { role == .linear || role == .convolution || role == .depthwise }
}

/// All tensors of a network, in the order of PyTorch's `state_dict`.
///
/// Trainable tensors fill `0 ..< trainableCount` of the flat buffer, running statistics follow them up to `totalCount`.
/// A gradient buffer has the same layout; in the place of the running statistics it carries the batch's own.
struct ParameterLayout: Sendable {
  private(set) var tensors: [TensorSpecification] = []
  private(set) var trainableCount = 0
  private(set) var statisticCount = 0

  /// The tensors that are factors of matrix products.
  private(set) var factors: [TrainedFactor] = []

  var totalCount: Int { trainableCount + statisticCount }

  /// Appends a tensor and returns its place. A statistic's offset counts from the first statistic.
  mutating func add(_ name: String, _ shape: [Int], _ role: TensorSpecification.Role) -> Slot {
    let count = shape.reduce(1, *)
    let slot: Slot
    switch role {
    case .batchCount:
      slot = Slot(offset: 0, count: 0)
    case .statistic:
      slot = Slot(offset: statisticCount, count: count)
      statisticCount += count
    case .linear, .convolution, .depthwise, .vector:
      slot = Slot(offset: trainableCount, count: count)
      trainableCount += count
    }
    tensors.append(TensorSpecification(name: name, shape: shape, role: role, slot: slot))
    return slot
  }

  /// Appends a factor of matrix products; its tensors are added already.
  mutating func addFactor(_ factor: TrainedFactor) -> FactorSlot {
    factors.append(factor)
    return FactorSlot(index: factors.count - 1)
  }

  /// The tensor's range in the flat buffer.
  func range(of tensor: TensorSpecification) -> Range<Int> {
    let start = tensor.slot.offset + (tensor.role == .statistic ? trainableCount : 0)
    return start..<start + tensor.slot.count
  }
}

/// The numbers of a parameter or gradient buffer, read through slots.
struct ParameterView {
  /// Trainable numbers.
  let trainable: UnsafeMutablePointer<Float>
  /// Running statistics; in a gradient buffer the batch's statistics.
  let statistics: UnsafeMutablePointer<Float>

  init(_ base: UnsafeMutablePointer<Float>, layout: ParameterLayout) {
    trainable = base
    statistics = base + layout.trainableCount
  }

  func vector(_ slot: Slot) -> UnsafeMutablePointer<Float> { trainable + slot.offset }

  func statistic(_ slot: Slot) -> UnsafeMutablePointer<Float> { statistics + slot.offset }

  /// The slot as a `[rows, columns]` matrix.
  func matrix(_ slot: Slot, _ rows: Int, _ columns: Int) -> Matrix {
    assert(rows * columns == slot.count)
    return Matrix(trainable + slot.offset, rows: rows, columns: columns)
  }
}
