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
  /// Only in training.
  let backward: Backward?

  struct Backward {
    let dLogits: Matrix  // [B, K]
    let dEmbedding: Matrix  // [B, D]
    let dTokens: Matrix  // [B·T, D]
    let pooling: AttentionPooling.Scratch
  }

  /// Zero rows after each window of the input: at least what the stem's and the largest dilation's reach need in the
  /// last stage, where an eighth of it is left.
  private static let inputPadding = 32

  init(_ network: Network, arena: inout Arena, batch: Int, window: Int, training: Bool) {
    let architecture = network.architecture
    let (dim, tokens) = (architecture.dim, window / Architecture.samplesPerToken)
    func signal(_ channels: Int, _ arena: inout Arena) -> Signal {
      Signal(arena: &arena, batch: batch, length: window, channels: channels, padding: Self.inputPadding)
    }
    constants = Constants(arena: &arena, width: (architecture.channels + [dim]).max()!)
    input = signal(architecture.inputChannels, &arena)
    let width = architecture.channels[0]
    stem = ConvolutionUnit.Cache(
      y: signal(width, &arena), h: signal(width, &arena), affine: BatchNorm.Affine(arena: &arena, channels: width))
    var stages: [Stage.Cache] = []
    for (i, stage) in network.stages.enumerated() {
      stages.append(
        Stage.Cache(
          stage, arena: &arena, batch: batch, length: window >> i, padding: Self.inputPadding >> i,
          constants: constants, training: training))
    }
    self.stages = stages
    projection = Projection.Cache(
      network.projection, arena: &arena, batch: batch, tokens: tokens, padding: Self.inputPadding >> 3,
      training: training)
    embedded = arena.matrix(batch * tokens, dim)
    layers = Self.layers(architecture, &arena, batch, tokens, training)
    encoder = Self.encoderScratch(architecture, &arena, batch, tokens, training)
    pooling = AttentionPooling.Cache(arena: &arena, batch: batch, tokens: tokens, dim: dim)
    head = Head.Cache(arena: &arena, batch: batch, dim: dim)
    embedding = arena.matrix(batch, dim)
    logits = arena.matrix(batch, architecture.classes)
    backward =
      training
      ? Backward(
        dLogits: arena.matrix(batch, architecture.classes), dEmbedding: arena.matrix(batch, dim),
        dTokens: arena.matrix(batch * tokens, dim),
        pooling: AttentionPooling.Scratch(arena: &arena, batch: batch, tokens: tokens, dim: dim)) : nil
  }

  /// In training each layer keeps its own activations; when serving two take turns.
  private static func layers(
    _ architecture: Architecture, _ arena: inout Arena, _ batch: Int, _ tokens: Int, _ training: Bool
  ) -> [EncoderLayer.Cache] {
    var caches: [EncoderLayer.Cache] = []
    for n in 0..<architecture.layers {
      caches.append(
        training || n < 2
          ? EncoderLayer.Cache(architecture, arena: &arena, batch: batch, tokens: tokens, training: training)
          : caches[n - 2])
    }
    return caches
  }

  private static func encoderScratch(
    _ architecture: Architecture, _ arena: inout Arena, _ batch: Int, _ tokens: Int, _ training: Bool
  ) -> EncoderLayer.Scratch {
    let (rows, dim) = (batch * tokens, architecture.dim)
    let attention = Attention.Scratch(
      rotary: RotaryEmbedding(arena: &arena, tokens: tokens, headDim: dim / architecture.heads),
      dropped: arena.matrix(training ? tokens : 0, tokens), dWeights: arena.matrix(training ? tokens : 0, tokens),
      dContext: arena.matrix(training ? rows : 0, dim), dQkv: arena.matrix(training ? rows : 0, 3 * dim))
    let backward =
      training
      ? EncoderLayer.Scratch.Backward(
        feedForward: FeedForward.Cache(arena: &arena, rows: rows, width: architecture.feedForward),
        dBranch: arena.matrix(rows, dim), dNormed: arena.matrix(rows, dim)) : nil
    return EncoderLayer.Scratch(attention: attention, backward: backward)
  }
}
