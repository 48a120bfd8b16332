import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// Another configuration while samples flow: a running pipeline, real sockets, no network in the models.
@Suite(.timeLimit(.minutes(5))) struct ReloadTests {
  /// An echo whose labels and identity tell it from others.
  static func model(_ name: String) -> ServedModel {
    ServedModel(labels: ["\(name)0", "\(name)1", "\(name)2"], channels: 1, identity: name) { EchoClassifier() }
  }

  /// A feed on a port that stays the same when it is started anew.
  static func feed(_ name: String, port: Int, hop: Int = 8, model: String = "m") throws -> FeedConfiguration {
    var feed = try PipelineHarness.feed(name, model: model)
    feed.endpoint = try Endpoint("tcp://127.0.0.1:\(port)", mode: .bind)
    feed.window.hopSamples = hop
    return feed
  }

  /// A port that was free a moment ago.
  static func freePort() throws -> Int {
    let socket = try ZeroMQSocket(ZeroMQContext(), .pull)
    try socket.bind("tcp://127.0.0.1:*")
    return try #require(Int(try socket.boundEndpoint().split(separator: ":").last ?? ""))
  }

  func send(_ socket: borrowing ZeroMQSocket, _ frames: Range<Int>) throws {
    #expect(
      try socket.send(
        ArrayMessage(source: "s", start: frames.lowerBound, channels: 1, samples: echoSamples(frames)).encode()))
  }

  @Test func feedsThatStayGetTheNewModelAndLoseNothing() throws {
    let harness = try PipelineHarness(["m": Self.model("old")])
    let sender = try harness.sender()
    var configuration = harness.pipeline.configuration
    var sent = 0
    func sendSome() throws {
      for _ in 0..<50 {
        try send(sender, sent..<sent + 8)
        sent += 8
      }
    }
    for round in 0..<20 {
      try sendSome()
      let name = round.isMultiple(of: 2) ? "new" : "old"
      configuration.feeds[0].modelPath = name
      configuration.batch.maxSize = round % 4 + 1
      let plan = try harness.pipeline.reload(configuration, models: [name: Self.model(name)])
      #expect(plan.kept == ["ecg"] && plan.started.isEmpty)
      try sendSome()
    }
    try harness.receive { $0.feeds["ecg"]?.published == sent / 8 }
    #expect(harness.results.map(\.sequence) == Array(0..<sent / 8), "each once, in order")
    #expect(harness.results.allSatisfy { $0.epoch == 0 && $0.label == "\($0.model)\($0.sequence % 3)" })
    #expect(Set(harness.results.map(\.model)) == ["old", "new"])
    let counts = try harness.drain()
    #expect(counts["ecg"]?.missingSamples == 0 && counts["ecg"]?.published == sent / 8)
  }

  @Test func aFeedThatChangesBeginsAnewAndTheOthersGoOn() throws {
    let (a, b) = (try Self.freePort(), try Self.freePort())
    let harness = try PipelineHarness(
      ["m": Self.model("m")], feeds: [Self.feed("a", port: a), Self.feed("b", port: b)])
    let toA = try harness.sender(to: "a")
    var toB = try harness.sender(to: "b")
    for place in stride(from: 0, to: 80, by: 8) {
      try send(toA, place..<place + 8)
      try send(toB, place..<place + 8)
    }
    try harness.receive { $0.feeds.values.allSatisfy { $0.published == 10 } }

    var configuration = harness.pipeline.configuration
    configuration.feeds = [try Self.feed("c", port: Self.freePort()), configuration.feeds[0]]
    configuration.feeds.append(try Self.feed("b", port: b, hop: 4))
    let plan = try harness.pipeline.reload(configuration, models: ["m": Self.model("m")])
    #expect(plan.kept == ["a"] && plan.stopped == ["b"] && plan.started.map(\.name) == ["c", "b"])
    #expect(harness.pipeline.counts.map(\.feed) == ["c", "a", "b"], "in the order of the configuration")
    toB = try harness.sender(to: "b")
    try send(toA, 80..<88)
    try send(toB, 80..<96)
    try harness.receive { $0.feeds["a"]?.published == 11 && $0.feeds["b"]?.published == 13 }
    let again = harness.results.filter { $0.feed == "b" && $0.epoch == 1 }
    #expect(again.map(\.sequence) == [0, 1, 2] && again.map(\.startSample) == [80, 84, 88])
    #expect(harness.results.filter { $0.feed == "a" }.map(\.sequence) == Array(0..<11))

    configuration.feeds.removeFirst()
    _ = try harness.pipeline.reload(configuration, models: ["m": Self.model("m")])
    let counts = try harness.drain()
    #expect(Set(counts.keys) == ["a", "b"] && counts["b"]?.formed == 13, "counts go on")
  }

  /// libzmq gives an address up a moment after its socket is closed.
  @Test func aFeedOfAnotherNameCanHaveTheAddress() throws {
    let port = try Self.freePort()
    let harness = try PipelineHarness(["m": Self.model("m")], feeds: [Self.feed("a", port: port)])
    var configuration = harness.pipeline.configuration
    for round in 0..<30 {
      let name = round.isMultiple(of: 2) ? "b" : "a"
      configuration.feeds = [try Self.feed(name, port: port)]
      let plan = try harness.pipeline.reload(configuration, models: ["m": Self.model("m")])
      #expect(plan.started.map(\.name) == [name] && plan.stopped.count == 1)
    }
    _ = try harness.drain()
  }

  @Test func whatCanNotBeStartedLeavesAllAsItWas() throws {
    let port = try Self.freePort()
    let harness = try PipelineHarness(["m": Self.model("old")], feeds: [Self.feed("a", port: port)])
    let before = harness.pipeline.configuration
    let taken = try ZeroMQSocket(ZeroMQContext(), .pull)
    try taken.bind("tcp://127.0.0.1:*")
    let takenPort = try #require(Int(try taken.boundEndpoint().split(separator: ":").last ?? ""))
    var configuration = before
    configuration.feeds[0].window.hopSamples = 4
    configuration.feeds.append(try Self.feed("b", port: takenPort, model: "n"))
    #expect(throws: PipelineError.self) {
      try harness.pipeline.reload(configuration, models: ["m": Self.model("new"), "n": Self.model("n")])
    }
    #expect(harness.pipeline.configuration == before)
    let sender = try harness.sender(to: "a")
    for place in stride(from: 0, to: 80, by: 8) { try send(sender, place..<place + 8) }
    try harness.receive { $0.feeds["a"]?.published == 10 }
    #expect(harness.results.allSatisfy { $0.model == "old" })
    _ = try harness.drain()
  }

  /// A feed that begins anew goes on where the history ends, so that has to be there.
  @Test func noFeedBeginsAnewWhileTheHistoryDoesNotHaveAllThatWasPublished() throws {
    let folder = try HistoryFolder()
    let harness = try PipelineHarness(["m": Self.model("m")], feeds: [Self.feed("a", port: Self.freePort())]) {
      $0.history = HistoryConfiguration(path: folder.path, keep: HistoryRetention())
    }
    let before = harness.pipeline.configuration
    var configuration = before
    configuration.feeds[0].window.hopSamples = 4
    let sender = try harness.sender(to: "a")
    try folder.hold {
      for place in stride(from: 0, to: 80, by: 8) { try send(sender, place..<place + 8) }
      try harness.receive { $0.feeds["a"]?.published == 10 }
      #expect(throws: ReloadError.historyIsBehind) {
        try harness.pipeline.reload(configuration, models: ["m": Self.model("m")])
      }
      #expect(harness.pipeline.configuration == before)
      try send(sender, 80..<88)
      try harness.receive { $0.feeds["a"]?.published == 11 }
    }
    #expect(harness.results.map(\.sequence) == Array(0..<11) && harness.results.allSatisfy { $0.epoch == 0 })

    let plan = try harness.pipeline.reload(configuration, models: ["m": Self.model("m")])
    #expect(plan.stopped == ["a"] && plan.started.map(\.name) == ["a"])
    _ = try harness.drain()
    #expect(try folder.bodies().count == 11)
  }

  /// The command of docs/reliability.md, in short.
  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence))
  func theDaemonReadsItsConfigurationAnewOnSIGHUP() async throws {
    let outcome = try await PythonScript.run(
      "../../tools/chaos/reload", ["--signals", "10", "--sigstreamd", try PythonScript.daemonPath()])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
