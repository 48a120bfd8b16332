/// Where training windows come from, so that one can be named.
enum WindowSources: Sendable {
  /// Numbered windows of a file or of the demonstration.
  case numbered(String)
  /// Windows cut from recordings, in their order; 0 Hz: the rate is unknown.
  case recordings([WindowCutter.Source], sampleRateHz: Double)

  /// The windows `origins`, of which the first few are named: "203 from sample 12800 (35.6 s)".
  func text(_ origins: [Int]) -> String {
    let named = origins.prefix(3).map(name).joined(separator: ", ")
    return origins.count > 3 ? "\(named) and \(origins.count - 3) more" : named
  }

  private func name(_ origin: Int) -> String {
    switch self {
    case .numbered(let file): return "window \(origin) of \(file)"
    case .recordings(let sources, let rate):
      let (record, start) = (sources[origin].record, sources[origin].startSample)
      guard rate > 0 else { return "record \(record) from sample \(start)" }
      let seconds = Quantity.text((Double(start) / rate * 10).rounded() / 10)
      return "record \(record) from sample \(start) (\(seconds) s)"
    }
  }
}
