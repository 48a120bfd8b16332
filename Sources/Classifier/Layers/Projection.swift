import CKernels

/// From the last stage's channels to the Transformer's width: a convolution of width 1 and a BatchNorm. Its output is
/// the tokens `[B·T, D]`, without padding between windows.
struct Projection {
  private let convolution: Convolution
  private let norm: BatchNorm

  init(_ name: String, inputs: Int, dim: Int, layout: inout ParameterLayout) {
    convolution = Convolution("\(name).conv", inputs: inputs, outputs: dim, width: 1, layout: &layout)
    norm = BatchNorm("\(name).norm", channels: dim, layout: &layout)
  }

  struct Cache {
    let y: Signal
    let affine: BatchNorm.Affine
    let dConvolution: Signal
    let sums: BatchNorm.GradientSums
    let blend: BatchNorm.GradientBlend

    init(_ projection: Projection, arena: inout Arena, batch: Int, tokens: Int, padding: Int) {
      let dim = projection.norm.channels
      func signal(_ arena: inout Arena) -> Signal {
        Signal(arena: &arena, batch: batch, length: tokens, channels: dim, padding: padding)
      }
      y = signal(&arena)
      affine = BatchNorm.Affine(arena: &arena, batch: batch, channels: dim)
      dConvolution = signal(&arena)
      sums = BatchNorm.GradientSums(arena: &arena, channels: dim)
      blend = BatchNorm.GradientBlend(arena: &arena, channels: dim)
    }
  }

  /// Bytes of scratch for a batch of windows of `tokens` tokens.
  func scratchBytes(batch: Int, tokens: Int) -> Int {
    convolution.scratchBytes(batch: batch, length: tokens)
  }

  func forward(_ x: Signal, _ cache: Cache, tokens: Matrix, _ pass: Pass) {
    convolution.forward(x, into: cache.y, pass)
    norm.prepare(cache.y, cache.affine, pass)
    let length = cache.y.length
    for b in 0..<pass.batch {
      ck_affine(
        tokens.rows(b * length..<(b + 1) * length).base, cache.y.window(b).base, cache.affine.scale,
        cache.affine.shift, length, norm.channels)
    }
  }

  /// The gradient by x is put into `dInput`.
  func backward(_ x: Signal, _ cache: Cache, dTokens: Matrix, dInput: Signal, _ pass: Pass) {
    let length = cache.y.length
    cache.sums.clear(norm.channels)
    for b in 0..<pass.batch {
      ck_column_product_sums(
        cache.sums.sum, cache.sums.centred, dTokens.rows(b * length..<(b + 1) * length).base,
        cache.y.window(b).base, cache.affine.mean, length, norm.channels)
    }
    let blend = cache.blend
    norm.backward(cache.affine, cache.sums, count: pass.batch * length, into: blend, pass)
    for b in 0..<pass.batch {
      ck_blend(
        cache.dConvolution.window(b).base, dTokens.rows(b * length..<(b + 1) * length).base, blend.a,
        cache.y.window(b).base, blend.b, blend.c, length, norm.channels)
    }
    convolution.backwardWeights(x, dOutput: cache.dConvolution, pass)
    convolution.backwardInput(dInput, dOutput: cache.dConvolution, accumulate: false, pass)
  }
}
