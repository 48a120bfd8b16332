import Glibc

/// The training objective and its gradient by the logits.
///
/// With p = softmax(logits), class weights w and label smoothing ε, cross-entropy of a window of class y is
///
///     CE = (1 − ε) · w_y · (−log p_y) + (ε / K) · Σₖ wₖ · (−log pₖ)
///
/// as in PyTorch; focal loss (Lin et al. 2017) is (1 − p_y)^γ · CE. Both are averaged over a batch by Σ w_y. For a window
/// that is a mixture of two (see ``Mixup``), loss and weight are the average of those of its two classes by their shares.
package struct Loss: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case crossEntropy
    /// Focusing exponent γ ≥ 0; 0 is cross-entropy.
    case focal(gamma: Double)
  }

  package var kind: Kind
  /// ε, 0 ..< 1.
  package var labelSmoothing: Double
  /// `[K]`, or empty for equal weights.
  package var classWeights: [Double]

  package init(kind: Kind = .crossEntropy, labelSmoothing: Double = 0, classWeights: [Double] = []) {
    self.kind = kind
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }

  /// A class's weight in the batch's average.
  func weight(_ label: Int) -> Double { classWeights.isEmpty ? 1 : classWeights[label] }

  /// A target's weight in the batch's average.
  func weight(_ target: Target) -> Double {
    (1 - target.share) * weight(target.label) + target.share * weight(target.other)
  }

  /// One window's loss, not yet averaged.
  func value(_ logits: ArraySlice<Float>, label: Int) -> Double {
    terms(logits, label: label).loss
  }

  /// The loss of one window divided by `normaliser` (Σ w_y of the batch); its gradient is put into `gradient [K]`.
  func evaluate(
    _ logits: ArraySlice<Float>, _ target: Target, normaliser: Double, gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    var (loss, slopes) = terms(logits, label: target.label)
    if target.share > 0 {
      let other = terms(logits, label: target.other)
      loss += target.share * (other.loss - loss)
      for k in slopes.indices { slopes[k] += target.share * (other.slopes[k] - slopes[k]) }
    }
    for (k, slope) in slopes.enumerated() {
      gradient[k] = Float(slope / normaliser)
    }
    return loss / normaliser
  }

  private func terms(_ logits: ArraySlice<Float>, label: Int) -> (loss: Double, slopes: [Double]) {
    let classes = logits.count
    let logProbabilities = logSoftmax(logits)
    let p = logProbabilities.map { exp($0) }
    var targets = (0..<classes).map { labelSmoothing / Double(classes) * weight($0) }
    targets[label] += (1 - labelSmoothing) * weight(label)
    let entropy = -zip(targets, logProbabilities).reduce(0) { $0 + $1.0 * $1.1 }
    let total = targets.reduce(0, +)
    var slopes = (0..<classes).map { p[$0] * total - targets[$0] }
    guard case .focal(let gamma) = kind, gamma > 0 else { return (entropy, slopes) }
    // 1 − p_y, worked out without cancellation; d(1 − p_y)^γ / dz_j = γ (1 − p_y)^(γ−1) · p_y · (p_j − [j = y]).
    let miss = (0..<classes).reduce(0) { $1 == label ? $0 : $0 + p[$1] }
    let factor = pow(miss, gamma)
    let factorSlope = miss > 0 ? gamma * pow(miss, gamma - 1) * p[label] : 0
    for j in 0..<classes {
      slopes[j] = factor * slopes[j] + entropy * factorSlope * (p[j] - (j == label ? 1 : 0))
    }
    return (factor * entropy, slopes)
  }
}

/// What a window's logits should say: its class, or two classes by their shares where it is a mixture.
struct Target: Sendable, Equatable {
  /// Counts by 1 − ``share``.
  let label: Int
  /// Counts by ``share``.
  let other: Int
  /// 0 ... 1; 0 for a window that is no mixture.
  let share: Double

  init(_ label: Int, mixedWith other: Int? = nil, share: Double = 0) {
    self.label = label
    self.other = other ?? label
    self.share = share
  }
}

/// log softmax of one row of logits, divided by `temperature` first.
func logSoftmax(_ logits: ArraySlice<Float>, temperature: Double = 1) -> [Double] {
  let logSum = logSum(logits, temperature: temperature)
  return logits.map { Double($0) / temperature - logSum }
}

/// The logarithm of the sum of the exponentials of logits / temperature.
func logSum(_ logits: some Collection<Float>, temperature: Double = 1) -> Double {
  let largest = Double(logits.max() ?? 0)
  return log(logits.reduce(0) { $0 + exp((Double($1) - largest) / temperature) }) + largest / temperature
}

/// softmax of one row of logits.
func softmax(_ logits: ArraySlice<Float>) -> [Float] {
  var probabilities: [Float] = []
  softmax(logits, into: &probabilities)
  return probabilities
}

/// softmax of one row of logits, in storage that is used again.
package func softmax(_ logits: ArraySlice<Float>, into probabilities: inout [Float]) {
  let logSum = logSum(logits)
  probabilities.removeAll(keepingCapacity: true)
  for logit in logits { probabilities.append(Float(exp(Double(logit) - logSum))) }
}
