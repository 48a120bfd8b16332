import Classifier
import Testing

@testable import sigstreamd

/// What is told before training starts.
struct DataCheckTests {
  /// Windows of 8 samples with the given first ones; the others tell the window's place, so that no two are the same.
  private func windows(_ labels: [Int], flat: Set<Int> = [], like: [Int: Int] = [:], offset: Int = 0) -> LabelledWindows
  {
    let samples = labels.indices.flatMap { n in
      (0..<8).map { t in flat.contains(n) ? 3 : Float(t * (1 + offset + (like[n] ?? n))) }
    }
    return LabelledWindows(samples: samples, windowSamples: 8, channels: 1, labels: labels)
  }

  private func check(
    _ training: LabelledWindows, validation: LabelledWindows?, labels: [String] = ["a", "b"],
    sources: WindowSources = .numbered("x.npy"), options: TrainingOptions = TrainingOptions(), heldOut: Int = 99,
    ancestors: [(String, Model)] = [], _ change: (inout TrainingData) -> Void = { _ in }
  ) -> DataCheck {
    var data = TrainingData(
      training: training, validation: validation, test: nil, labels: labels, sampleRateHz: 0,
      description: .init(name: "made"), sources: sources)
    change(&data)
    return DataCheck(
      data, input: InputSpecification(sampleRate: 0, window: 8, normalisation: .window), options: options,
      heldOut: heldOut, ancestors: ancestors)
  }

  @Test func nothingIsToldOfGoodData() {
    let check = check(windows([0, 1, 0, 1]), validation: windows([0, 1], offset: 50))
    #expect(check.warnings.isEmpty && check.errors.isEmpty)
  }

