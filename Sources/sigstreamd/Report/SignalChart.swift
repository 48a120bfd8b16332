import Classifier
import Foundation

/// A window drawn as a signal: a strip for each channel, with the time below.
struct SignalChart {
  private let windows: LabelledWindows
  /// 0: unknown.
  private let sampleRateHz: Double
  private let width = 440.0
  private let left = 58.0
  private let right = 8.0
  /// Strips that are drawn at the most.
  static let mostChannels = 4

  init(_ windows: LabelledWindows, sampleRateHz: Double) {
    (self.windows, self.sampleRateHz) = (windows, sampleRateHz)
  }

  private var channels: Int { min(windows.channels, Self.mostChannels) }
  private var stripHeight: Double { channels == 1 ? 110 : 64 }
  private var plotWidth: Double { width - left - right }

  /// Window `index` as SVG.
  ///
  /// - Parameter title: for those who can't see it.
  func svg(_ index: Int, title: String) -> String {
    let bottom = Double(channels) * (stripHeight + 8) + 4
    let valid = windows.validSamples(index)
    return """
      <svg class="chart" viewBox="0 0 \(width) \(bottom + 34)" role="img" aria-label="\(HTML.escaped(title))">
      \((0..<channels).map { strip(index, channel: $0, valid: valid) }.joined())\(timeAxis(at: bottom))</svg>
      """
  }

  private func x(_ sample: Int) -> Double {
    left + plotWidth * Double(sample) / Double(max(windows.windowSamples - 1, 1))
  }

  private func strip(_ index: Int, channel: Int, valid: Int) -> String {
    let top = Double(channel) * (stripHeight + 8) + 4
    let samples = windows.window(index)
    let values = (0..<valid).map { Double(samples[$0 * windows.channels + channel]) }
    let axis = ChartAxis(fitting: values, ticks: 2, rounding: false)
    let points = Self.outline(values, columns: Int(plotWidth)).map { point in
      (x: x(point.sample), y: top + 3 + (stripHeight - 6) * (1 - axis.place(point.value, length: 1)))
    }
    let (lowest, highest) = (values.filter(\.isFinite).min() ?? 0, values.filter(\.isFinite).max() ?? 0)
    let end = Chart.text(left - 6)
    let name = "<text x=\"\(end)\" y=\"\(top + stripHeight / 2 + 4)\" text-anchor=\"end\">ch \(channel + 1)</text>"
    return """
      <rect class="strip" x="\(left)" y="\(top)" width="\(plotWidth)" height="\(stripHeight)"/>
      \(padding(from: valid, top: top))<polyline class="signal" points="\(Chart.path(points))"/>
      <text x="\(end)" y="\(top + 9)" text-anchor="end">\(String(format: "%.4g", highest))</text>\
      <text x="\(end)" y="\(top + stripHeight - 1)" text-anchor="end">\(String(format: "%.4g", lowest))</text>\
      \(windows.channels > 1 ? name : "")

      """
  }

  /// What is no signal, but padding.
  private func padding(from valid: Int, top: Double) -> String {
    guard valid < windows.windowSamples else { return "" }
    let start = x(valid)
    return """
      <rect class="padding" x="\(Chart.text(start))" y="\(top)" width="\(Chart.text(left + plotWidth - start))" \
      height="\(stripHeight)"/>\
      <text x="\(Chart.text((start + left + plotWidth) / 2))" y="\(top + stripHeight / 2 + 4)" \
      text-anchor="middle">padding</text>

      """
  }

  /// The samples, or the least and the largest of each column where more would fall onto one.
  private static func outline(_ values: [Double], columns: Int) -> [(sample: Int, value: Double)] {
    let finite = values.indices.filter { values[$0].isFinite }
    guard values.count > 2 * columns else { return finite.map { ($0, values[$0]) } }
    let columnsOfSamples = Dictionary(grouping: finite) { $0 * columns / values.count }
    return columnsOfSamples.sorted { $0.key < $1.key }.flatMap { _, samples in
      let extremes = [samples.min { values[$0] < values[$1] }!, samples.max { values[$0] < values[$1] }!]
      return extremes.sorted().map { ($0, values[$0]) }
    }
  }

  private func timeAxis(at bottom: Double) -> String {
    let unit = sampleRateHz > 0 ? 1 / sampleRateHz : 1
    let last = Double(max(windows.windowSamples - 1, 1)) * unit
    let axis = ChartAxis(fitting: [0, last], rounding: false)
    let ticks = axis.ticks.map { tick in
      "<text x=\"\(Chart.text(left + axis.place(tick, length: plotWidth)))\" y=\"\(bottom + 10)\" "
        + "text-anchor=\"middle\">\(ChartAxis.text(tick))</text>"
    }
    let name = sampleRateHz > 0 ? "seconds" : "samples"
    return ticks.joined()
      + "<text x=\"\(left + plotWidth / 2)\" y=\"\(bottom + 27)\" text-anchor=\"middle\">\(name)</text>\n"
  }
}
