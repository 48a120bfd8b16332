import Testing

@testable import Classifier

/// The recipe as a whole: probabilities, keys, what it refuses.
@Suite struct AugmentationTests {
  /// Everything that changes a window of two channels for certain, at probability `p`.
  private func everything(_ p: Double) -> Augmentation {
    var all = Augmentation()
    all.crop = Crop(probability: p, share: 0.5...0.9)
    all.timeWarp = TimeWarp(probability: p)
    all.timeShift = TimeShift(probability: p, share: 0.1...0.2)
    all.scaling = Scaling(probability: p, factor: 2...3)
    all.baselineWander = BaselineWander(probability: p)
    all.mainsHum = MainsHum(probability: p)
    all.gaussianNoise = GaussianNoise(probability: p)
    all.pinkNoise = PinkNoise(probability: p)
    all.channelDropout = ChannelDropout(probability: p)
    all.cutout = Cutout(probability: p)
    return all
  }

  /// Each of `everything` alone.
  private func each(_ p: Double) -> [Augmentation] {
    let all = everything(p)
    var each = [Augmentation](repeating: Augmentation(), count: 10)
    each[0].crop = all.crop
    each[1].timeWarp = all.timeWarp
    each[2].timeShift = all.timeShift
    each[3].scaling = all.scaling
    each[4].baselineWander = all.baselineWander
    each[5].mainsHum = all.mainsHum
    each[6].gaussianNoise = all.gaussianNoise
    each[7].pinkNoise = all.pinkNoise
    each[8].channelDropout = all.channelDropout
    each[9].cutout = all.cutout
    return each
  }

  private func applied(_ augmentation: Augmentation, _ samples: [Float], place: Int) -> [Float] {
    let window = TestWindow(samples, channels: 2, sampleRate: 400)
    augmentation.apply(to: window.window, key: RandomKey(seed: 1).child(place))
    return window.samples
  }

  @Test func probabilityZeroLeavesTheBitsAndOneAlwaysChangesThem() {
    let samples = noise(2 * 64)
    for place in 0..<50 {
      #expect(applied(everything(0), samples, place: place) == samples)
      for augmentation in each(1) { #expect(applied(augmentation, samples, place: place) != samples) }
    }
    #expect(!Augmentation().isActive && everything(0).isActive)
  }

  /// 1000 draws with p = 0.3 lie within 300 ± 4 · 14.5.
  @Test func eachIsAppliedAsOftenAsItsProbabilitySays() {
    let samples = noise(2 * 16)
    for augmentation in each(0.3) {
      let changed = (0..<1000).count { applied(augmentation, samples, place: $0) != samples }
      #expect((242...358).contains(changed))
    }
    var mixup = Augmentation()
    mixup.mixup = Mixup(probability: 0.3)
    let mixed = (0..<1000).count { mixup.mixture(key: RandomKey(seed: 1).child($0), windows: 9) != nil }
    #expect((242...358).contains(mixed))
    #expect(everything(1).mixture(key: RandomKey(seed: 1), windows: 9) == nil)
  }

  /// Two augmentations of the same probability must not fall on the same windows: 0.5 · 0.5 of 400 are 100 ± 4 · 8.7.
  @Test func augmentationsAreDrawnIndependently() {
    let samples = noise(2 * 16)
    let changed = each(0.5).map { augmentation in (0..<400).map { applied(augmentation, samples, place: $0) != samples }
    }
    for i in changed.indices {
      for j in changed.indices where i < j {
        #expect((65...135).contains(zip(changed[i], changed[j]).count { $0 && $1 }))
      }
    }
  }

  @Test func drawsDependOnTheKeyAlone() {
    let samples = noise(2 * 64)
    let forwards = (0..<8).map { applied(everything(1), samples, place: $0) }
    let backwards = (0..<8).reversed().map { applied(everything(1), samples, place: $0) }
    #expect(forwards == backwards.reversed())
    #expect(Set(forwards).count == 8)
  }

  @Test func whatNeedsTheSampleRateSaysSo() {
    var augmentation = Augmentation()
    #expect(augmentation.problem(sampleRate: 0) == nil)
    augmentation.mainsHum = MainsHum(probability: 1)
    #expect(augmentation.problem(sampleRate: 0)?.contains("mainsHum needs the sample rate") == true)
    #expect(augmentation.problem(sampleRate: 120)?.contains("mainsHum at 60.0 Hz") == true)
    #expect(augmentation.problem(sampleRate: 121) == nil)
    augmentation.baselineWander = BaselineWander(probability: 1, frequency: 1...70)
    #expect(augmentation.problem(sampleRate: 121)?.contains("baselineWander at 70.0 Hz") == true)
  }

  @Test func whatCanHaveNoEffectIsTold() {
    let byWindow = InputSpecification(sampleRate: 0, window: 8, normalisation: .window)
    let asItIs = InputSpecification(sampleRate: 0, window: 8, normalisation: .none)
    #expect(everything(1).idle(channels: 2, input: asItIs).isEmpty)
    #expect(everything(1).idle(channels: 1, input: byWindow).count == 2)
    #expect(Augmentation().idle(channels: 1, input: byWindow).isEmpty)
  }
}