  @Test func classesWithoutWindowsAreNamed() {
    let check = check(
      windows([0, 1, 0, 1]), validation: windows([0, 2], offset: 50), labels: ["a", "b", "c", "d"])
    #expect(
      check.warnings == [
        "class c has no training windows: the model will not learn it",
        "class d has no training windows: the model will not learn it",
        "class b has no validation windows: no figure tells how well it is found",
      ])
    #expect(check.errors.isEmpty)
  }

  @Test func oneClassIsNotEnough() {
    let training = check(windows([1, 1]), validation: windows([0, 1], offset: 50))
    #expect(
      training.errors == ["all windows to train on are of the class b: a model needs two classes to tell apart"])
    let validation = check(windows([0, 1]), validation: windows([1, 1], offset: 50))
    #expect(validation.errors.isEmpty)
    #expect(
      validation.warnings == [
        "all validation windows are of the class b: they can't tell a better epoch from a worse one"
      ])
  }

  @Test func withoutValidationTheLastEpochIsKeptAndPatienceIsAnError() {
    #expect(check(windows([0, 1]), validation: nil).warnings.count == 1)
    var options = TrainingOptions()
    options.patience = 2
    let check = check(windows([0, 1]), validation: windows([]), options: options)
    #expect(check.errors == ["--patience needs validation windows: name recordings, or give --validation"])
    expectFailure("--patience needs validation windows") { try check.report() }
  }

  /// The least conformal p-value of n windows is 1 / (1 + n).
  @Test func tooFewHeldOutWindowsForOutliersAreTold() {
    let check = check(windows([0, 1]), validation: windows([0, 1], offset: 50), heldOut: 98)
    #expect(check.warnings.count == 1 && check.errors.isEmpty)
    #expect(check.warnings[0].hasPrefix("p-values from 98 held-out windows are 1/99 or more, so that none is called"))
  }

  @Test func whatAnAncestorWasTrainedOnIsToldOfEachPart() throws {
    var model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["a", "b"],
      input: InputSpecification(sampleRate: 0, window: 8, normalisation: .window), seed: 1)
    model.training = try JSONText.encode(
      TrainingRecord(command: "", data: .init(name: "", records: ["training": ["r", "s"]]), parameters: 1))
    let check = check(
      windows([0, 1]), validation: windows([0, 1], offset: 50), ancestors: [("the teacher", model)]
    ) {
      $0.description.records = ["training": ["r"], "validation": ["s"], "test": ["s", "t"]]
    }
    #expect(
      check.warnings == [
        "the teacher was trained on 1 of 1 validation recordings (s), which flatters the figures there: name others in "
          + "split.validation",
        "the teacher was trained on 1 of 2 test recordings (s), which flatters the figures there: name others in "
          + "split.test",
      ])
  }

  @Test func constantSignalsAreNamed() {
    let some = check(
      windows([0, 1, 0, 1, 0], flat: [1, 4]), validation: windows([0, 1, 1], flat: [2], offset: 50))
    #expect(
      some.warnings == [
        "a constant signal in 2 of 5 training windows (window 1 of x.npy, window 4 of x.npy): a sensor that was off "
          + "teaches nothing, leave them out",
        "a constant signal in 1 of 3 validation windows: a sensor that was off teaches nothing, leave them out",
      ])
    let all = check(windows([0, 1], flat: [0, 1]), validation: windows([0, 1], offset: 50))
    #expect(all.errors == ["every training window is a constant signal: check the recordings and their channels"])
  }

  @Test func aConstantChannelIsNamed() {
    let samples = (0..<4).flatMap { n in (0..<8).flatMap { [Float($0 * (n + 1)), 7] as [Float] } }
    let training = LabelledWindows(samples: samples, windowSamples: 8, channels: 2, labels: [0, 1, 0, 1])
    #expect(
      check(training, validation: training.subset([])).warnings.contains(
        "channel 1 is constant in every training window: leave it out"))
  }

  @Test func copiesOfAnotherClassAreBadLabels() {
    let check = check(windows([0, 1, 0, 1, 0], like: [2: 0, 3: 0]), validation: windows([0, 1], offset: 50))
    #expect(
      check.warnings == [
        "1 training window is the same as another one of another class (window 3 of x.npy): check the labels"
      ])
  }

  @Test func validationWindowsThatAreTrainedOnAreCounted() {
    let check = check(windows([0, 1, 0, 1]), validation: windows([0, 1]))
    #expect(
      check.warnings == ["2 validation windows are also trained on: the validation figures will flatter the model"])
  }

  @Test func aRandomSplitOfRecordingsIsTold() {
    let sources = (0..<4).map { WindowCutter.Source(record: "r", startSample: 8 * $0) }
    let recorded = WindowSources.recordings(sources, sampleRateHz: 100)
    let random = check(windows([0, 1, 0, 1]), validation: windows([0, 1], offset: 50), sources: recorded)
    #expect(random.warnings.count == 1 && random.warnings[0].contains("name whole recordings in split.validation"))
    let named = check(windows([0, 1, 0, 1]), validation: windows([0, 1], offset: 50), sources: recorded) {
      $0.description.records = ["validation": ["s"]]
    }
    #expect(named.warnings.isEmpty)
    #expect(recorded.text([3]) == "record r from sample 24 (0.2 s)")
    #expect(recorded.text([0, 1, 2, 3]).hasSuffix("(0.2 s) and 1 more"))
    let timeless = WindowSources.recordings(sources, sampleRateHz: 0)
    #expect(timeless.text([0, 3]) == "record r from sample 0, record r from sample 24")
  }

  @Test func annotationsOfNoClassAreCounted() {
    let check = check(windows([0, 1]), validation: windows([0, 1], offset: 50)) {
      $0.annotationsOfNoClass = ["x": 2, "+": 30, "|": 2]
    }
    #expect(check.warnings == ["annotations that stand for no class: + 30, x 2, | 2"])
  }

  @Test func augmentationsThatCanNotActAreTold() {
    var options = TrainingOptions()
    options.augmentation.mainsHum = MainsHum(probability: 1)
    options.augmentation.scaling = Scaling(probability: 1)
    let check = check(windows([0, 1]), validation: windows([0, 1], offset: 50), options: options)
    #expect(check.warnings.count == 1 && check.warnings[0].hasPrefix("scaling has no effect"))
    #expect(check.errors.count == 1 && check.errors[0].hasPrefix("mainsHum needs the sample rate"))
  }

  @Test func theWarningsAreOneBlock() {
    let check = check(windows([0, 1]), validation: nil) { $0.annotationsOfNoClass = ["x": 1] }
    #expect(
      check.text == """
        before training, note:
          - there are no validation windows: the last epoch is kept, whether it is the best or not
          - annotations that stand for no class: x 1

        """)
  }
}
