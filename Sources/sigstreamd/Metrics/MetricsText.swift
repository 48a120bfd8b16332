import Foundation

/// Metrics in Prometheus's text format (0.0.4): families with their help and type, then their samples.
struct MetricsText {
  enum Kind: String {
    case counter, gauge, histogram
  }
  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// Begins a family; its samples come next.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Int) { line(name, labels, "\(value)") }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Double) { line(name, labels, "\(value)") }

  /// The samples of a histogram in seconds.
  mutating func histogram(_ name: String, _ labels: Labels, _ histogram: Histogram) {
    var count = 0
    for (bound, more) in zip(Histogram.bounds, histogram.counts) {
      count += more
      sample("\(name)_bucket", labels + [("le", "\(bound)")], count)
    }
    sample("\(name)_bucket", labels + [("le", "+Inf")], histogram.total)
    sample("\(name)_sum", labels, histogram.sum)
    sample("\(name)_count", labels, histogram.total)
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
    let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    let plain = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    return quotes ? plain.replacing("\"", with: "\\\"") : plain
  }
}
