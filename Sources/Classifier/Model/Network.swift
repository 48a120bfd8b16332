/// The whole model, layer by layer: what is computed, in which order, and backwards. See `docs/model.md`.
///
///     input → stem → stages 0…3 → proj → layers → pool → head
///
/// A network holds no numbers: parameters come with a ``Pass``, activations with a ``Workspace``.
struct Network: Sendable {
  let architecture: Architecture
  let layout: ParameterLayout
  let stem: ConvolutionUnit
  let stages: [Stage]
  let projection: Projection
  let layers: [EncoderLayer]
  let pooling: AttentionPooling
  let head: Head

  init(_ architecture: Architecture) {
    self.architecture = architecture
    var layout = ParameterLayout()
    let widths = architecture.channels
    let convolution = Convolution(
      "stem.conv", inputs: architecture.inputChannels, outputs: widths[0], width: Architecture.stemWidth,
      isExact: true, layout: &layout)
    stem = ConvolutionUnit(
      convolution: convolution, norm: BatchNorm("stem.norm", channels: widths[0], layout: &layout))
    var stages: [Stage] = []
    for i in widths.indices {
      stages.append(
        Stage(
          "stages.\(i)", architecture.convolution, inputs: widths[max(i - 1, 0)], channels: widths[i],
          blocks: architecture.blocks[i], halves: i > 0, layout: &layout))
    }
    self.stages = stages
    projection = Projection("proj", inputs: widths[3], dim: architecture.dim, layout: &layout)
    var layers: [EncoderLayer] = []
    for n in 0..<architecture.layers {
      layers.append(EncoderLayer(n, architecture: architecture, layout: &layout))
    }
    self.layers = layers
    pooling = AttentionPooling("pool", dim: architecture.dim, layout: &layout)
    head = Head("head", dim: architecture.dim, classes: architecture.classes, layout: &layout)
    self.layout = layout
  }

  /// Bytes for the factors of any one product, for a batch of windows.
  func scratchBytes(batch: Int, window: Int) -> Int {
    let tokens = window / Architecture.samplesPerToken
    let width =
      [3 * architecture.dim, architecture.feedForward, Architecture.poolingHeads * architecture.dim]
      + architecture.channels
    let convolutional = stages.enumerated().map { i, stage in
      stage.scratchBytes(batch: batch, length: window >> i)
    }
    return [
      stem.convolution.scratchBytes(batch: batch, length: window),
      projection.scratchBytes(batch: batch, tokens: tokens),
      Linear.scratchBytes(width: width.max()!),
      Attention.scratchBytes(tokens: tokens, headDim: architecture.dim / architecture.heads),
    ].reduce(convolutional.max()!, max)
  }

  /// Runs the batch whose scaled input is in `workspace.activations.input`; logits and embeddings are left in the workspace.
  func forward(_ workspace: Workspace, _ pass: Pass) {
    let activations = workspace.activations
    stem.forward(activations.input, activations.stem, pass)
    var signal = activations.stem.h
    for (stage, cache) in zip(stages, activations.stages) {
      stage.forward(signal, cache, pass)
      signal = cache.output
    }
    let rows = 0..<pass.batch * workspace.tokens
    var tokens = activations.embedded.rows(rows)
    projection.forward(signal, activations.projection, tokens: tokens, pass)
    encode(tokens, workspace, pass)
    tokens = activations.layers[layers.count - 1].out.rows(rows)
    let batch = 0..<pass.batch
    let embedding = activations.embedding.rows(batch)
    pooling.forward(
      tokens, into: embedding, activations.pooling, activations.constants, validTokens: workspace.validTokens, pass)
    head.forward(embedding, into: activations.logits.rows(batch), activations.head, activations.constants, pass)
  }

  /// Adds every gradient to `pass.gradients`, from the gradient by the logits in `workspace.activations.backward.dLogits`. The
  /// workspace must hold the activations of a forward pass in training with the same `pass`.
  func backward(_ workspace: Workspace, _ pass: Pass) {
    let activations = workspace.activations
    let backward = activations.backward
    let rows = 0..<pass.batch * workspace.tokens
    let batch = 0..<pass.batch
    let dTokens = backward.dTokens.rows(rows)
    let dEmbedding = backward.dEmbedding.rows(batch)
    head.backward(
      dz: dEmbedding, dLogits: backward.dLogits.rows(batch), activations.head, activations.constants, pass)
    pooling.backward(
      activations.layers[layers.count - 1].out.rows(rows), dx: dTokens, dz: dEmbedding, activations.pooling,
      backward.pooling, activations.constants, validTokens: workspace.validTokens, pass)
    for group in TokenGroup.back(batch: pass.batch, tokens: workspace.tokens, valid: workspace.validTokens) {
      backwardTokens(activations, dTokens, group, pass)
    }
    backwardSignal(activations, dTokens: dTokens, pass)
  }

  /// The Transformer: a group of windows goes through all layers before the next.
  private func encode(_ tokens: Matrix, _ workspace: Workspace, _ pass: Pass) {
    let activations = workspace.activations
    for group in TokenGroup.forward(batch: pass.batch, tokens: workspace.tokens, valid: workspace.validTokens) {
      var input = tokens
      for (layer, cache) in zip(layers, activations.layers) {
        layer.forward(input, cache, activations.encoder, group, pass)
        input = cache.out
      }
    }
  }

  private func backwardTokens(_ activations: Activations, _ dTokens: Matrix, _ group: TokenGroup, _ pass: Pass) {
    for n in layers.indices.reversed() {
      let input = n > 0 ? activations.layers[n - 1].out : activations.embedded
      let cache = activations.layers[n]
      if activations.isShared { layers[n].forward(input, cache, activations.encoder, group, pass) }
      layers[n].backward(input, dx: dTokens, cache, activations.encoder, group, pass)
    }
  }

  /// The convolutional part. Each stage leaves its input's gradient where the stage before expects it.
  private func backwardSignal(_ activations: Activations, dTokens: Matrix, _ pass: Pass) {
    let last = activations.stages[stages.count - 1]
    projection.backward(
      last.output, activations.projection, dTokens: dTokens, dInput: last.backward.dOutput, pass)
    for i in stages.indices.reversed() {
      let input = i > 0 ? activations.stages[i - 1].output : activations.stem.h
      let dInput = i > 0 ? activations.stages[i - 1].backward.dOutput : nil
      if activations.isShared { stages[i].forward(input, activations.stages[i], pass) }
      stages[i].backward(input, activations.stages[i], dInput: dInput, pass)
    }
    let first = activations.stages[0].backward
    stem.backward(activations.input, activations.stem, dOutput: first.dOutput, first, pass)
  }
}
