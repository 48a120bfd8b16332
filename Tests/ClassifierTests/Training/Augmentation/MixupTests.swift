import Foundation
import Testing

@testable import Classifier

@Suite struct MixupTests {
  private func mixed(
    _ own: [Float], _ other: [Float], share: Double, matches: Bool = false, channels: Int = 1, valid: Int? = nil,
    otherValid: Int? = nil
  ) -> AugmentedWindow {
    let length = own.count / channels
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2 * own.count)
    var window = AugmentedWindow(memory: memory, window: length, channels: channels, sampleRate: 0)
    own.withUnsafeBufferPointer { window.fill($0, valid: valid ?? length) }
    other.withUnsafeBufferPointer {
      Mixup.mix($0, valid: otherValid ?? length, share: share, matches: matches, into: &window)
    }
    return window
  }

  @Test func windowsAreAveragedByTheirShares() {
    let window = mixed([0, 1, 2, 3], [8, 8, 8, 8], share: 0.25)
    #expect(Array(window.raw) == [2, 2.75, 3.5, 4.25])
    window.samples.base.deallocate()
  }

  /// The other window is [−1, 1, −1, 1] after its own scaling, and this one's mean is 10 and deviation 5.
  @Test func aLouderWindowIsBroughtToTheMeanAndDeviationOfThisOne() {
    let window = mixed([5, 15, 15, 5], [-900, 1100, -900, 1100], share: 0.5, matches: true)
    #expect(zip(window.raw, [5, 15, 10, 10] as [Float]).allSatisfy { abs($0 - $1) < 1e-4 })
    window.samples.base.deallocate()
    let constant = mixed([5, 15, 15, 5], [7, 7, 7, 7], share: 0.5, matches: true)
    #expect(Array(constant.raw) == [7.5, 12.5, 12.5, 7.5])
    constant.samples.base.deallocate()
  }

  @Test func theMixtureIsAsLongAsTheShorter() {
    for (own, other) in [(4, 3), (3, 4)] {
      let window = mixed([1, 1, 1, 1], [3, 3, 3, 3], share: 0.5, valid: own, otherValid: other)
      #expect(window.valid == 3)
      #expect(Array(window.raw) == [2, 2, 2, 1])
      window.samples.base.deallocate()
    }
  }

  /// min(λ, 1 − λ) with λ ~ Beta(α, α) has the second moment about ½ of the Beta, 1 / (4 (2α + 1)).
  @Test(arguments: [0.1, 0.2, 0.5, 1])
  func sharesFollowTheBetaDistribution(alpha: Double) {
    var generator = SplitMix64(seed: 3)
    let count = 4000
    let draws = (0..<count).map { _ in Mixup(probability: 1, alpha: alpha).draw(windows: 10, using: &generator) }
    #expect(draws.allSatisfy { (0...0.5).contains($0.share) && (0..<10).contains($0.position) })
    let moment = draws.reduce(0) { $0 + ($1.share - 0.5) * ($1.share - 0.5) } / Double(count)
    // The square lies in 0 ... 1/4, so its mean's deviation is at most 1/8 / √4000 = 0.002.
    #expect(abs(moment - 1 / (4 * (2 * alpha + 1))) < 0.006)
    #expect((0..<10).allSatisfy { place in (320...480).contains(draws.count { $0.position == place }) })
  }

  /// Cross-entropy of a mixture is that of its soft label.
  @Test func theLossOfAMixtureIsTheCrossEntropyWithItsSoftLabel() {
    let logits: [Float] = [0.5, -1.25, 2]
    let p = softmax(logits[...]).map { Double($0) }
    let soft = [0.7, 0, 0.3]
    let target = Target(0, mixedWith: 2, share: 0.3)
    var gradient = [Float](repeating: 9, count: 3)
    let loss = Loss().evaluate(logits[...], target, normaliser: 1, gradient: &gradient)
    #expect(abs(loss + zip(soft, p).reduce(0) { $0 + $1.0 * log($1.1) }) < 1e-6)
    // ∂/∂z = p − soft label, whose sum is 1 − 1.
    #expect(zip(gradient, zip(p, soft)).allSatisfy { abs(Double($0) - ($1.0 - $1.1)) < 1e-6 })
    #expect(abs(gradient.reduce(0, +)) < 1e-6)
    #expect(Loss(classWeights: [1, 5, 3]).weight(target) == 0.7 * 1 + 0.3 * 3)
  }

  @Test func theFocalLossOfAMixtureIsTheMixtureOfFocalLosses() {
    let loss = Loss(kind: .focal(gamma: 2), labelSmoothing: 0.1, classWeights: [1, 2, 0.5])
    let logits: [Float] = [0.5, -1.25, 2]
    var (mixed, first, second) = (
      [Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3)
    )
    let value = loss.evaluate(logits[...], Target(1, mixedWith: 2, share: 0.25), normaliser: 2, gradient: &mixed)
    let one = loss.evaluate(logits[...], Target(1), normaliser: 2, gradient: &first)
    let other = loss.evaluate(logits[...], Target(2), normaliser: 2, gradient: &second)
    #expect(abs(value - (0.75 * one + 0.25 * other)) < 1e-12)
    #expect(zip(mixed, zip(first, second)).allSatisfy { abs($0 - (0.75 * $1.0 + 0.25 * $1.1)) < 1e-6 })
  }
}
