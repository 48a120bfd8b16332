import Foundation
import Testing

@testable import Classifier

/// Augmentations that move samples in time, scale or silence them.
@Suite struct MovedSampleTests {
  private static let ramp = (0..<256).map { Float($0) }

  private func impulse(at place: Int, of count: Int = 256) -> [Float] { (0..<count).map { $0 == place ? 1 : 0 } }

  /// 0.125 of 256 samples are 32.
  @Test(arguments: [(0.125, 132), (-0.125, 68), (0, 100)] as [(Double, Int)])
  func aShiftMovesAnImpulseByItsShareOfTheWindow(share: Double, place: Int) {
    let after = TestWindow.applying(TimeShift(probability: 1, share: share...share), to: impulse(at: 100))
    #expect(after == impulse(at: place))
  }

  @Test func whatComesIntoViewIsTheMirroredSignal() {
    let later = TestWindow.applying(TimeShift(probability: 1, share: 0.5...0.5), to: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(later == [4, 3, 2, 1, 0, 1, 2, 3])
    let earlier = TestWindow.applying(TimeShift(probability: 1, share: -0.5 ... -0.5), to: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(earlier == [4, 5, 6, 7, 6, 5, 4, 3])
    #expect((-7...7).map { TimeShift.mirrored($0, count: 3) } == [1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1])
  }

  @Test func shiftsAreDrawnFromTheirRange() {
    let places = (1...200).map { seed -> Int in
      let after = TestWindow.applying(TimeShift(probability: 1, share: -0.1...0.1), to: impulse(at: 128), seed: seed)
      return after.firstIndex(of: 1) ?? -1
    }
    #expect(places.allSatisfy { abs($0 - 128) <= 26 })
    #expect(places.min()! < 110 && places.max()! > 146)
  }

  /// A cubic through a line is the line: a warped ramp shows the place that each sample was taken from.
  @Test(arguments: 1...20)
  func aWarpKeepsTheEndsAndTheOrderAndItsSpeeds(seed: Int) {
    let places = TestWindow.applying(TimeWarp(probability: 1, speed: 0.5...2), to: Self.ramp, seed: seed)
    #expect(places[0] == 0 && abs(places[255] - 255) < 1e-3)
    let speeds = zip(places.dropFirst(), places).map { $0 - $1 }
    // Speeds of 0.5 to 2, divided by a mean in the same range.
    #expect(speeds.allSatisfy { (0.25...4).contains($0) })
    #expect(speeds.max()! - speeds.min()! > 0.05, "it is a warp")
    // Linear between knots a quarter of the window apart: no two neighbours differ by much.
    #expect(zip(speeds.dropFirst(2), speeds.dropFirst()).dropLast().allSatisfy { abs($0 - $1) < 0.2 })
  }

  @Test func aWarpOfOneSpeedIsNone() {
    let window = noise(100)
    let after = TestWindow.applying(TimeWarp(probability: 1, speed: 1.5...1.5), to: window)
    #expect(largestDifference(after, window) < 1e-5)
  }

  /// Half of the window, from some start on, stretched over all of it.
  @Test(arguments: 1...20)
  func aCropStretchesAPartOverTheWindow(seed: Int) {
    let places = TestWindow.applying(Crop(probability: 1, share: 0.5...0.5), to: Self.ramp, seed: seed)
    let start = places[0]
    #expect((0...128).contains(start) && start == start.rounded())
    #expect(zip(places, 0..<256).allSatisfy { abs($0 - (start + Float($1) * 127 / 255)) < 0.01 })
  }

  @Test func aCropOfAllIsNone() {
    let window = noise(100)
    #expect(TestWindow.applying(Crop(probability: 1, share: 1...1), to: window) == window)
  }

  /// A sine of 16 samples a period comes out of a resampling as the sine that it is, within the cubic's error.
  @Test func resamplingFollowsASmoothSignal() {
    let wave = (0..<256).map { Float(sin(2 * .pi * Double($0) / 16)) }
    let after = TestWindow.applying(Crop(probability: 1, share: 0.75...0.75), to: wave)
    let start = TestWindow.applying(Crop(probability: 1, share: 0.75...0.75), to: Self.ramp)[0]
    let expected = (0..<256).map { Float(sin(2 * .pi * (Double(start) + Double($0) * 191 / 255) / 16)) }
    #expect(largestDifference(after, expected) < 0.01)
  }

  @Test func scalingMultipliesWhatLiesAboutTheMean() {
    let after = TestWindow.applying(
      Scaling(probability: 1, factor: 2...2), to: [9, 100, 11, 100, 9, 100, 11, 100], channels: 2)
    #expect(after == [8, 100, 12, 100, 8, 100, 12, 100])
    let factors = (1...200).map {
      TestWindow.applying(Scaling(probability: 1, factor: 0.5...2), to: [-1, 1], seed: $0)[1]
    }
    #expect(factors.allSatisfy { (0.5...2).contains($0) })
    // Log-uniform: as many below 1 as above, within three deviations (√50).
    #expect((79...121).contains(factors.count { $0 < 1 }))
  }

  @Test func channelsFallSilentAndOneAlwaysStays() {
    let samples = noise(4 * 64)
    var lost = [Int](repeating: 0, count: 5)
    var byChannel = [Int](repeating: 0, count: 4)
    for seed in 1...300 {
      let after = TestWindow.applying(
        ChannelDropout(probability: 1, channels: 1...9), to: samples, channels: 4, seed: seed)
      let silent = (0..<4).filter { c in (1..<64).allSatisfy { after[$0 * 4 + c] == after[c] } }
      lost[silent.count] += 1
      for c in silent { byChannel[c] += 1 }
      for c in 0..<4 where !silent.contains(c) {
        #expect((0..<64).allSatisfy { after[$0 * 4 + c] == samples[$0 * 4 + c] })
      }
    }
    #expect(lost[0] == 0 && lost[4] == 0 && lost[1] > 10 && lost[2] > 10)
    // Each channel as often as another: 300 · (1 + 2 + 7 · 3)/9 / 4 = 200.
    #expect(byChannel.allSatisfy { (170...230).contains($0) }, "\(byChannel)")
  }

  @Test func aCutoutFlattensOneSpanToTheMean() {
    let samples = noise(2 * 100)
    for seed in 1...50 {
      let after = TestWindow.applying(Cutout(probability: 1, share: 0.1...0.2), to: samples, channels: 2, seed: seed)
      let changed = (0..<100).filter { after[2 * $0] != samples[2 * $0] }
      #expect((10...20).contains(changed.count))
      #expect(changed == Array(changed[0]..<changed[0] + changed.count), "one span")
      let mean = (0..<100).reduce(0) { $0 + samples[2 * $1 + 1] } / 100
      #expect(changed.allSatisfy { abs(after[2 * $0 + 1] - mean) < 1e-5 })
    }
  }

  /// Every augmentation leaves padding alone, which is read by nobody but must not leak into the window.
  @Test func paddingIsNeitherReadNorWritten() {
    let window = noise(64)
    for augmentation: any WindowAugmentation in [
      Crop(probability: 1, share: 0.5...0.5), TimeWarp(probability: 1), TimeShift(probability: 1, share: 0.3...0.3),
      Scaling(probability: 1, factor: 2...2), BaselineWander(probability: 1), MainsHum(probability: 1),
      GaussianNoise(probability: 1), PinkNoise(probability: 1), Cutout(probability: 1, share: 0.5...0.5),
    ] {
      let alone = TestWindow.applying(augmentation, to: window, sampleRate: 400)
      let padded = TestWindow.applying(
        augmentation, to: window + [Float](repeating: 1e9, count: 16), valid: 64, sampleRate: 400)
      #expect(Array(padded[..<64]) == alone, "\(type(of: augmentation))")
      #expect(padded[64...].allSatisfy { $0 == 1e9 })
      #expect(alone != window)
    }
  }

  @Test func oneSampleIsEnough() {
    for augmentation: any WindowAugmentation in [
      Crop(probability: 1), TimeWarp(probability: 1), TimeShift(probability: 1, share: 1...1), Scaling(probability: 1),
      BaselineWander(probability: 1), MainsHum(probability: 1), GaussianNoise(probability: 1),
      PinkNoise(probability: 1), ChannelDropout(probability: 1), Cutout(probability: 1),
    ] {
      #expect(TestWindow.applying(augmentation, to: [3, 9, 9], valid: 1, sampleRate: 400) == [3, 9, 9])
    }
  }
}
