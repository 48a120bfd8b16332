import Foundation
import Logging
import Testing

@testable import sigstreamd

struct ServiceLogTests {
  /// The lines that `body` has a log write; the time is 2026-01-02 03:04:05.678 UTC.
  private func lines(
    _ configuration: LogConfiguration, isJournal: Bool = false, _ body: (ServiceLog) -> Void
  ) throws -> [String] {
    let lines = Monitor<[String]>([])
    // date -u -d '2026-01-02 03:04:05' +%s
    let clock = PipelineClock(monotonicNanoseconds: { 0 }, microsecondsSince1970: { 1_767_323_045_678_000 })
    let log = try ServiceLog(isJournal: isJournal, clock: clock) { line in lines.withLock { $0.append(line) } }
    log.configure(configuration)
    body(log)
    log.finish()
    return lines.withLock { $0 }
  }

  @Test func textIsALineForPeople() throws {
    let lines = try lines(LogConfiguration()) { log in
      log.logger.of(.feeds).warning("samples missing", metadata: ["feed": "ecg", "count": "3", "why": "a \"b\" c"])
      log.logger.error("two\nlines")
    }
    #expect(
      lines == [
        "2026-01-02T03:04:05.678Z warning feeds: samples missing count=3 feed=ecg why=\"a \\\"b\\\" c\"\n",
        "2026-01-02T03:04:05.678Z error daemon: two lines\n",
      ])
  }

  /// sd-daemon(3): `<3>` is an error, `<4>` a warning; the journal has the time.
  @Test func theJournalGetsLevelsInItsOwnWay() throws {
    let lines = try lines(LogConfiguration(), isJournal: true) { log in
      log.logger.error("e")
      log.logger.of(.http).warning("w")
    }
    #expect(lines == ["<3>daemon: e\n", "<4>http: w\n"])
  }

  @Test func jsonIsAnObjectALine() throws {
    let lines = try lines(LogConfiguration(format: .json)) { log in
      log.logger.of(.workers).error("a \"quoted\"\nmessage", metadata: ["model": "m"])
    }
    let line = try #require(lines.first)
    #expect(line.filter(\.isNewline).count == 1)
    let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(
      object == [
        "time": "2026-01-02T03:04:05.678Z", "level": "error", "component": "workers",
        "message": "a \"quoted\"\nmessage",
        "model": "m",
      ])
  }

  @Test func eachComponentHasItsLevelAndThatCanChange() throws {
    let lines = try lines(LogConfiguration(level: .warning, levels: [.feeds: .debug])) { log in
      let (feeds, workers) = (log.logger.of(.feeds), log.logger.of(.workers))
      feeds.debug("1")
      feeds.trace("no")
      workers.info("no")
      log.configure(LogConfiguration(level: .info, levels: [.feeds: .error]))
      feeds.warning("no")
      workers.info("2")
    }
    #expect(lines.map { $0.split(separator: " ").last } == ["1\n", "2\n"])
  }

  /// Standard error takes nothing, as a terminal that is stopped: who logs goes on, and in the end a line says what is
  /// missing where it is missing.
  @Test func aLogThatIsHeldUpHoldsNobodyAndCountsWhatItLoses() throws {
    let (lines, isHeld) = (Monitor<[String]>([]), Monitor(true))
    let clock = PipelineClock(monotonicNanoseconds: { 0 }, microsecondsSince1970: { 0 })
    let log = try ServiceLog(isJournal: true, clock: clock, queue: LogQueue(capacity: 3)) { line in
      lines.withLock { $0.append(line) }
      lines.notifyAll()
      isHeld.wait { $0 ? .wait(untilNanoseconds: nil) : .done(()) }
    }
    log.logger.error("0")
    lines.wait { $0.isEmpty ? .wait(untilNanoseconds: nil) : .done(()) }
    // The thread is held up with the first: three more find room.
    for number in 1...10 { log.logger.error("\(number)") }
    isHeld.withLock { $0 = false }
    isHeld.notifyAll()
    log.finish()
    #expect(
      lines.withLock { $0 } == (0...3).map { "<3>daemon: \($0)\n" } + [
        "<4>daemon: lines of the log are lost here: they came faster than they could be written count=7\n"
      ])
  }

  @Test func onlyTheStreamThatSystemdNamesIsTheJournal() {
    #expect(!LogPrinter.isJournal([:]))
    #expect(!LogPrinter.isJournal(["JOURNAL_STREAM": "0:0"]))
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
