import Foundation
import Testing

@testable import Classifier

@Suite struct LossTests {
  /// PyTorch's losses and gradients over six windows of five classes.
  @Test(arguments: ["cross_entropy", "smoothed", "weighted", "focal"])
  func agreesWithPyTorch(kind: String) throws {
    let golden = try Golden("losses")
    let (logits, labels) = try (golden.floats("logits"), golden.integers("labels"))
    var loss = Loss()
    switch kind {
    case "smoothed": loss.labelSmoothing = 0.1
    case "weighted": loss.classWeights = try golden.floats("class_weights").map { Double($0) }
    case "focal": loss.kind = .focal(gamma: 2)
    default: break
    }
    let normaliser = labels.reduce(0) { $0 + loss.weight($1) }
    var gradient = [Float](repeating: 9, count: logits.count)
    let total = labels.enumerated().reduce(0.0) { sum, window in
      let row = window.offset * 5..<(window.offset + 1) * 5
      return gradient.withUnsafeMutableBufferPointer { buffer in
        sum
          + loss.evaluate(
            logits[row], Target(window.element), normaliser: normaliser, gradient: buffer.baseAddress! + row.lowerBound)
      }
    }
    #expect(try abs(total - Double(golden.floats("loss.\(kind)")[0])) < 1e-5)
    #expect(try largestDifference(gradient, golden.floats("grad.\(kind)")) < 1e-6)
  }

  /// Two equal logits have p = 1/2.
  @Test func equalLogitsByHand() {
    let logits: ArraySlice<Float> = [3, 3]
    let log2 = log(2.0)
    #expect(abs(Loss().value(logits, label: 0) - log2) < 1e-12)
    #expect(abs(Loss(kind: .focal(gamma: 2)).value(logits, label: 1) - log2 / 4) < 1e-12)
    #expect(abs(Loss(kind: .focal(gamma: 0)).value(logits, label: 1) - log2) < 1e-12)
    #expect(abs(Loss(classWeights: [3, 1]).value(logits, label: 0) - 3 * log2) < 1e-12)
    // (1 − ε) w₀ ln 2 + ε/2 (w₀ + w₁) ln 2 with ε = 0.2, w = (3, 1): 2.4 + 0.4.
    #expect(abs(Loss(labelSmoothing: 0.2, classWeights: [3, 1]).value(logits, label: 0) - 2.8 * log2) < 1e-12)
  }

  static let combinations: [Loss] = [0, 0.5, 1, 2, 3.5].flatMap { gamma in
    [0, 0.1].flatMap { smoothing in
      [[], [0.2, 1, 3, 0.7]].map { weights in
        Loss(kind: gamma == 0 ? .crossEntropy : .focal(gamma: gamma), labelSmoothing: smoothing, classWeights: weights)
      }
    }
  }

  /// Central differences; the loss is in double precision and the steps are exact in float32, so 1e-5 is ample.
  @Test(arguments: combinations)
  func gradientAgreesWithDifferences(loss: Loss) {
    let h: Float = 0x1p-9
    for label in 0..<4 {
      let logits: [Float] = [0.5, -1.25, 2, 0.125]
      var gradient = [Float](repeating: 0, count: 4)
      let value = loss.evaluate(logits[...], Target(label), normaliser: 2.5, gradient: &gradient)
      #expect(abs(value - loss.value(logits[...], label: label) / 2.5) < 1e-12)
      for k in 0..<4 {
        let differences = [h, -h].map { step in
          var moved = logits
          moved[k] += step
          return loss.value(moved[...], label: label)
        }
        let numeric = (differences[0] - differences[1]) / Double(2 * h) / 2.5
        #expect(abs(numeric - Double(gradient[k])) < 1e-5)
      }
    }
  }

  @Test(arguments: combinations)
  func extremeLogitsStayFinite(loss: Loss) {
    for logits: [Float] in [[1000, 0, 0, 0], [-1000, 1000, 0, 0], [1e30, -1e30, 0, 0], [0, 0, 0, 0]] {
      for label in 0..<4 {
        var gradient = [Float](repeating: 0, count: 4)
        let value = loss.evaluate(logits[...], Target(label), normaliser: 1, gradient: &gradient)
        #expect(value.isFinite && value >= 0 && gradient.allSatisfy(\.isFinite), "\(logits), \(label): \(gradient)")
      }
    }
  }

  @Test func softmaxOfARowSumsToOneAndIgnoresAnOffset() {
    let p = softmax([1, 2, 3, 4])
    #expect(abs(p.reduce(0, +) - 1) < 1e-6)
    #expect(largestDifference(p, softmax([1001, 1002, 1003, 1004])) < 1e-6)
    #expect(abs(p[3] / p[2] - Float(M_E)) < 1e-5)
  }
}
