import CKernels

/// A residual block (He et al. 2016) with squeeze-and-excitation:
///
///     h = mish(norm1(conv1(x)));  n = norm2(conv2(h));  out = mish(n · gate(n) + x)
///
/// Only y1, h, y2 and out are kept: n and what follows it are worked out again in backward.
struct ResidualBlock {
  private let first: ConvolutionUnit
  private let second: Convolution
  private let norm: BatchNorm
  private let excitation: SqueezeExcitation
  private let channels: Int

  init(
    _ name: String, _ kind: Architecture.ConvolutionKind, channels: Int, dilation: Int, layout: inout ParameterLayout
  ) {
    func convolution(_ part: String, _ layout: inout ParameterLayout) -> Convolution {
      Convolution("\(name).\(part)", kind, channels: channels, dilation: dilation, layout: &layout)
    }
    let conv1 = convolution("conv1", &layout)
    let norm1 = BatchNorm("\(name).norm1", channels: channels, layout: &layout)
    first = ConvolutionUnit(convolution: conv1, norm: norm1)
    second = convolution("conv2", &layout)
    norm = BatchNorm("\(name).norm2", channels: channels, layout: &layout)
    excitation = SqueezeExcitation("\(name).se", channels: channels, layout: &layout)
    self.channels = channels
  }

  /// Bytes of scratch for a batch of windows of `length` rows.
  func scratchBytes(batch: Int, length: Int) -> Int {
    max(
      first.convolution.scratchBytes(batch: batch, length: length),
      second.scratchBytes(batch: batch, length: length))
  }

  struct Cache {
    let first: ConvolutionUnit.Cache
    /// The second convolution's output, before the norm.
    let y: Signal
    let out: Signal
    let affine: BatchNorm.Affine
    let excitation: SqueezeExcitation.Cache
  }

  func forward(_ x: Signal, _ cache: Cache, _ scratch: BlockScratch, _ pass: Pass) {
    first.forward(x, cache.first, pass)
    second.forward(cache.first.h, into: cache.y, pass)
    norm.prepare(cache.y, cache.affine, pass)
    excitation.forward(cache.affine, cache.excitation, scratch.constants, pass)
    for b in 0..<pass.batch {
      gateAffine(cache, window: b, scratch)
      ck_affine_mish(
        cache.out.window(b).base, cache.y.window(b).base, scratch.scale, scratch.shift, x.window(b).base, x.length,
        channels)
    }
  }

  /// `stage.dOutput` comes in as the gradient by `out` and leaves as the gradient by `x`.
  func backward(_ x: Signal, _ cache: Cache, _ stage: StageScratch, _ scratch: BlockScratch, _ pass: Pass) {
    backwardActivation(x, cache, stage, scratch, pass)
    let dGate = scratch.dGate.rows(0..<pass.batch)
    excitation.backward(
      cache.excitation, dGate: dGate, dHidden: scratch.dHidden.rows(0..<pass.batch),
      dPooled: scratch.dPooled.rows(0..<pass.batch), scratch.constants, pass)
    backwardNorm(cache, stage, scratch, pass)
    second.backwardWeights(cache.first.h, dOutput: stage.dConvolution, pass)
    second.backwardInput(stage.dInner, dOutput: stage.dConvolution, accumulate: false, pass)
    first.backward(x, cache.first, dOutput: stage.dInner, stage, pass)
    first.convolution.backwardInput(stage.dOutput, dOutput: stage.dConvolution, accumulate: true, pass)
  }

  /// One window's `n · gate` as a multiply-add of y: scale · g and shift · g.
  private func gateAffine(_ cache: Cache, window b: Int, _ scratch: BlockScratch) {
    let gate = cache.excitation.gate.base + b * channels
    for c in 0..<channels {
      scratch.scale[c] = cache.affine.scale[c] * gate[c]
      scratch.shift[c] = cache.affine.shift[c] * gate[c]
    }
  }

  /// Through the outer mish: `stage.dOutput` becomes du, the gradient by the sum before it (and so by the shortcut);
  /// its sums per window go to `scratch`, and from them the gate's gradient Σ du · n.
  private func backwardActivation(
    _ x: Signal, _ cache: Cache, _ stage: StageScratch, _ scratch: BlockScratch, _ pass: Pass
  ) {
    let affine = cache.affine
    scratch.windowSums.fill(0)
    scratch.windowCentred.fill(0)
    for b in 0..<pass.batch {
      gateAffine(cache, window: b, scratch)
      let du = stage.dOutput.window(b)
      let sums = scratch.windowSums.base + b * channels
      let centred = scratch.windowCentred.base + b * channels
      ck_affine_mish_backward(
        du.base, du.base, cache.y.window(b).base, scratch.scale, scratch.shift, x.window(b).base, affine.mean, sums,
        centred, du.rows, channels)
      for c in 0..<channels {
        let shiftAtMean = affine.shift[c] + affine.mean[c] * affine.scale[c]
        scratch.dGate[b, c] = affine.scale[c] * centred[c] + shiftAtMean * sums[c]
      }
    }
  }

  /// The gradient by n is `du · g + dMean`, with dMean = dPooled / L the same at every sample of a window; its sums
  /// follow from du's, so the norm's backward needs no further pass over the rows.
  private func backwardNorm(_ cache: Cache, _ stage: StageScratch, _ scratch: BlockScratch, _ pass: Pass) {
    let affine = cache.affine
    let length = Float(cache.y.length)
    stage.sums.clear(channels)
    for b in 0..<pass.batch {
      for c in 0..<channels {
        let gate = cache.excitation.gate[b, c]
        let dMean = scratch.dPooled[b, c] / length
        let centredMean = affine.windowMeans[b, c] - affine.mean[c]
        stage.sums.sum[c] += gate * scratch.windowSums[b, c] + dMean * length
        stage.sums.centred[c] += gate * scratch.windowCentred[b, c] + dMean * length * centredMean
      }
    }
    let blend = stage.blend
    norm.backward(affine, stage.sums, count: pass.batch * cache.y.length, into: blend, pass)
    for b in 0..<pass.batch {
      for c in 0..<channels {
        scratch.scale[c] = blend.a[c] * cache.excitation.gate[b, c]
        scratch.shift[c] = blend.c[c] + blend.a[c] * scratch.dPooled[b, c] / length
      }
      let y = cache.y.window(b)
      ck_blend(
        stage.dConvolution.window(b).base, stage.dOutput.window(b).base, scratch.scale, y.base, blend.b,
        scratch.shift, y.rows, channels)
    }
  }
}

/// Small buffers that the blocks of a stage share: C channels.
struct BlockScratch {
  let constants: Constants
  let scale: UnsafeMutablePointer<Float>  // [C]
  let shift: UnsafeMutablePointer<Float>  // [C]
  let windowSums: Matrix  // [B, C]
  let windowCentred: Matrix  // [B, C]
  let dGate: Matrix  // [B, C]
  let dHidden: Matrix  // [B, C/4]
  let dPooled: Matrix  // [B, C]

  init(arena: inout Arena, batch: Int, channels: Int, constants: Constants) {
    self.constants = constants
    scale = arena.floats(channels)
    shift = arena.floats(channels)
    windowSums = arena.matrix(batch, channels)
    windowCentred = arena.matrix(batch, channels)
    dGate = arena.matrix(batch, channels)
    dHidden = arena.matrix(batch, channels / 4)
    dPooled = arena.matrix(batch, channels)
  }
}
