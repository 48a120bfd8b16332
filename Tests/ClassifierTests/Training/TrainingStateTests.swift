import Foundation
import Testing

@testable import Classifier

/// Training that goes on from a state ends as if it had never been interrupted.
@Suite struct TrainingStateTests {
  private static let window = 32
  private let folder: TemporaryFolder
  private var path: String { folder.path("state") }

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Noise, louder in class 1.
  private static func set(_ count: Int, seed: Int) -> LabelledWindows {
    let labels = (0..<count).map { $0 % 2 }
    let samples = noise(count * window, seed: seed).enumerated().map { i, value in
      value * Float(1 + labels[i / window])
    }
    return LabelledWindows(samples: samples, windowSamples: window, channels: 1, labels: labels)
  }

  private static func model(_ preset: Preset = .tiny) -> Model {
    Model(
      architecture: preset.architecture(inputChannels: 1, classes: 2), labels: ["calm", "loud"],
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .none), seed: 1)
  }

  /// 22 windows in batches of 8: three steps an epoch. All that draws random numbers or remembers something is on.
  private static var options: TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.saveEvery) = (3, 8, 3, 1)
    (options.sampling, options.averageDecay, options.patience) = (.balanced, 0.9, 2)
    options.augmentation.mixup = Mixup(probability: 0.5)
    options.augmentation.gaussianNoise = GaussianNoise(probability: 0.5)
    return options
  }

  /// Trains, from `state` on where there is one; returns the model's file and the states on the way.
  private static func train(
    from state: TrainingState? = nil, stopAfter: Int = .max, hasValidation: Bool = true
  ) throws -> (file: Data, states: [TrainingState]) {
    var trainer = Trainer(model: model(), options: options)
    if let state { trainer = try #require(Trainer(model: model(), options: options, resuming: state)) }
    var (states, steps) = ([TrainingState](), 0)
    let trained = try trainer.run(training: set(22, seed: 1), validation: hasValidation ? set(9, seed: 2) : nil) {
      switch $0 {
      case .step: steps += 1
      case .epoch: break
      case .state(let state): states.append(state)
      }
    } shouldStop: {
      steps >= stopAfter
    }
    return (try trained.encode(), states)
  }

  @Test(arguments: [true, false])
  func fromEveryStateTheSameModelComesOut(hasValidation: Bool) throws {
    let whole = try Self.train(hasValidation: hasValidation)
    // After each of the nine steps, and after each epoch.
    #expect(whole.states.map(\.position.step) == [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9])
    for state in whole.states {
      try state.save(path: path)
      let rest = try Self.train(from: TrainingState.load(path: path), hasValidation: hasValidation)
      #expect(rest.file == whole.file, "from \(state.position)")
    }
  }

  @Test func whatAStopLeavesGoesOnToTheSameModel() throws {
    let whole = try Self.train()
    var state: TrainingState?
    for steps in [2, 1, 4] {
      state = try Self.train(from: state, stopAfter: steps).states.last
    }
    let rest = try #require(state)
    #expect(rest.position.step == 7)
    #expect(try Self.train(from: rest).file == whole.file)
  }

  @Test func aStateOfAnotherNetworkOrRecipeIsRefused() throws {
    let state = try #require(try Self.train(stopAfter: 1).states.last)
    #expect(Trainer(model: Self.model(.base), options: Self.options, resuming: state) == nil)
    var plain = Self.options
    plain.averageDecay = nil
    #expect(Trainer(model: Self.model(), options: plain, resuming: state) == nil)
  }

  @Test func aFileThatIsCutShortIsRefused() throws {
    let state = try #require(try Self.train(stopAfter: 1).states.last)
    try state.save(path: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in stride(from: 0, to: whole.count, by: whole.count / 40) {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self, "\(count) bytes") { try TrainingState.load(path: path) }
    }
  }

  @Test(arguments: [
    #"{"position":{"step":1,"epoch":0,"batches":0,"losses":[]},"notes":"","batchesTracked":1}"#,
    #"{"position":{"step":1,"epoch":1,"batches":2,"losses":[1]},"notes":"","batchesTracked":1}"#,
    #"{"position":{"step":-1,"epoch":1,"batches":0,"losses":[]},"notes":"","batchesTracked":1}"#,
    #"{"notes":"","batchesTracked":1}"#, "[]", "",
  ])
  func aPositionThatCanNotBeIsRefused(header: String) throws {
    let state = try #require(try Self.train(stopAfter: 1).states.last)
    try state.save(path: path)
    var file = try CheckpointFile(Data(contentsOf: URL(fileURLWithPath: path)))
    file.metadata["state"] = header
    try file.bytes().write(to: URL(fileURLWithPath: path))
    #expect(throws: CheckpointError.self) { try TrainingState.load(path: path) }
  }

  @Test func aModelIsNoState() throws {
    _ = try Self.model().save(path: path)
    #expect(throws: CheckpointError.self) { try TrainingState.load(path: path) }
  }

  /// On the way to a full disc the state before stays, and nothing else.
  @Test func aStateThatCanNotBeWrittenLeavesTheOneBefore() throws {
    let states = try Self.train(stopAfter: 2).states
    try states[0].save(path: path)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    try FileManager.default.createSymbolicLink(atPath: path + ".partial", withDestinationPath: "/dev/full")
    #expect(throws: CheckpointError.self) { try states[1].save(path: path) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["state"])
  }
}
