import CKernels

/// Convolution, BatchNorm, mish: the stem, the down-sampling steps and the first half of a residual block.
struct ConvolutionUnit {
  let convolution: Convolution
  let norm: BatchNorm

  /// Activations of one unit.
  struct Cache {
    /// The convolution's output, before the norm.
    let y: Signal
    /// The unit's output.
    let h: Signal
    let affine: BatchNorm.Affine
  }

  func forward(_ x: Signal, _ cache: Cache, _ pass: Pass) {
    convolution.forward(x, into: cache.y, pass)
    norm.prepare(cache.y, cache.affine, pass)
    for b in 0..<pass.batch {
      ck_affine_mish(
        cache.h.window(b).base, cache.y.window(b).base, cache.affine.scale, cache.affine.shift, nil, cache.y.length,
        norm.channels)
    }
  }

  /// From the gradient by `h` (overwritten) to the gradient by `y` in `scratch.dConvolution`; then the weights'
  /// gradient. The caller goes on to ``Convolution/backwardInput(_:dOutput:accumulate:_:)``.
  func backward(_ x: Signal, _ cache: Cache, dOutput: Signal, _ scratch: StageScratch, _ pass: Pass) {
    scratch.sums.clear(norm.channels)
    for b in 0..<pass.batch {
      let du = dOutput.window(b)
      ck_affine_mish_backward(
        du.base, du.base, cache.y.window(b).base, cache.affine.scale, cache.affine.shift, nil, cache.affine.mean,
        scratch.sums.sum, scratch.sums.centred, du.rows, norm.channels)
    }
    let blend = scratch.blend
    norm.backward(cache.affine, scratch.sums, count: pass.batch * cache.y.length, into: blend, pass)
    for b in 0..<pass.batch {
      let y = cache.y.window(b)
      ck_blend(
        scratch.dConvolution.window(b).base, dOutput.window(b).base, blend.a, y.base, blend.b, blend.c, y.rows,
        norm.channels)
    }
    convolution.backwardWeights(x, dOutput: scratch.dConvolution, pass)
  }
}

/// Buffers that the backward pass of one stage uses again and again; all but the first are free between stages.
struct StageScratch {
  /// Gradient by the stage's current activation: comes in as the output's, leaves as the input's.
  let dOutput: Signal
  /// Gradient by a block's inner activation.
  let dInner: Signal
  /// Gradient by a convolution's output.
  let dConvolution: Signal
  let sums: BatchNorm.GradientSums
  let blend: BatchNorm.GradientBlend

  init(arena: inout Arena, batch: Int, dOutput: Signal) {
    let channels = dOutput.channels
    func signal(_ arena: inout Arena) -> Signal {
      Signal(
        arena: &arena, batch: batch, length: dOutput.length, channels: channels, padding: dOutput.padding)
    }
    self.dOutput = dOutput
    dInner = signal(&arena)
    dConvolution = signal(&arena)
    sums = BatchNorm.GradientSums(arena: &arena, channels: channels)
    blend = BatchNorm.GradientBlend(arena: &arena, channels: channels)
  }
}
