import Classifier

/// The `augmentation:` of a dataset file, or a file of its own that holds the same mapping.
///
///     augmentation:
///       timeWarp:       { probability: 0.5, speed: [ 0.8, 1.25 ] }
///       gaussianNoise:  { probability: 0.3, snr: [ 10, 30 ] }
///       mainsHum:       { probability: 0.2, frequencies: [ 50 ] }
///
/// An augmentation that is not named is not applied; a named one needs its probability, and has a default for the rest.
extension Augmentation {
  private enum Key: String, YAMLKey {
    case mixup, crop, timeWarp, timeShift, scaling, baselineWander, mainsHum, gaussianNoise, pinkNoise, channelDropout
    case cutout
  }
  private enum MixupKey: String, YAMLKey { case probability, alpha }
  private enum ShareKey: String, YAMLKey { case probability, share }
  private enum WarpKey: String, YAMLKey { case probability, speed }
  private enum ScalingKey: String, YAMLKey { case probability, factor }
  private enum NoiseKey: String, YAMLKey { case probability, snr }
  private enum WanderKey: String, YAMLKey { case probability, snr, frequency }
  private enum HumKey: String, YAMLKey { case probability, snr, frequencies }
  private enum ChannelKey: String, YAMLKey { case probability, channels }

  /// Decibels beyond which a disturbance is all or nothing.
  private static let decibels = -40.0...120.0
  private static let factors = 0.01...100.0
  private static let shares = 0.001...1.0
  private static let hertz = 1e-6...1e9

  /// Reads the augmentation file at `path`.
  static func read(path: String) throws(ConfigurationError) -> Augmentation {
    try Augmentation(YAMLDocument.read(path: path))
  }

  /// Resolves the mapping.
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let root = try value.mapping(of: Key.self)
    self.init()
    mixup = try root.optional(.mixup).map(Self.mixup)
    crop = try root.optional(.crop).map(Self.crop)
    timeWarp = try root.optional(.timeWarp).map(Self.timeWarp)
    timeShift = try root.optional(.timeShift).map(Self.timeShift)
    scaling = try root.optional(.scaling).map(Self.scaling)
    baselineWander = try root.optional(.baselineWander).map(Self.baselineWander)
    mainsHum = try root.optional(.mainsHum).map(Self.mainsHum)
    gaussianNoise = try root.optional(.gaussianNoise).map(Self.gaussianNoise)
    pinkNoise = try root.optional(.pinkNoise).map(Self.pinkNoise)
    channelDropout = try root.optional(.channelDropout).map(Self.channelDropout)
    cutout = try root.optional(.cutout).map(Self.cutout)
  }

  private static func probability<Key>(_ keys: YAMLMapping<Key>, _ key: Key) throws(ConfigurationError) -> Double {
    try keys.required(key).number(in: 0...1, example: "0.5")
  }

  private static func mixup(_ value: YAMLValue) throws(ConfigurationError) -> Mixup {
    let keys = try value.mapping(of: MixupKey.self)
    var mixup = Mixup(probability: try probability(keys, .probability))
    if let alpha = try keys.optional(.alpha) { mixup.alpha = try alpha.number(in: 0.05...1, example: "0.2") }
    return mixup
  }

  private static func crop(_ value: YAMLValue) throws(ConfigurationError) -> Crop {
    let keys = try value.mapping(of: ShareKey.self)
    var crop = Crop(probability: try probability(keys, .probability))
    if let share = try keys.optional(.share) { crop.share = try share.range(in: shares, example: "[ 0.85, 1 ]") }
    return crop
  }

  private static func timeWarp(_ value: YAMLValue) throws(ConfigurationError) -> TimeWarp {
    let keys = try value.mapping(of: WarpKey.self)
    var warp = TimeWarp(probability: try probability(keys, .probability))
    if let speed = try keys.optional(.speed) { warp.speed = try speed.range(in: factors, example: "[ 0.8, 1.25 ]") }
    return warp
  }

  private static func timeShift(_ value: YAMLValue) throws(ConfigurationError) -> TimeShift {
    let keys = try value.mapping(of: ShareKey.self)
    var shift = TimeShift(probability: try probability(keys, .probability))
    if let share = try keys.optional(.share) { shift.share = try share.range(in: -1...1, example: "[ -0.1, 0.1 ]") }
    return shift
  }

  private static func scaling(_ value: YAMLValue) throws(ConfigurationError) -> Scaling {
    let keys = try value.mapping(of: ScalingKey.self)
    var scaling = Scaling(probability: try probability(keys, .probability))
    if let factor = try keys.optional(.factor) {
      scaling.factor = try factor.range(in: factors, example: "[ 0.8, 1.25 ]")
    }
    return scaling
  }

  private static func baselineWander(_ value: YAMLValue) throws(ConfigurationError) -> BaselineWander {
    let keys = try value.mapping(of: WanderKey.self)
    var wander = BaselineWander(probability: try probability(keys, .probability))
    if let snr = try keys.optional(.snr) { wander.snr = try snr.range(in: decibels, example: "[ -5, 15 ]") }
    if let frequency = try keys.optional(.frequency) {
      wander.frequency = try frequency.range(in: hertz, example: "[ 0.05, 0.5 ]")
    }
    return wander
  }

  private static func mainsHum(_ value: YAMLValue) throws(ConfigurationError) -> MainsHum {
    let keys = try value.mapping(of: HumKey.self)
    var hum = MainsHum(probability: try probability(keys, .probability))
    if let snr = try keys.optional(.snr) { hum.snr = try snr.range(in: decibels, example: "[ 5, 30 ]") }
    if let frequencies = try keys.optional(.frequencies) {
      hum.frequencies = []
      for item in try frequencies.list() {
        hum.frequencies.append(try item.number(in: hertz, unit: "Hz", example: "50"))
      }
    }
    return hum
  }

  private static func gaussianNoise(_ value: YAMLValue) throws(ConfigurationError) -> GaussianNoise {
    let keys = try value.mapping(of: NoiseKey.self)
    var noise = GaussianNoise(probability: try probability(keys, .probability))
    if let snr = try keys.optional(.snr) { noise.snr = try snr.range(in: decibels, example: "[ 10, 30 ]") }
    return noise
  }

  private static func pinkNoise(_ value: YAMLValue) throws(ConfigurationError) -> PinkNoise {
    let keys = try value.mapping(of: NoiseKey.self)
    var noise = PinkNoise(probability: try probability(keys, .probability))
    if let snr = try keys.optional(.snr) { noise.snr = try snr.range(in: decibels, example: "[ 10, 30 ]") }
    return noise
  }

  private static func channelDropout(_ value: YAMLValue) throws(ConfigurationError) -> ChannelDropout {
    let keys = try value.mapping(of: ChannelKey.self)
    var dropout = ChannelDropout(probability: try probability(keys, .probability))
    if let channels = try keys.optional(.channels) {
      let range = try channels.range(in: 1...4096, example: "[ 1, 2 ]")
      let (fewest, most) = (Int(range.lowerBound), Int(range.upperBound))
      guard Double(fewest) == range.lowerBound, Double(most) == range.upperBound else {
        throw channels.mismatch("whole numbers", example: "[ 1, 2 ]")
      }
      dropout.channels = fewest...most
    }
    return dropout
  }

  private static func cutout(_ value: YAMLValue) throws(ConfigurationError) -> Cutout {
    let keys = try value.mapping(of: ShareKey.self)
    var cutout = Cutout(probability: try probability(keys, .probability))
    if let share = try keys.optional(.share) { cutout.share = try share.range(in: shares, example: "[ 0.02, 0.1 ]") }
    return cutout
  }
}
