/// Every buffer of a ``Workspace``, cut from one arena.
struct Activations {
  let input: Signal  // [B·L, C_in], scaled
  let stem: ConvolutionUnit.Cache
  let stages: [Stage.Cache]
  let projection: Projection.Cache
  let embedded: Matrix  // [B·T, D]: the Transformer's input
  let layers: [EncoderLayer.Cache]
  let encoder: EncoderLayer.Scratch
  let pooling: AttentionPooling.Cache
  let head: Head.Cache
  let embedding: Matrix  // [B, D]
  let logits: Matrix  // [B, K]
  let constants: Constants
  let backward: Backward
  /// Memory for the factors of one product at a time.
  let scratch: UnsafeMutableRawPointer
  /// Whether the stages, and the layers, take turns in the same memory: only their outputs are kept.
  let isShared: Bool

  struct Backward {
    let dLogits: Matrix  // [B, K]
    let dEmbedding: Matrix  // [B, D]
    let dTokens: Matrix  // [B·T, D]
    let pooling: AttentionPooling.Scratch
  }

  /// Zero rows after each window of the input: at least what the stem reaches beyond it; an eighth is left in the last
  /// stage.
  private static let inputPadding = 32

  init(_ network: Network, arena: inout Arena, batch: Int, window: Int, sharing: Bool) {
    let architecture = network.architecture
    let (dim, tokens) = (architecture.dim, window / Architecture.samplesPerToken)
    func signal(_ channels: Int, stage: Int, _ arena: inout Arena) -> Signal {
      Signal(
        arena: &arena, batch: batch, length: window >> stage, channels: channels, padding: Self.inputPadding >> stage)
    }
    isShared = sharing
    constants = Constants(arena: &arena, width: (architecture.channels + [dim]).max()!)
    input = signal(architecture.inputChannels, stage: 0, &arena)
    let width = architecture.channels[0]
    stem = ConvolutionUnit.Cache(
      y: signal(width, stage: 0, &arena), h: signal(width, stage: 0, &arena),
      affine: BatchNorm.Affine(arena: &arena, batch: batch, channels: width))
    projection = Projection.Cache(
      network.projection, arena: &arena, batch: batch, tokens: tokens, padding: Self.inputPadding >> 3)
    embedded = arena.matrix(batch * tokens, dim)
    encoder = EncoderLayer.Scratch(architecture, arena: &arena, batch: batch, tokens: tokens)
    pooling = AttentionPooling.Cache(arena: &arena, batch: batch, tokens: tokens, dim: dim)
    head = Head.Cache(arena: &arena, batch: batch, dim: dim)
    embedding = arena.matrix(batch, dim)
    logits = arena.matrix(batch, architecture.classes)
    backward = Backward(
      dLogits: arena.matrix(batch, architecture.classes), dEmbedding: arena.matrix(batch, dim),
      dTokens: arena.matrix(batch * tokens, dim),
      pooling: AttentionPooling.Scratch(arena: &arena, batch: batch, tokens: tokens, dim: dim))
    scratch = arena.bytes(network.scratchBytes(batch: batch, window: window))
    let outputs = architecture.channels.indices.map { signal(architecture.channels[$0], stage: $0, &arena) }
    let gradients = Self.gradients(like: outputs, batch, &arena)
    let tokenOutputs = network.layers.map { _ in arena.matrix(batch * tokens, dim) }
    (stages, layers) = Self.parts(
      network, &arena, batch: batch, tokens: tokens, outputs, gradients, tokenOutputs, constants, sharing: sharing)
  }

  /// Each stage's gradient by its output, and what the stages' backward passes use in turns.
  private static func gradients(like outputs: [Signal], _ batch: Int, _ arena: inout Arena) -> [StageScratch] {
    let dOutputs = outputs.map {
      Signal(arena: &arena, batch: batch, length: $0.length, channels: $0.channels, padding: $0.padding)
    }
    var overlay = Overlay(arena)
    return dOutputs.map { dOutput in
      overlay.part(&arena) { StageScratch(arena: &$0, batch: batch, dOutput: dOutput) }
    }
  }

  /// What stages and layers keep for backward: side by side, or over each other.
  private static func parts(
    _ network: Network, _ arena: inout Arena, batch: Int, tokens: Int, _ outputs: [Signal],
    _ gradients: [StageScratch], _ tokenOutputs: [Matrix], _ constants: Constants, sharing: Bool
  ) -> (stages: [Stage.Cache], layers: [EncoderLayer.Cache]) {
    var overlay = Overlay(arena)
    func part<Part>(_ arena: inout Arena, _ build: (inout Arena) -> Part) -> Part {
      sharing ? overlay.part(&arena, build) : build(&arena)
    }
    let stages = network.stages.indices.map { i in
      part(&arena) {
        Stage.Cache(
          network.stages[i], arena: &$0, batch: batch, output: outputs[i], constants: constants,
          backward: gradients[i])
      }
    }
    let layers = tokenOutputs.map { out in
      part(&arena) {
        EncoderLayer.Cache(network.architecture, arena: &$0, batch: batch, tokens: tokens, out: out)
      }
    }
    return (stages, layers)
  }
}
