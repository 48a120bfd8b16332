import Foundation

/// One axis of a chart: the range of its values and where its ticks are.
struct ChartAxis: Equatable {
  let lower: Double
  let upper: Double
  let ticks: [Double]

  /// - Parameters:
  ///   - values: what has to fit; those that are not finite are left out. A range of no width is widened.
  ///   - ticks: about how many; they are 1, 2 or 5 times a power of ten apart (Heckbert, Graphics Gems 1990).
  ///   - leastStep: between ticks; 1 where only whole numbers mean something.
  ///   - rounding: whether the axis ends at ticks.
  init(fitting values: some Sequence<Double>, ticks count: Int = 5, leastStep: Double = 0, rounding: Bool = true) {
    let finite = values.filter(\.isFinite)
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if high - low <= 1e-12 * max(abs(high), abs(low)) {
      let margin = high == 0 ? 1 : abs(high) / 2
      (low, high) = (low - margin, high + margin)
    }
    // Halved first: the difference of the largest numbers is none.
    let step = max(Self.step((high / 2 - low / 2) / Double(max(count, 1)) * 2), leastStep)
    if rounding { (low, high) = ((low / step).rounded(.down) * step, (high / step).rounded(.up) * step) }
    let slack = 1e-9
    let places = stride(from: (low / step - slack).rounded(.up), through: (high / step + slack).rounded(.down), by: 1)
    (lower, upper) = (low, high)
    ticks = places.prefix(50).map { $0 * step }
  }

  /// The least of 1, 2 and 5 times a power of ten that is not below `width`.
  private static func step(_ width: Double) -> Double {
    guard width.isFinite, width > 0 else { return 1 }
    let power = pow(10, log10(width).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= width * (1 - 1e-9) } ?? 10) * power
  }

  /// The place of `value` on an axis of `length`, from its lower end.
  func place(_ value: Double, length: Double) -> Double { (value - lower) / (upper - lower) * length }

  static func text(_ tick: Double) -> String {
    let text = String(format: "%.6g", tick)
    return text == "-0" ? "0" : text
  }
}
