import Foundation
import Logging
import Testing

@testable import sigstreamd

struct ServiceLogTests {
  /// A log and the lines that it writes; the time is 2026-01-02 03:04:05.678 UTC.
  private func make(_ configuration: LogConfiguration, isJournal: Bool = false) -> (ServiceLog, Monitor<[String]>) {
    let lines = Monitor<[String]>([])
    // date -u -d '2026-01-02 03:04:05' +%s
    let clock = PipelineClock(monotonicNanoseconds: { 0 }, microsecondsSince1970: { 1_767_323_045_678_000 })
    let log = ServiceLog(isJournal: isJournal, clock: clock) { line in lines.withLock { $0.append(line) } }
    log.configure(configuration)
    return (log, lines)
  }

  @Test func textIsALineForPeople() {
    let (log, lines) = make(LogConfiguration())
    log.logger.of(.feeds).warning("samples missing", metadata: ["feed": "ecg", "count": "3", "why": "a \"b\" c"])
    log.logger.error("two\nlines")
    #expect(
      lines.withLock { $0 } == [
        "2026-01-02T03:04:05.678Z warning feeds: samples missing count=3 feed=ecg why=\"a \\\"b\\\" c\"\n",
        "2026-01-02T03:04:05.678Z error daemon: two lines\n",
      ])
  }

  /// sd-daemon(3): `<3>` is an error, `<4>` a warning; the journal has the time.
  @Test func theJournalGetsLevelsInItsOwnWay() {
    let (log, lines) = make(LogConfiguration(), isJournal: true)
    log.logger.error("e")
    log.logger.of(.http).warning("w")
    #expect(lines.withLock { $0 } == ["<3>daemon: e\n", "<4>http: w\n"])
  }

  @Test func jsonIsAnObjectALine() throws {
    let (log, lines) = make(LogConfiguration(format: .json))
    log.logger.of(.workers).error("a \"quoted\"\nmessage", metadata: ["model": "m"])
    let line = try #require(lines.withLock { $0.first })
    #expect(line.filter(\.isNewline).count == 1)
    let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(
      object == [
        "time": "2026-01-02T03:04:05.678Z", "level": "error", "component": "workers",
        "message": "a \"quoted\"\nmessage",
        "model": "m",
      ])
  }

  @Test func eachComponentHasItsLevelAndThatCanChange() {
    let (log, lines) = make(LogConfiguration(level: .warning, levels: [.feeds: .debug]))
    let (feeds, workers) = (log.logger.of(.feeds), log.logger.of(.workers))
    feeds.debug("1")
    feeds.trace("no")
    workers.info("no")
    log.configure(LogConfiguration(level: .info, levels: [.feeds: .error]))
    feeds.warning("no")
    workers.info("2")
    #expect(lines.withLock { $0.map { $0.split(separator: " ").last } } == ["1\n", "2\n"])
  }

  @Test func onlyTheStreamThatSystemdNamesIsTheJournal() {
    #expect(!ServiceLog.isJournal([:]))
    #expect(!ServiceLog.isJournal(["JOURNAL_STREAM": "0:0"]))
  }

  @Test func theConfigurationIsRead() throws {
    let text = """
      \(ConfigurationTests.minimal)
      log: { format: json, level: warning, levels: { feeds: debug, catchUp: error } }
      """
    let expected = LogConfiguration(format: .json, level: .warning, levels: [.feeds: .debug, .catchUp: .error])
    #expect(try ConfigurationSample.parse(text).log == expected)
    let error = ConfigurationSample.error("\(ConfigurationTests.minimal)\nlog: { levels: { feed: debug } }")
    #expect(error?.keyPath == "log.levels.feed" && error?.message.contains("did you mean 'feeds'?") == true)
    #expect(ConfigurationSample.error("\(ConfigurationTests.minimal)\nlog: { level: warn }")?.keyPath == "log.level")
  }
}
