import Foundation
import Testing

@testable import sigstreamd

struct HistoryConfigurationTests {
  private func parse(_ lines: String, stateFolder: String? = nil) throws(ConfigurationError) -> Configuration {
    try Configuration(
      YAMLDocument.parse(ConfigurationTests.minimal + "\n" + lines, file: "sigstreamd.yaml"),
      folder: "/etc/sigstreamd", cores: 1, stateFolder: stateFolder)
  }

  @Test func thereIsNoneUnlessItIsAskedFor() throws {
    let configuration = try parse("")
    #expect(configuration.history == nil && configuration.output.catchUp == nil)
  }

  @Test func defaultsAreAWeekInTheStateFolder() throws {
    let expected = HistoryRetention(age: .seconds(604_800))
    #expect(
      try parse("history: {}", stateFolder: "/var/lib/sigstreamd").history
        == HistoryConfiguration(path: "/var/lib/sigstreamd/history.sqlite", keep: expected))
    #expect(try parse("history: {}").history?.path == "/etc/sigstreamd/history.sqlite")
    #expect(try parse("history: { path: a.sqlite }", stateFolder: "/x").history?.path == "/etc/sigstreamd/a.sqlite")
  }

  /// By the units' StateDirectory=, for somebody who checks the service's configuration by hand.
  @Test func theStateOfAServiceIsWhereItsUnitSays() {
    #expect(Configuration.serviceStateFolder(of: "/etc/sigstreamd/sigstreamd.yaml") == "/var/lib/sigstreamd")
    #expect(
      Configuration.serviceStateFolder(of: "/etc/sigstreamd/../sigstreamd/ward.yaml") == "/var/lib/sigstreamd-ward")
    for path in ["/etc/sigstreamd/a/ward.yaml", "/home/me/etc/sigstreamd/ward.yaml", "/etc/sigstreamd/ward.json"] {
      #expect(Configuration.serviceStateFolder(of: path) == nil)
    }
  }

  @Test func keepsByTimeOrSizeOrBoth() throws {
    #expect(try parse("history: { keep: 2GiB }").history?.keep == HistoryRetention(bytes: 2 << 30))
    #expect(
      try parse("history: { keep: [ 2GiB, 12h ] }").history?.keep
        == HistoryRetention(age: .seconds(43_200), bytes: 2 << 30))
  }

  @Test(arguments: ["10s", "2GiBs", "[ 1d, 2d ]", "[ ]", "1kB"])
  func aBoundThatMakesNoSenseIsNamed(keep: String) {
    #expect(throws: ConfigurationError.self) { try parse("history: { keep: \(keep) }") }
  }

  @Test func catchUpNeedsAHistoryAndAnAddressOfItsOwn() throws {
    let catchUp = "output: { catchUp: { endpoint: \"tcp://127.0.0.1:5557\" } }"
    let error = #expect(throws: ConfigurationError.self) { try parse(catchUp) }
    #expect(error?.keyPath == "output.catchUp.endpoint" && error?.message.contains("history: { keep: 7d }") == true)
    #expect(try parse("\(catchUp)\nhistory: {}").output.catchUp?.endpoint.text == "tcp://127.0.0.1:5557")
    let same = catchUp.replacing("5557", with: "5556") + "\nhistory: {}"
    #expect(throws: ConfigurationError.self) { try parse(same) }
  }

  @Test func catchUpIsAsClosedToTheNetworkAsEveryOtherSocket() throws {
    let text = "output: { catchUp: { endpoint: \"tcp://*:5557\" } }\nhistory: {}"
    let error = #expect(throws: ConfigurationError.self) { try parse(text) }
    #expect(error?.keyPath == "output.catchUp.endpoint")
    #expect(try parse("\(text)\nallowPlaintext: true").output.catchUp?.endpoint.text == "tcp://*:5557")
  }

  @Test func aDealerFeedHoldsItsSenderUpUnlessAskedOtherwise() throws {
    func feed(_ more: String) throws -> FeedConfiguration? {
      let text = ConfigurationTests.minimal.replacing("name: ecg,", with: "name: ecg, socket: dealer\(more),")
      return try ConfigurationSample.parse(text).feeds.first
    }
    #expect(try feed("")?.overload.whenFull == .block)
    #expect(try feed(", whenFull: dropOldest")?.overload.whenFull == .dropOldest)
    for wrong in [", mode: bind", ", channels: separate", ", topic: x"] {
      #expect(throws: ConfigurationError.self) { try feed(wrong) }
    }
  }

  @Test func theReportTellsOfBoth() throws {
    let text = """
      output: { catchUp: { endpoint: "tcp://127.0.0.1:5557" } }
      history: { path: /data/history.sqlite, keep: [ 7d, 2GiB ] }
      """
    let model = ModelSummary(labels: ["N"], sampleRateHz: 360, windowSamples: 1024, channels: 1, identity: "0")
    let report = try ConfigurationReport(parse(text)) { _ in model }
    #expect(
      report.text.hasSuffix(
        """
        results: PUB, bind tcp://127.0.0.1:5556
        catch-up: ROUTER, bind tcp://127.0.0.1:5557
        history: /data/history.sqlite, kept for 604800s, up to 2147483648 bytes
        """))
  }

  @Test func aHistoryThatCanNotBeThereIsToldBeforeTheStart() throws {
    let folder = try HistoryFolder()
    try HistoryConfiguration(path: folder.path).check()
    _ = try folder.store()
    try HistoryConfiguration(path: folder.path).check()
    let other = folder.url.appending(path: "other")
    try Data("no history".utf8).write(to: other)
    #expect(throws: HistoryError.self) { try HistoryConfiguration(path: other.path).check() }
  }
}
