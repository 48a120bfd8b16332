import Testing

@testable import sigstreamd

/// Which feeds go on, and which model each lane has then; the expectations are worked out by hand.
struct ReloadPlanTests {
  func configuration(_ feeds: [(name: String, model: String)]) throws -> Configuration {
    Configuration(
      feeds: try feeds.map { try PipelineHarness.feed($0.name, model: $0.model) }, workers: 1,
      output: OutputConfiguration(endpoint: .defaultOutput))
  }

  func plan(
    _ old: Configuration, _ new: Configuration, lanes: [String?], isExchangeable: Bool = true
  ) throws -> ReloadPlan {
    try ReloadPlan(from: old, to: new, lanes: lanes) { _, _ in isExchangeable }
  }

  @Test func theSameConfigurationChangesNothing() throws {
    let same = try configuration([("a", "m"), ("b", "n")])
    let plan = try plan(same, same, lanes: ["m", "n"])
    #expect(plan.kept == ["a", "b"] && plan.stopped.isEmpty && plan.started.isEmpty && plan.lanes == ["m", "n"])
  }

  /// A line more in the file moves the feeds, and changes nothing.
  @Test func whereAFeedStandsInTheFileIsNoChange() throws {
    let old = try configuration([("a", "m")])
    var new = old
    new.feeds[0].source.locations[.name] = YAMLLocation(file: "f", line: 9, keyPath: "feeds[0].name")
    #expect(try plan(old, new, lanes: ["m"]).kept == ["a"])
  }

  @Test func aFeedMoreTakesNothingFromTheOthers() throws {
    let plan = try plan(configuration([("a", "m")]), configuration([("b", "n"), ("a", "m")]), lanes: ["m"])
    #expect(plan.kept == ["a"] && plan.stopped.isEmpty && plan.started.map(\.name) == ["b"])
    #expect(plan.lanes == ["m", "n"])
  }

  @Test func aFeedLessLeavesItsLane() throws {
    let plan = try plan(configuration([("a", "m"), ("b", "n")]), configuration([("b", "n")]), lanes: ["m", "n"])
    #expect(plan.kept == ["b"] && plan.stopped == ["a"] && plan.started.isEmpty && plan.lanes == [nil, "n"])
  }

  @Test func whatElseChangesInAFeedStartsItAnew() throws {
    let old = try configuration([("a", "m"), ("b", "m")])
    var new = old
    new.feeds[1].window.hopSamples = 4
    let plan = try plan(old, new, lanes: ["m"])
    #expect(plan.kept == ["a"] && plan.stopped == ["b"] && plan.started == [new.feeds[1]] && plan.lanes == ["m"])
  }

  @Test func feedsThatGetAnotherModelTogetherGoOn() throws {
    let plan = try plan(
      configuration([("a", "m"), ("b", "m"), ("c", "n")]), configuration([("a", "m2"), ("b", "m2"), ("c", "n")]),
      lanes: ["m", "n"])
    #expect(plan.kept == ["a", "b", "c"] && plan.lanes == ["m2", "n"])
  }

  @Test func twoModelsCanChangePlaces() throws {
    let plan = try plan(
      configuration([("a", "m"), ("b", "n")]), configuration([("a", "n"), ("b", "m")]), lanes: ["m", "n"])
    #expect(plan.kept == ["a", "b"] && plan.lanes == ["n", "m"])
  }

  /// Windows of one lane are in one order; a feed that leaves it begins anew.
  @Test func aFeedThatPartsFromItsModelStartsAnew() throws {
    let plan = try plan(
      configuration([("a", "m"), ("b", "m")]), configuration([("a", "m"), ("b", "m2")]), lanes: ["m"])
    #expect(plan.kept == ["a"] && plan.stopped == ["b"] && plan.started.map(\.name) == ["b"])
    #expect(plan.lanes == ["m", "m2"])
  }

  @Test func aFeedThatJoinsAnotherModelStartsAnew() throws {
    let plan = try plan(
      configuration([("a", "m"), ("b", "n")]), configuration([("a", "n"), ("b", "n")]), lanes: ["m", "n"])
    #expect(plan.kept == ["b"] && plan.started.map(\.name) == ["a"] && plan.lanes == [nil, "n"])
  }

  @Test func aModelOfOtherChannelsStartsItsFeedsAnew() throws {
    let same = try configuration([("a", "m")])
    let plan = try plan(same, same, lanes: ["m"], isExchangeable: false)
    #expect(plan.stopped == ["a"] && plan.started.map(\.name) == ["a"] && plan.lanes == ["m"])
  }

  @Test(arguments: [RootKey.workers, .output, .history, .security, .http])
  func whatNeedsARestartIsRefused(_ key: RootKey) throws {
    let old = try configuration([("a", "m")])
    var new = old
    switch key {
    case .workers: new.workers = 2
    case .output: new.output.mode = .connect
    case .history: new.history = HistoryConfiguration(path: "/h")
    case .security: new.security = SecurityConfiguration(secretKeyPath: "/k")
    default: new.http = HTTPConfiguration(host: "127.0.0.1", port: 9470)
    }
    #expect(throws: ReloadError.needsRestart(key)) { try plan(old, new, lanes: ["m"]) }
  }
}
