import Foundation

/// A chart with two axes as inline SVG: lines, points and bars in the coordinates of the data.
struct Chart {
  /// How a series looks: a class of the style sheet.
  enum Style: String { case first, second, bar, diagonal }

  private let x: ChartAxis
  private let y: ChartAxis
  private let size: (width: Double, height: Double)
  private let labels: (x: String, y: String)
  private var marks = ""
  private let margin = (left: 64.0, right: 14.0, top: 12.0, bottom: 42.0)

  init(
    x: ChartAxis, y: ChartAxis, labels: (x: String, y: String),
    size: (width: Double, height: Double) = (width: 440, height: 270)
  ) {
    (self.x, self.y, self.labels, self.size) = (x, y, labels, size)
  }

  private var plot: (width: Double, height: Double) {
    (size.width - margin.left - margin.right, size.height - margin.top - margin.bottom)
  }

  private func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
    (
      margin.left + x.place(point.x, length: plot.width),
      margin.top + plot.height - y.place(point.y, length: plot.height)
    )
  }

  /// A line through the points that are finite, with dots where they are few.
  mutating func line(_ points: [(x: Double, y: Double)], _ style: Style, dots: Bool = true) {
    let places = points.filter { $0.x.isFinite && $0.y.isFinite }.map(place)
    guard !places.isEmpty else { return }
    marks += "<polyline class=\"line \(style.rawValue)\" points=\"\(Self.path(places))\"/>\n"
    guard dots, places.count <= 40 || places.count == 1 else { return }
    for place in places {
      marks +=
        "<circle class=\"dot \(style.rawValue)\" cx=\"\(Self.text(place.x))\" cy=\"\(Self.text(place.y))\" r=\"2.6\"/>\n"
    }
  }

  /// A bar from 0 up to `height`, between two places of the x axis.
  mutating func bar(from left: Double, to right: Double, height: Double, _ style: Style) {
    let (topLeft, bottomRight) = (place((left, height)), place((right, 0)))
    marks += """
      <rect class="\(style.rawValue)" x="\(Self.text(topLeft.x + 1))" y="\(Self.text(topLeft.y))" \
      width="\(Self.text(max(bottomRight.x - topLeft.x - 2, 0)))" height="\(Self.text(bottomRight.y - topLeft.y))"/>

      """
  }

  /// An upright line across the plot, and what it says.
  mutating func mark(at position: Double, _ text: String) {
    let (top, bottom) = (place((position, y.upper)), place((position, y.lower)))
    let isRight = top.x > margin.left + plot.width / 2
    marks += """
      <line class="mark" x1="\(Self.text(top.x))" y1="\(Self.text(top.y))" x2="\(Self.text(bottom.x))" \
      y2="\(Self.text(bottom.y))"/><text class="note" x="\(Self.text(top.x + (isRight ? -4 : 4)))" \
      y="\(Self.text(top.y + 9))" text-anchor="\(isRight ? "end" : "start")">\(HTML.escaped(text))</text>

      """
  }

  /// The chart.
  ///
  /// - Parameter title: for those who can't see it.
  func svg(title: String) -> String {
    """
    <svg class="chart" viewBox="0 0 \(Self.text(size.width)) \(Self.text(size.height))" role="img" \
    aria-label="\(HTML.escaped(title))">
    \(horizontalAxis)\(verticalAxis)\(marks)</svg>
    """
  }

  private var horizontalAxis: String {
    let bottom = margin.top + plot.height
    let ticks = x.ticks.map { tick in
      let left = Self.text(place((tick, y.lower)).x)
      return """
        <line class="grid" x1="\(left)" y1="\(margin.top)" x2="\(left)" y2="\(bottom)"/>\
        <text x="\(left)" y="\(bottom + 15)" text-anchor="middle">\(ChartAxis.text(tick))</text>

        """
    }
    let middle = Self.text(margin.left + plot.width / 2)
    return ticks.joined()
      + "<text x=\"\(middle)\" y=\"\(size.height - 6)\" text-anchor=\"middle\">\(HTML.escaped(labels.x))</text>\n"
  }

  private var verticalAxis: String {
    let ticks = y.ticks.map { tick in
      let top = Self.text(place((x.lower, tick)).y)
      return """
        <line class="grid" x1="\(margin.left)" y1="\(top)" x2="\(margin.left + plot.width)" y2="\(top)"/>\
        <text x="\(margin.left - 6)" y="\(top)" dy="0.35em" text-anchor="end">\(ChartAxis.text(tick))</text>

        """
    }
    let middle = Self.text(margin.top + plot.height / 2)
    return ticks.joined()
      + "<text transform=\"translate(11 \(middle)) rotate(-90)\" text-anchor=\"middle\">"
      + "\(HTML.escaped(labels.y))</text>\n"
  }

  static func path(_ places: [(x: Double, y: Double)]) -> String {
    places.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
  }

  static func text(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }
}
