import Classifier
import Foundation

/// The time of each layer of a model, and the share of the core's peak that it reaches.
struct LayerBench {
  let model: PackedModel
  /// Windows to measure, one at a time.
  let windows: Int

  struct Result: Encodable {
    let precision: Precision
    let windowSamples: Int
    /// Multiply-adds a second that the core can do at this precision, and in float32.
    let peak: Double
    let peakFloat32: Double
    let layers: [Layer]
    /// Median time of a window, seconds.
    let secondsPerWindow: Double
  }

  struct Layer: Encodable {
    let name: String
    /// Median, seconds a window.
    let seconds: Double
    /// Multiply-adds that are done for a window, and those of the direct way to the same result.
    let multiplyAdds: Int
    let directMultiplyAdds: Int
  }

  func run() -> Result {
    let predictor = Predictor(model)
    let samples = BenchSignals.windows(
      1, samples: predictor.window, channels: model.model.architecture.inputChannels, seed: 0)
    var predictions = Predictions(model.model.architecture)
    let watch = LayerWatch()
    for round in 0..<windows + max(3, windows / 10) {
      // The first rounds warm the caches up.
      predictor.observer = round < max(3, windows / 10) ? nil : watch
      predictor.predict(samples, into: &predictions)
      watch.endWindow()
    }
    return Result(
      precision: model.precision, windowSamples: predictor.window,
      peak: CorePeak.multiplyAddsPerSecond(model.precision, clock: LayerWatch.seconds),
      peakFloat32: CorePeak.multiplyAddsPerSecond(.float32, clock: LayerWatch.seconds), layers: watch.layers,
      secondsPerWindow: watch.secondsPerWindow)
  }
}

/// Takes the time of each layer of each pass.
private final class LayerWatch: ServingObserver {
  private var begun = 0.0
  private var order: [ServedLayer] = []
  private var times: [[Double]] = []
  private var next = 0
  private var totals: [Double] = []

  static func seconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  func begin(_ layer: ServedLayer) {
    if next == order.count {
      order.append(layer)
      times.append([])
    }
    begun = Self.seconds()
  }

  func end(_ layer: ServedLayer) {
    times[next].append(Self.seconds() - begun)
    next += 1
  }

  func endWindow() {
    guard next > 0 else { return }
    totals.append(times.reduce(0) { $0 + $1.last! })
    next = 0
  }

  var layers: [LayerBench.Layer] {
    zip(order, times).map {
      LayerBench.Layer(
        name: $0.name, seconds: Self.median($1), multiplyAdds: $0.multiplyAdds,
        directMultiplyAdds: $0.directMultiplyAdds)
    }
  }

  var secondsPerWindow: Double { Self.median(totals) }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// The result as a table: layers of one kind are added up.
enum LayerBenchReport {
  static func text(_ result: LayerBench.Result) -> String {
    var table = TextTable([
      .left("LAYER"), .right("µs/WINDOW"), .right("SHARE"), .right("GFLOP/s"), .right("OF PEAK"),
    ])
    let total = result.layers.reduce(0) { $0 + $1.seconds }
    func row(_ name: String, _ layers: [LayerBench.Layer]) {
      let seconds = layers.reduce(0) { $0 + $1.seconds }
      let multiplyAdds = layers.reduce(0) { $0 + $1.multiplyAdds }
      let rate = Double(multiplyAdds) / seconds
      table.add([
        name, String(format: "%.1f", seconds * 1e6), String(format: "%.1f %%", 100 * seconds / total),
        multiplyAdds > 0 ? String(format: "%.1f", 2e-9 * rate) : "",
        multiplyAdds > 0 ? String(format: "%.0f %%", 100 * rate / result.peak) : "",
      ])
    }
    for layer in result.layers { row(layer.name, [layer]) }
    row("all", result.layers)
    let (done, direct) = (
      result.layers.reduce(0) { $0 + $1.multiplyAdds }, result.layers.reduce(0) { $0 + $1.directMultiplyAdds }
    )
    return table.text
      + String(
        format: "\n\n%.1f windows/s; the core's peak at this precision %.0f GFLOP/s, in float32 %.0f\n",
        1 / result.secondsPerWindow, 2e-9 * result.peak, 2e-9 * result.peakFloat32)
      + String(
        format: "%.1f million multiply-adds a window (%.1f directly): %.1f windows/s at the peak",
        Double(done) * 1e-6, Double(direct) * 1e-6, result.peak / Double(done))
  }
}
