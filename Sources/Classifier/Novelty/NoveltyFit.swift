/// Fits ``NoveltyStatistics`` to embeddings.
struct NoveltyFit {
  /// Scores kept for the p-values; more are thinned to evenly spaced ranks.
  private static let largestCalibration = 2000

  /// - Parameters:
  ///   - embeddings: `[N, D]` of training windows, with their labels `[N]`; N ≥ 1.
  ///   - heldOut: `[M, D]` of windows that are not among them.
  static func statistics(embeddings: [Float], labels: [Int], heldOut: [Float], dim: Int) -> NoveltyStatistics {
    let (means, centred) = centre(embeddings, labels, dim)
    let (covariance, shrinkage) = shrunkCovariance(centred, dim)
    var statistics = NoveltyStatistics(
      dim: dim, shrinkage: shrinkage, means: PackedFloats(means.map { Float($0) }),
      whitening: PackedFloats(inverseCholesky(covariance, dim).map { Float($0) }), calibration: PackedFloats([]))
    let scorer = NoveltyScorer(statistics)
    let scores = stride(from: 0, to: heldOut.count, by: dim).map { scorer.distance(heldOut[$0..<$0 + dim]) }.sorted()
    statistics.calibration = PackedFloats(thinned(scores))
    return statistics
  }

  private static func thinned(_ sorted: [Float]) -> [Float] {
    guard sorted.count > largestCalibration else { return sorted }
    return (0..<largestCalibration).map { sorted[$0 * (sorted.count - 1) / (largestCalibration - 1)] }
  }

  /// Means of the classes that occur, `[classes, D]`, and the embeddings with their class's mean taken off.
  private static func centre(_ embeddings: [Float], _ labels: [Int], _ dim: Int) -> ([Double], [Double]) {
    let classes = Array(Set(labels)).sorted()
    var means = [Double](repeating: 0, count: classes.count * dim)
    var centred = embeddings.map(Double.init)
    for (k, label) in classes.enumerated() {
      let members = labels.indices.filter { labels[$0] == label }
      for i in 0..<dim {
        let mean = members.reduce(0) { $0 + centred[$1 * dim + i] } / Double(members.count)
        means[k * dim + i] = mean
        for n in members {
          centred[n * dim + i] -= mean
        }
      }
    }
    return (means, centred)
  }

  /// Ledoit and Wolf's (1 − λ) S + λ μ I with μ = tr S / D and their optimal λ = min(1, b² / d²),
  /// d² = ‖S − μI‖², b² = (Σₙ |xₙ|⁴ / N − ‖S‖²) / N (Frobenius norms).
  private static func shrunkCovariance(_ x: [Double], _ dim: Int) -> ([Double], shrinkage: Double) {
    let count = x.count / dim
    var covariance = [Double](repeating: 0, count: dim * dim)
    var fourth = 0.0
    for n in 0..<count {
      var squares = 0.0
      for i in 0..<dim {
        let xi = x[n * dim + i]
        squares += xi * xi
        for j in 0...i {
          covariance[i * dim + j] += xi * x[n * dim + j]
        }
      }
      fourth += squares * squares
    }
    for i in 0..<dim {
      for j in 0...i {
        covariance[i * dim + j] /= Double(count)
        covariance[j * dim + i] = covariance[i * dim + j]
      }
    }
    let mu = (0..<dim).reduce(0) { $0 + covariance[$1 * dim + $1] } / Double(dim)
    let norm = covariance.reduce(0) { $0 + $1 * $1 }
    let d2 = norm - Double(dim) * mu * mu
    let b2 = max(0, (fourth / Double(count) - norm) / Double(count))
    let shrinkage = d2 > 0 ? min(1, b2 / d2) : 1
    // Embeddings that hardly vary (one window, one value) still need an invertible matrix.
    let floor = max(mu, 1e-12) * 1e-6
    for i in 0..<dim {
      for j in 0..<dim {
        covariance[i * dim + j] *= 1 - shrinkage
      }
      covariance[i * dim + i] += shrinkage * mu + floor
    }
    return (covariance, shrinkage)
  }

  /// L⁻¹ of a symmetric positive definite matrix A = L·Lᵀ.
  private static func inverseCholesky(_ a: [Double], _ dim: Int) -> [Double] {
    var lower = [Double](repeating: 0, count: dim * dim)
    for i in 0..<dim {
      for j in 0...i {
        var sum = a[i * dim + j]
        for k in 0..<j {
          sum -= lower[i * dim + k] * lower[j * dim + k]
        }
        lower[i * dim + j] = i == j ? max(sum, .leastNormalMagnitude).squareRoot() : sum / lower[j * dim + j]
      }
    }
    var inverse = [Double](repeating: 0, count: dim * dim)
    for column in 0..<dim {
      for row in column..<dim {
        var sum = row == column ? 1.0 : 0
        for k in column..<row {
          sum -= lower[row * dim + k] * inverse[k * dim + column]
        }
        inverse[row * dim + column] = sum / lower[row * dim + row]
      }
    }
    return inverse
  }
}
