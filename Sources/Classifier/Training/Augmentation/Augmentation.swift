/// Random changes to training windows, so that a model learns what does not matter: the signal-level counterpart of
/// what an image classifier gets by flips and crops.
///
/// Every augmentation has a probability of its own and is drawn anew for each window of each epoch. They act on raw
/// samples, before the input scaling, in training only, in the order of the properties: first what mixes and moves
/// samples, then what is added to them, then what is lost. Padding is left alone.
package struct Augmentation: Codable, Sendable, Equatable {
  package var mixup: Mixup?
  package var crop: Crop?
  package var timeWarp: TimeWarp?
  package var timeShift: TimeShift?
  package var scaling: Scaling?
  package var baselineWander: BaselineWander?
  package var mainsHum: MainsHum?
  package var gaussianNoise: GaussianNoise?
  package var pinkNoise: PinkNoise?
  package var channelDropout: ChannelDropout?
  package var cutout: Cutout?

  package init() {}

  /// Whether any augmentation was asked for.
  package var isActive: Bool { self != Augmentation() }

  /// Counters of the augmentations' random numbers: a model trained with the same seed depends on them.
  private enum Purpose: Int {
    case mixup, crop, timeWarp, timeShift, scaling, baselineWander, mainsHum, gaussianNoise, pinkNoise
    case channelDropout, cutout
  }

  /// What `key`'s window is mixed with, drawn apart from ``apply(to:key:)`` since the batch's loss depends on it.
  func mixture(key: RandomKey, windows: Int) -> Mixup.Mixture? {
    guard let mixup else { return nil }
    var generator = key.child(Purpose.mixup.rawValue).generator
    guard generator.uniform() < mixup.probability else { return nil }
    return mixup.draw(windows: windows, using: &generator)
  }

  /// Applies what `key` draws, but for mixup, to `window` in place.
  func apply(to window: AugmentedWindow, key: RandomKey) {
    apply(crop, .crop, to: window, key)
    apply(timeWarp, .timeWarp, to: window, key)
    apply(timeShift, .timeShift, to: window, key)
    apply(scaling, .scaling, to: window, key)
    apply(baselineWander, .baselineWander, to: window, key)
    apply(mainsHum, .mainsHum, to: window, key)
    apply(gaussianNoise, .gaussianNoise, to: window, key)
    apply(pinkNoise, .pinkNoise, to: window, key)
    apply(channelDropout, .channelDropout, to: window, key)
    apply(cutout, .cutout, to: window, key)
  }

  private func apply(
    _ augmentation: (some WindowAugmentation)?, _ purpose: Purpose, to window: AugmentedWindow, _ key: RandomKey
  ) {
    guard let augmentation else { return }
    var generator = key.child(purpose.rawValue).generator
    if generator.uniform() < augmentation.probability { augmentation.apply(to: window, using: &generator) }
  }
}

/// One kind of random change to one window.
protocol WindowAugmentation: Codable, Sendable, Equatable {
  /// The share of windows that are changed, 0 ... 1.
  var probability: Double { get }

  /// Changes `window` as `generator` draws; it was decided before that it is to be changed.
  func apply(to window: AugmentedWindow, using generator: inout SplitMix64)
}

extension Augmentation {
  /// Why it cannot be applied to windows of `channels` channels at `sampleRate` (0: unknown), or nil.
  package func problem(sampleRate: Double) -> String? {
    let needed = [(mainsHum?.frequencies.max(), "mainsHum"), (baselineWander?.frequency.upperBound, "baselineWander")]
    for case (let frequency?, let name) in needed {
      guard sampleRate > 0 else { return "\(name) needs the sample rate, which the data do not tell" }
      guard frequency < sampleRate / 2 else {
        return
          "\(name) at \(frequency) Hz needs more than \(2 * frequency) samples a second, the data have \(sampleRate)"
      }
    }
    return nil
  }

  /// What was asked for and can have no effect on windows scaled by `input`, a sentence each.
  package func idle(channels: Int, input: InputSpecification) -> [String] {
    var sentences: [String] = []
    if scaling != nil, input.normalisation == .window {
      sentences.append("scaling has no effect: the normalisation 'window' undoes it")
    }
    if channelDropout != nil, channels == 1 {
      sentences.append("channelDropout has no effect: there is one channel, and one always stays")
    }
    return sentences
  }
}
