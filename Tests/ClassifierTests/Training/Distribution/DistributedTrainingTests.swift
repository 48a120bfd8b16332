import Testing

@testable import Classifier

/// Several ranks train what one process trains, to the bit.
@Suite struct DistributedTrainingTests {
  private static let window = 32

  /// Noise, on which class 1 has an offset in every other sample; some windows are padded.
  private static func set(_ count: Int, seed: UInt64 = 1) -> LabelledWindows {
    var generator = SplitMix64(seed: seed)
    let labels = (0..<count).map { $0 % 3 == 0 ? 1 : 0 }
    let samples = labels.flatMap { label in
      (0..<window).map { Float(Initialisation.normal(&generator)) + Float(label * ($0 % 2)) }
    }
    return LabelledWindows(
      samples: samples, windowSamples: window, channels: 1, labels: labels,
      valid: (0..<count).map { $0 % 5 == 0 ? 20 : window })
  }

  private static func model() -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["a", "b"],
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .window), seed: 1)
  }

  /// 22 windows in batches of 14 and micro-batches of 3: five of them, then three; with two ranks the second has more.
  private static func options(threads: Int) -> TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.threads) = (2, 14, 3, threads)
    (options.dropout, options.learningRate, options.averageDecay) = (0.2, 1e-2, 0.9)
    options.augmentation.mixup = Mixup(probability: 0.5)
    options.saveEvery = 1
    return options
  }

  private struct Failure: Error {}

  private struct Outcome: Sendable {
    var file: [UInt8] = []
    var losses: [Double] = []
    var norms: [Double] = []
    var states: [TrainingState] = []
  }

  private static func train(
    _ options: TrainingOptions, _ group: any TrainingGroup, from state: TrainingState? = nil,
    stopAfter: Int = .max, failAt: Int = .max
  ) throws -> Outcome {
    var outcome = Outcome()
    var trainer = Trainer(model: model(), options: options, group: group)
    if let state {
      trainer = try #require(Trainer(model: model(), options: options, resuming: state, group: group))
    }
    let trained = try trainer.run(training: set(22), validation: set(11, seed: 2)) { event in
      switch event {
      case .step(let step):
        if step.step == failAt { throw Failure() }
        outcome.losses.append(step.loss)
        outcome.norms.append(step.gradientNorm)
      case .epoch: break
      case .state(let state): outcome.states.append(state)
      }
    } shouldStop: {
      outcome.losses.count >= stopAfter
    }
    outcome.file = Array(try trained.encode())
    return outcome
  }

  @Test(arguments: [1, 2, 3, 7], [1, 2])
  func anyRanksAndThreadsGiveTheSameModel(ranks: Int, threads: Int) throws {
    let alone = try Self.train(Self.options(threads: 1), SingleProcess())
    for result in ThreadGroup.run(ranks, { try Self.train(Self.options(threads: threads), $0) }) {
      let outcome = try result.get()
      #expect(outcome.file == alone.file)
      #expect(outcome.losses == alone.losses && outcome.norms == alone.norms)
      #expect(outcome.states.map(\.moments.first) == alone.states.map(\.moments.first))
      #expect(outcome.states.map(\.moments.second) == alone.states.map(\.moments.second))
      #expect(outcome.states.map(\.average) == alone.states.map(\.average))
    }
  }

  /// From rank 0's state after the first step, which the other does not have, with other ranks than before.
  @Test func anotherNumberOfRanksGoesOn() throws {
    let alone = try Self.train(Self.options(threads: 1), SingleProcess())
    let first = try ThreadGroup.run(3) { try Self.train(Self.options(threads: 1), $0) }[0].get().states[0]
    #expect(first.position.step == 1)
    let results = ThreadGroup.run(2) { group in
      let state = try TrainingState.broadcast(group.rank == 0 ? first : nil, group)
      return try Self.train(Self.options(threads: 1), group, from: state)
    }
    for result in results { #expect(try result.get().file == alone.file) }
  }

  @Test func aStopOnOneRankEndsAllAfterTheSameStep() throws {
    let alone = try Self.train(Self.options(threads: 1), SingleProcess(), stopAfter: 3)
    let results = ThreadGroup.run(3) { group in
      try Self.train(Self.options(threads: 1), group, stopAfter: group.rank == 1 ? 3 : .max)
    }
    for result in results {
      #expect(try result.get().losses.count == 3)
      #expect(try result.get().file == alone.file)
    }
  }

  @Test func anErrorOnOneRankEndsAll() {
    let results = ThreadGroup.run(3) { group in
      try Self.train(Self.options(threads: 1), group, failAt: group.rank == 1 ? 2 : .max)
    }
    for (rank, result) in results.enumerated() {
      guard case .failure(let error) = result else {
        Issue.record("rank \(rank) went on")
        continue
      }
      #expect((error as? PeerFailure)?.rank == (rank == 1 ? nil : 1), "\(error)")
    }
  }

  @Test func divergingEndsAllInTheSameStep() throws {
    let results = ThreadGroup.run(2) { group in
      var options = Self.options(threads: 1)
      options.learningRate = 1e30
      return try Self.train(options, group)
    }
    let found = results.map { result in
      #expect(throws: TrainingDivergence.self) { try result.get() }
      guard case .failure(let error as TrainingDivergence) = result else { return "" }
      return "\(error.step) \(error.place) \(error.windows)"
    }
    #expect(found[0] == found[1])
  }

  @Test func memoryForecastsHoldTheExchange() {
    func bytes(_ ranks: Int) -> [Int] {
      ThreadGroup.run(ranks) {
        Trainer.memoryBytes(
          Self.model().architecture, window: Self.window, options: Self.options(threads: 1), group: $0)
      }.compactMap { try? $0.get() }
    }
    #expect(bytes(5).allSatisfy { $0 < bytes(1)[0] }, "one micro-batch each, and a fifth of five gradients")
  }
}

@Suite struct TrainingGroupTests {
  @Test func sharesFollowEachOtherAndHardlyDiffer() {
    let shares = ThreadGroup.run(3) { group in (0..<12).map { group.share(of: $0) } }.compactMap { try? $0.get() }
    for total in 0..<12 {
      #expect(shares.flatMap { Array($0[total]) } == Array(0..<total))
      let counts = shares.map { $0[total].count }
      #expect(counts.max()! - counts.min()! <= 1)
    }
  }

  @Test func theFirstRankThatFailsTells() {
    struct Broken: Error { let rank: Int }
    let results = ThreadGroup.run(4) { group in
      try group.together {
        // Of nested work the cause is told, and not who waited for it.
        try group.together { if group.rank >= 2 { throw Broken(rank: group.rank) } }
      }
    }
    let tellers = results.map { result -> Int? in
      guard case .failure(let error) = result else { return -1 }
      return (error as? Broken)?.rank
    }
    #expect(tellers == [nil, nil, 2, nil])
  }

  @Test func broadcastsAreRankZeros() {
    let texts = ThreadGroup.run(3) { group in group.broadcast(Array("from \(group.rank), alone".utf8)) }
    #expect(texts.allSatisfy { (try? $0.get()) == Array("from 0, alone".utf8) })
    #expect(SingleProcess().broadcast([1, 2]) == [1, 2])
  }
}
