import CKernels

/// A model made ready to serve at one precision: weights folded and packed for this processor. Made once, shared by any
/// number of ``Predictor``s.
package final class PackedModel: Sendable {
  package let model: Model
  package let precision: Precision
  let stem: ServedConvolution
  let stages: [ServedStage]
  let projection: ServedConvolution
  let layers: [ServedEncoderLayer]
  let pooling: ServedPooling
  let head: ServedHead
  /// The members of an ensemble after the first, which the parts above are of.
  let others: [PackedModel]

  /// - Throws: when the processor or the model cannot do `precision`.
  package init(_ model: Model, precision: Precision) throws(PrecisionError) {
    if let obstacle = precision.obstacle { throw PrecisionError(description: obstacle) }
    if precision == .int8, model.quantisation == nil {
      throw PrecisionError(
        description: "precision int8 needs a quantised model: make one with `sigstreamd model quantize`")
    }
    let architecture = model.architecture
    var others: [PackedModel] = []
    for member in model.members.dropFirst() { others.append(try PackedModel(member, precision: precision)) }
    self.others = others
    let tensors = ModelTensors(model)
    let arithmetic = Arithmetic(precision, quantisation: model.quantisation)
    self.model = model
    self.precision = precision
    stem = ServedConvolution(
      tensors.convolution("stem.conv", norm: "stem.norm"), arithmetic: Arithmetic(.float32, quantisation: nil))
    stages = architecture.channels.indices.map {
      ServedStage($0, architecture: architecture, tensors: tensors, arithmetic: arithmetic)
    }
    projection = ServedConvolution(tensors.convolution("proj.conv", norm: "proj.norm"), arithmetic: arithmetic)
    layers = (0..<architecture.layers).map {
      ServedEncoderLayer($0, architecture: architecture, tensors: tensors, arithmetic: arithmetic)
    }
    pooling = ServedPooling(architecture: architecture, tensors: tensors, arithmetic: arithmetic)
    head = ServedHead(tensors: tensors)
  }

  /// Serves in float32, which every model and processor can.
  package convenience init(_ model: Model) {
    do {
      try self.init(model, precision: .float32)
    } catch {
      preconditionFailure("float32 is always possible, but: \(error)")
    }
  }

  /// Runs the windows whose scaled input is in `memory.input` through this network, without others; embeddings and
  /// logits are left in the memory.
  func run(_ memory: ServingMemory, _ pass: ServingPass) {
    let first = memory.stages[0]
    stem.run(
      memory.input, length: memory.window, activation: CK_MISH,
      into: first.input(stages[0].input).results(values: first.shortcut(0)), scratch: first.scratch, pass)
    for (i, stage) in stages.enumerated() {
      stage.run(
        from: i > 0 ? memory.stages[i - 1] : nil, memory.stages[i],
        next: i + 1 < stages.count ? stages[i + 1].input : projection.input, pass)
    }
    let encoder = memory.encoder
    let dim = model.architecture.dim
    projection.run(
      memory.stages[stages.count - 1].input(projection.input), length: encoder.tokens, activation: CK_IDENTITY,
      into: FloatRows(encoder.embedded, window: encoder.tokens * dim, row: dim).results, scratch: first.scratch, pass)
    for layer in layers {
      layer.run(encoder, pass)
    }
    pool(memory, pass)
    head.run(memory.embedding, into: memory.logits, memory.head, pass)
  }

  private func pool(_ memory: ServingMemory, _ pass: ServingPass) {
    let (encoder, dim) = (memory.encoder, model.architecture.dim)
    var tokens = Factor(encoder.embedded, .float32, columns: dim, pitch: encoder.tokens)
    if pooling.input != .float32 {
      let converted = encoder.normed(pooling.input)
      pass.step("pool.convert") {
        var results = converted.results()
        ck_convert(&results, encoder.embedded, pass.windows * encoder.tokens, dim)
      }
      tokens = converted
    }
    pooling.run(
      tokens, tokens: encoder.embedded, count: encoder.tokens, into: memory.embedding, memory.pooling, pass)
  }
}
