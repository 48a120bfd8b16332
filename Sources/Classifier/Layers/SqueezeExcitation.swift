import CKernels

/// Squeeze-and-excitation (Hu et al. 2018): a gate per window and channel from the channel's mean over time.
///
///     g = sigmoid(expand(mish(reduce(mean over time))))
struct SqueezeExcitation {
  let channels: Int
  private let reduce: Linear
  private let expand: Linear

  init(_ name: String, channels: Int, layout: inout ParameterLayout) {
    self.channels = channels
    reduce = Linear("\(name).reduce", inputs: channels, outputs: channels / 4, layout: &layout)
    expand = Linear("\(name).expand", inputs: channels / 4, outputs: channels, layout: &layout)
  }

  /// Activations, C channels.
  struct Cache {
    let pooled: Matrix  // [B, C] of n over time
    let reduced: Matrix  // [B, C/4] before bias and mish
    let hidden: Matrix  // [B, C/4]
    let gate: Matrix  // [B, C]

    init(arena: inout Arena, batch: Int, channels: Int) {
      pooled = arena.matrix(batch, channels)
      reduced = arena.matrix(batch, channels / 4)
      hidden = arena.matrix(batch, channels / 4)
      gate = arena.matrix(batch, channels)
    }
  }

  /// The gate for `n = y · scale + shift`, which is never formed: its mean is the mean of y, scaled and shifted.
  func forward(_ affine: BatchNorm.Affine, _ cache: Cache, _ constants: Constants, _ pass: Pass) {
    let batch = 0..<pass.batch
    for b in batch {
      for c in 0..<channels {
        cache.pooled[b, c] = affine.windowMeans[b, c] * affine.scale[c] + affine.shift[c]
      }
    }
    let hidden = cache.hidden.rows(batch)
    reduce.forwardMish(cache.pooled.rows(batch), y: cache.reduced.rows(batch), h: hidden, ones: constants.ones, pass)
    let gate = cache.gate.rows(batch)
    expand.forward(hidden, into: gate, pass)
    ck_sigmoid(gate.base, gate.base, gate.count)
  }

  /// From the gradient by the gate (`dGate [B, C]`, overwritten) to the gradient by the pooled means, in `dPooled`.
  func backward(
    _ cache: Cache, dGate: Matrix, dHidden: Matrix, dPooled: Matrix, _ constants: Constants, _ pass: Pass
  ) {
    let batch = 0..<pass.batch
    let gate = cache.gate.rows(batch)
    for i in 0..<gate.count {
      dGate.base[i] *= gate.base[i] * (1 - gate.base[i])
    }
    expand.backward(cache.hidden.rows(batch), dx: dHidden, dy: dGate, pass)
    reduce.backwardMish(
      cache.pooled.rows(batch), y: cache.reduced.rows(batch), dx: dPooled, dh: dHidden, accumulate: false,
      scratch: constants, pass)
  }
}
