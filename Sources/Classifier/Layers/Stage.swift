/// One of the four convolutional stages: a halving of the rate (except in the first), then residual blocks with
/// dilations 1, 2, 4, 1, …
struct Stage {
  let channels: Int
  private let down: ConvolutionUnit?
  private let blocks: [ResidualBlock]

  /// 1, 2, 4, 1, …
  static func dilation(ofBlock index: Int) -> Int { 1 << (index % 3) }

  init(
    _ name: String, _ kind: Architecture.ConvolutionKind, inputs: Int, channels: Int, blocks: Int, halves: Bool,
    layout: inout ParameterLayout
  ) {
    self.channels = channels
    if halves {
      let convolution = Convolution(
        "\(name).down.conv", inputs: inputs, outputs: channels, width: 3, stride: 2, layout: &layout)
      down = ConvolutionUnit(
        convolution: convolution, norm: BatchNorm("\(name).down.norm", channels: channels, layout: &layout))
    } else {
      down = nil
    }
    var built: [ResidualBlock] = []
    for j in 0..<blocks {
      built.append(
        ResidualBlock(
          "\(name).blocks.\(j)", kind, channels: channels, dilation: Self.dilation(ofBlock: j), layout: &layout))
    }
    self.blocks = built
  }

  struct Cache {
    let down: ConvolutionUnit.Cache?
    let blocks: [ResidualBlock.Cache]
    let scratch: BlockScratch
    let backward: StageScratch

    /// - Parameter output: where the stage's result goes.
    init(
      _ stage: Stage, arena: inout Arena, batch: Int, output: Signal, constants: Constants, backward: StageScratch
    ) {
      let channels = stage.channels
      func signal(_ arena: inout Arena) -> Signal {
        Signal(
          arena: &arena, batch: batch, length: output.length, channels: channels, padding: output.padding)
      }
      func unit(_ arena: inout Arena) -> ConvolutionUnit.Cache {
        ConvolutionUnit.Cache(
          y: signal(&arena), h: signal(&arena),
          affine: BatchNorm.Affine(arena: &arena, batch: batch, channels: channels))
      }
      down = stage.down == nil ? nil : unit(&arena)
      var caches: [ResidualBlock.Cache] = []
      for j in stage.blocks.indices {
        caches.append(
          ResidualBlock.Cache(
            first: unit(&arena), y: signal(&arena), out: j + 1 < stage.blocks.count ? signal(&arena) : output,
            affine: BatchNorm.Affine(arena: &arena, batch: batch, channels: channels),
            excitation: SqueezeExcitation.Cache(arena: &arena, batch: batch, channels: channels)))
      }
      blocks = caches
      scratch = BlockScratch(arena: &arena, batch: batch, channels: channels, constants: constants)
      self.backward = backward
    }

    var output: Signal { blocks[blocks.count - 1].out }
  }

  /// Bytes of scratch for a batch of windows whose output has `length` rows.
  func scratchBytes(batch: Int, length: Int) -> Int {
    let down = down?.convolution.scratchBytes(batch: batch, length: 2 * length) ?? 0
    return blocks.map { $0.scratchBytes(batch: batch, length: length) }.reduce(down, max)
  }

  /// `x [B·L, in]`; the result is in `cache.output`, `[B·L', C]`.
  func forward(_ x: Signal, _ cache: Cache, _ pass: Pass) {
    var current = x
    if let down, let downCache = cache.down {
      down.forward(x, downCache, pass)
      current = downCache.h
    }
    for (block, blockCache) in zip(blocks, cache.blocks) {
      block.forward(current, blockCache, cache.scratch, pass)
      current = blockCache.out
    }
  }

  /// The gradient by the output is expected in `cache.backward.dOutput`. With a down-sampling step the gradient by x is
  /// put into `dInput`; without, it is left in `cache.backward.dOutput`.
  func backward(_ x: Signal, _ cache: Cache, dInput: Signal?, _ pass: Pass) {
    let stage = cache.backward
    for j in blocks.indices.reversed() {
      let input = j > 0 ? cache.blocks[j - 1].out : cache.down?.h ?? x
      blocks[j].backward(input, cache.blocks[j], stage, cache.scratch, pass)
    }
    if let down, let downCache = cache.down, let dInput {
      down.backward(x, downCache, dOutput: stage.dOutput, stage, pass)
      down.convolution.backwardInput(dInput, dOutput: stage.dConvolution, accumulate: false, pass)
    }
  }
}
