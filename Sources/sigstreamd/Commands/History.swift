import ArgumentParser
import Foundation
import StreamIO

/// `sigstreamd history`: results that were published, out of the daemon's history.
struct History: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show results of the past, out of the daemon's history.",
    discussion: """
      Reads the file that 'history:' in the daemon's configuration names, also while the daemon runs: readable lines, the \
      JSON that was published (--json), or columns for a spreadsheet (--csv). Times are those of the windows' ends, \
      in lines as local time, which dates that name no time zone are in too.

      Examples:
        sigstreamd history --since 1h --stream bed-3
        sigstreamd history ward.sqlite --since 2026-05-01T08:00:00 --until 2026-05-01T09:00:00 --label V --csv
      """)

  enum Form: EnumerableFlag {
    case lines, json, csv

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .lines: "Print readable lines. (default)"
      case .json: "Print results as the JSON that was published, a line each."
      case .csv: "Print comma-separated values (RFC 4180), with a line of titles."
      }
    }
  }

  @Argument(help: ArgumentHelp("The history's file.", valueName: "file"))
  var path = "/var/lib/sigstreamd/history.sqlite"

  @Option(help: ArgumentHelp("Only this feed.", valueName: "name"))
  var feed: String?

  @Option(help: ArgumentHelp("Only this stream.", valueName: "name"))
  var stream: String?

  @Option(help: ArgumentHelp("Only this label.", valueName: "name"))
  var label: String?

  @Option(
    help: ArgumentHelp("Only windows that ended this long ago or later, or from this date on.", valueName: "time"),
    transform: parseMoment)
  var since: Moment?

  @Option(
    help: ArgumentHelp("Only windows that ended before this.", valueName: "time"), transform: parseMoment)
  var until: Moment?

  @Option(help: ArgumentHelp("Only so many, the last ones.", valueName: "number"), transform: parsePositive)
  var limit: Int?

  @Flag(exclusivity: .exclusive)
  var form = Form.lines

  func run() throws {
    let now = MonotonicClock.microsecondsSince1970()
    let search = HistorySearch(
      feed: feed, stream: stream, label: label, sinceMicroseconds: since?.microseconds(now: now),
      untilMicroseconds: until?.microseconds(now: now), limit: limit)
    var printer = HistoryPrinter(form)
    try HistoryFile(path: path).forEachBody(search) { try printer.write($0) }
    if form == .lines { StandardError.write("\(printer.count) \(printer.count == 1 ? "result" : "results")\n") }
  }
}
