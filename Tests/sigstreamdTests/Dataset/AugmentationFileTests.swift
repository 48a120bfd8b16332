import Classifier
import Testing

@testable import sigstreamd

private func parse(_ text: String) throws(ConfigurationError) -> Augmentation {
  try Augmentation(YAMLDocument.parse(text, file: "augmentation.yaml"))
}

/// The `augmentation:` of a dataset file.
struct AugmentationFileTests {
  @Test func everyKeyIsRead() throws {
    var expected = Augmentation()
    expected.mixup = Mixup(probability: 0.1, alpha: 0.4)
    expected.crop = Crop(probability: 0.2, share: 0.5...0.75)
    expected.timeWarp = TimeWarp(probability: 0.3, speed: 0.5...2)
    expected.timeShift = TimeShift(probability: 0.4, share: -0.25...0.125)
    expected.scaling = Scaling(probability: 0.5, factor: 0.25...4)
    expected.baselineWander = BaselineWander(probability: 0.6, snr: -10...0, frequency: 0.25...0.5)
    expected.mainsHum = MainsHum(probability: 0.7, snr: 3...3, frequencies: [50])
    expected.gaussianNoise = GaussianNoise(probability: 0.8, snr: 1...2)
    expected.pinkNoise = PinkNoise(probability: 0.9, snr: 3...4)
    expected.channelDropout = ChannelDropout(probability: 1, channels: 2...3)
    expected.cutout = Cutout(probability: 0, share: 0.01...0.02)
    let read = try parse(
      """
      mixup: { probability: 0.1, alpha: 0.4 }
      crop: { probability: 0.2, share: [ 0.5, 0.75 ] }
      timeWarp: { probability: 0.3, speed: [ 0.5, 2 ] }
      timeShift: { probability: 0.4, share: [ -0.25, 0.125 ] }
      scaling: { probability: 0.5, factor: [ 0.25, 4 ] }
      baselineWander: { probability: 0.6, snr: [ -10, 0 ], frequency: [ 0.25, 0.5 ] }
      mainsHum: { probability: 0.7, snr: 3, frequencies: [ 50 ] }
      gaussianNoise: { probability: 0.8, snr: [ 1, 2 ] }
      pinkNoise: { probability: 0.9, snr: [ 3, 4 ] }
      channelDropout: { probability: 1, channels: [ 2, 3 ] }
      cutout: { probability: 0, share: [ 0.01, 0.02 ] }
      """)
    #expect(read == expected)
  }

  @Test func whatIsLeftOutHasADefaultOrIsNotApplied() throws {
    let read = try parse("timeWarp: { probability: 0.5 }\nmixup: { probability: 1 }")
    var expected = Augmentation()
    expected.timeWarp = TimeWarp(probability: 0.5, speed: 0.8...1.25)
    expected.mixup = Mixup(probability: 1, alpha: 0.2)
    #expect(read == expected)
    #expect(try parse("{}") == Augmentation())
  }

  @Test(arguments: [
    ("timewarp: {}", "augmentation.yaml:1: timewarp: unknown key: did you mean 'timeWarp'?"),
    ("crop: {}", "crop: the key 'probability' is missing"),
    ("\ncrop: { probabilty: 1 }", "augmentation.yaml:2: crop.probabilty: unknown key: did you mean 'probability'?"),
    ("crop: { probability: 1.5 }", "crop.probability: expected a number from 0 to 1, got '1.5'"),
    ("crop: { probability: 1, share: [ 1, 0.5 ] }", "crop.share: the range ends before it begins: write for example"),
    ("crop: { probability: 1, share: [ 0.5 ] }", "crop.share: expected one number or two, the smaller one first"),
    ("crop: { probability: 1, share: 0 }", "crop.share: expected a number from 0.001 to 1"),
    ("timeShift: { probability: 1, share: [ -2, 0 ] }", "timeShift.share[0]: expected a number from -1 to 1"),
    ("timeWarp: { probability: 1, speed: [ 0, 1 ] }", "timeWarp.speed[0]: expected a number from 0.01 to 100"),
    ("pinkNoise: { probability: 1, snr: [ a, 2 ] }", "pinkNoise.snr[0]: expected a number from -40 to 120"),
    ("mainsHum: { probability: 1, frequencies: 50 }", "mainsHum.frequencies: expected a list"),
    ("mainsHum: { probability: 1, frequencies: [] }", "mainsHum.frequencies: the list is empty"),
    ("mixup: { probability: 1, alpha: 0.01 }", "mixup.alpha: expected a number from 0.05 to 1"),
    ("channelDropout: { probability: 1, channels: 1.5 }", "channelDropout.channels: expected whole numbers, got '1.5'"),
    ("cutout: 0.5", "cutout: expected a mapping with probability, share, got '0.5'"),
  ])
  func whatIsWrongIsNamedWithItsPlace(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try parse(text) }
    let description = error?.description ?? ""
    #expect(description.contains(message), "expected '\(message)' in '\(description)'")
  }

  @Test func aDatasetFileHoldsIt() throws {
    let folder = try DatasetFolder()
    let path = try folder.dataset("augmentation:", "  cutout: { probability: 0.5 }")
    #expect(try DatasetFile.read(path: path).augmentation.cutout == Cutout(probability: 0.5))
    let wrong = try folder.dataset("augmentation:", "  cutout: { probability: 2 }")
    expectFailure("dataset.yaml:5: augmentation.cutout.probability: expected a number from 0 to 1") {
      _ = try DatasetFile.read(path: wrong)
    }
  }
}
