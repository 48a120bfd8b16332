import CKernels

/// Batch normalisation over windows and time (Ioffe and Szegedy 2015), as one multiply-add per channel:
/// `scale = weight / √(variance + 1e-5)`, `shift = bias − mean · scale`.
///
/// The multiply-add itself runs inside the element-wise pass that follows (``affineMish(_:_:residual:into:_:)`` and
/// relatives), so when serving, where mean and variance are constants, the norm costs nothing.
struct BatchNorm {
  static let epsilon: Float = 1e-5
  private static let momentum: Float = 0.1

  let channels: Int
  private let weight: Slot
  private let bias: Slot
  private let runningMean: Slot
  private let runningVariance: Slot

  init(_ name: String, channels: Int, layout: inout ParameterLayout) {
    self.channels = channels
    weight = layout.add("\(name).weight", [channels], .vector)
    bias = layout.add("\(name).bias", [channels], .vector)
    runningMean = layout.add("\(name).running_mean", [channels], .statistic)
    runningVariance = layout.add("\(name).running_var", [channels], .statistic)
    _ = layout.add("\(name).num_batches_tracked", [], .batchCount)
  }

  /// Per-channel numbers of one pass, each `[channels]`.
  struct Affine {
    /// Of each window's rows, `[B, channels]`.
    let windowMeans: Matrix
    let mean: UnsafeMutablePointer<Float>
    let inverse: UnsafeMutablePointer<Float>
    let scale: UnsafeMutablePointer<Float>
    let shift: UnsafeMutablePointer<Float>

    init(arena: inout Arena, batch: Int, channels: Int) {
      windowMeans = arena.matrix(batch, channels)
      mean = arena.floats(channels)
      inverse = arena.floats(channels)
      scale = arena.floats(channels)
      shift = arena.floats(channels)
    }
  }

  /// Works out the pass's multiply-add for `y`, from its own statistics.
  func prepare(_ y: Signal, _ affine: Affine, _ pass: Pass) {
    measure(y, affine, pass)
    let weight = pass.parameters.vector(self.weight)
    let bias = pass.parameters.vector(self.bias)
    for c in 0..<channels {
      affine.scale[c] = weight[c] * affine.inverse[c]
      affine.shift[c] = bias[c] - affine.mean[c] * affine.scale[c]
    }
  }

  /// Mean and variance over all windows and samples, the unbiased variance left for the running estimate. Window by
  /// window, while it is in the cache, then joined (Chan, Golub and LeVeque 1983).
  private func measure(_ y: Signal, _ affine: Affine, _ pass: Pass) {
    let (length, count) = (Float(y.length), Float(pass.batch * y.length))
    let mean = pass.gradients.statistic(runningMean)
    let variance = pass.gradients.statistic(runningVariance)
    mean.update(repeating: 0, count: channels)
    variance.update(repeating: 0, count: channels)
    for b in 0..<pass.batch {
      let windowMean = affine.windowMeans.rows(b..<b + 1)
      windowMean.fill(0)
      ck_column_sums(windowMean.base, y.window(b).base, y.length, channels)
      for c in 0..<channels {
        mean[c] += windowMean[0, c] / count
        windowMean[0, c] /= length
      }
      ck_column_square_sums(variance, y.window(b).base, windowMean.base, y.length, channels)
    }
    for c in 0..<channels {
      affine.mean[c] = mean[c]
      for b in 0..<pass.batch {
        let deviation = affine.windowMeans[b, c] - mean[c]
        variance[c] += length * deviation * deviation
      }
      affine.inverse[c] = 1 / (variance[c] / count + Self.epsilon).squareRoot()
      variance[c] /= max(count - 1, 1)
    }
  }

  /// Sums of the gradient dN by the norm's output, needed by ``backward(_:_:)``; each `[channels]`.
  struct GradientSums {
    /// Σ dN.
    let sum: UnsafeMutablePointer<Float>
    /// Σ dN · (y − mean).
    let centred: UnsafeMutablePointer<Float>

    init(arena: inout Arena, channels: Int) {
      sum = arena.floats(channels)
      centred = arena.floats(channels)
    }

    func clear(_ channels: Int) {
      sum.update(repeating: 0, count: channels)
      centred.update(repeating: 0, count: channels)
    }
  }

  /// The gradient by the norm's input as a blend per channel, `dy = a · dN + b · y + c`; each `[channels]`.
  struct GradientBlend {
    let a: UnsafeMutablePointer<Float>
    let b: UnsafeMutablePointer<Float>
    let c: UnsafeMutablePointer<Float>

    init(arena: inout Arena, channels: Int) {
      a = arena.floats(channels)
      b = arena.floats(channels)
      c = arena.floats(channels)
    }
  }

  /// Adds the weight's and bias's gradients and works out the blend:
  /// `dy = scale · (dN − mean(dN) − x̂ · mean(dN · x̂))`, `x̂ = (y − mean) · inverse`, over `count` rows.
  func backward(
    _ affine: Affine, _ sums: GradientSums, count: Int, into blend: GradientBlend, _ pass: Pass
  ) {
    let dWeight = pass.gradients.vector(weight)
    let dBias = pass.gradients.vector(bias)
    for c in 0..<channels {
      let normalised = sums.centred[c] * affine.inverse[c]
      dWeight[c] += normalised
      dBias[c] += sums.sum[c]
      blend.a[c] = affine.scale[c]
      blend.b[c] = -affine.scale[c] * affine.inverse[c] * normalised / Float(count)
      blend.c[c] = -affine.scale[c] * sums.sum[c] / Float(count) - blend.b[c] * affine.mean[c]
    }
  }
}

extension BatchNorm {
  /// Moves the running statistics `range` by those of a micro-batch.
  static func move(_ running: UnsafeMutablePointer<Float>, by batch: UnsafePointer<Float>, _ range: Range<Int>) {
    for i in range { running[i] += momentum * (batch[i] - running[i]) }
  }
}
