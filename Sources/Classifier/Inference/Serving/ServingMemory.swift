/// Every buffer of a serving pass over up to G windows, cut from one arena. Made once and used again for every pass, by
/// one thread.
final class ServingMemory {
  /// Most windows of a pass.
  let windows: Int
  /// Samples of a window.
  let window: Int
  let input: Factor  // G padded windows [L, C], scaled
  let stages: [StageMemory]
  let encoder: EncoderMemory
  let pooling: ServedPooling.Memory
  let head: ServedHead.Memory
  let embedding: UnsafeMutablePointer<Float>  // [G, D]
  let logits: UnsafeMutablePointer<Float>  // [G, K]
  private let memory: ArenaMemory

  init(_ model: PackedModel, windows: Int, window: Int) {
    precondition(windows >= 1 && window >= 1 && window % Architecture.samplesPerToken == 0)
    self.windows = windows
    self.window = window
    let (layout, memory) = Arena.lay { Layout(model, arena: &$0, windows: windows, window: window) }
    self.memory = memory
    (input, stages, encoder) = (layout.input, layout.stages, layout.encoder)
    (pooling, head, embedding, logits) = (layout.pooling, layout.head, layout.embedding, layout.logits)
    encoder.rotary.prepare()
    head.constants.prepare()
  }

  /// Bytes of such a memory, without taking them.
  static func byteCount(_ model: PackedModel, windows: Int, window: Int) -> Int {
    MemoryLayout<Float>.stride * Arena.floatCount { Layout(model, arena: &$0, windows: windows, window: window) }
  }

  private struct Layout {
    let input: Factor
    let stages: [StageMemory]
    let encoder: EncoderMemory
    let pooling: ServedPooling.Memory
    let head: ServedHead.Memory
    let embedding: UnsafeMutablePointer<Float>
    let logits: UnsafeMutablePointer<Float>

    init(_ model: PackedModel, arena: inout Arena, windows: Int, window: Int) {
      let architecture = model.model.architecture
      let (channels, tokens) = (architecture.inputChannels, window / Architecture.samplesPerToken)
      let base = arena.floats(StageMemory.paddedFloats(length: window, channels: channels, windows: windows))
      input = Factor(
        base + StageMemory.padding * channels, .float32, columns: channels, pitch: window + StageMemory.padding)
      let shapes = architecture.channels.enumerated().map { (length: window >> $0, channels: $1) }
      let scratch = zip(model.stages, shapes).map { $0.scratchBytes(windows: windows, length: $1.length) }
      let shared = StageMemory.Shared(
        arena: &arena, shapes: shapes, windows: windows, scratchBytes: scratch.max()!)
      var stages: [StageMemory] = []
      for (length, channels) in shapes {
        stages.append(
          StageMemory(
            arena: &arena, length: length, channels: channels, windows: windows,
            hasOperands: model.precision != .float32, shared: shared))
      }
      self.stages = stages
      encoder = EncoderMemory(
        arena: &arena, architecture: architecture, tokens: tokens, windows: windows,
        scratchBytes: model.layers[0].scratchBytes(tokens: tokens))
      pooling = ServedPooling.Memory(arena: &arena, dim: architecture.dim, tokens: tokens, windows: windows)
      head = ServedHead.Memory(arena: &arena, dim: architecture.dim, windows: windows)
      embedding = arena.floats(windows * architecture.dim)
      logits = arena.floats(windows * architecture.classes)
    }
  }
}
