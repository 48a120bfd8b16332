import Foundation
import Glibc
import StreamIO

/// Writes results of the past to standard output, one after the other.
struct HistoryPrinter {
  private let form: History.Form
  private var formatter = WatchFormatter(style: TerminalStyle(descriptor: STDOUT_FILENO), showsDate: true)
  private let decoder = JSONDecoder()
  /// Results written.
  private(set) var count = 0

  init(_ form: History.Form) { self.form = form }

  /// - Parameter body: a result's JSON.
  /// - Throws: `CommandFailure` where it is none, or nothing more can be written.
  mutating func write(_ body: String) throws {
    if form == .json {
      try StandardOutput.write(body.controlsEscaped)
    } else {
      guard let result = try? decoder.decode(WindowResult.self, from: Data(body.utf8)) else {
        throw CommandFailure(
          "a result in the history can't be read: was it changed by another program? \(body.prefix(80).description)",
          exitCode: .data)
      }
      if count == 0 { try StandardOutput.write(form == .csv ? result.csvTitles : formatter.header()) }
      try StandardOutput.write(form == .csv ? result.csvLine : formatter.line(result))
    }
    count += 1
  }
}

extension WindowResult {
  fileprivate var csvTitles: String {
    "feed,stream,epoch,seq,start,end,t_start_us,t_end_us,t_pub_us,status,label,confidence,anomaly,p_value,model"
  }

  fileprivate var csvLine: String {
    let fields: [String] = [
      feed, stream, "\(epoch)", "\(sequence)", "\(startSample)", "\(endSample)", "\(startMicroseconds)",
      "\(endMicroseconds)", "\(publishedMicroseconds)", status.rawValue, label ?? "", confidence?.description ?? "",
      anomaly?.description ?? "", pValue?.description ?? "", model,
    ]
    return fields.map(\.csvField).joined(separator: ",")
  }
}

extension String {
  /// A JSON text with its control characters as JSON writes them: `\u001B`. What another program has changed may have some,
  /// which a terminal would obey.
  var controlsEscaped: String {
    guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
    return unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? String(format: "\\u%04X", scalar.value) : String(scalar)
    }.joined()
  }

  /// The text as a field of comma-separated values (RFC 4180).
  var csvField: String {
    guard contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return self }
    return "\"\(replacingOccurrences(of: "\"", with: "\"\""))\""
  }
}
