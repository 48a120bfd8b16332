import Classifier
import Foundation

/// What 8 bits do to a model: its size, its answers, its layers.
struct QuantisationReport: Encodable {
  /// Where the 8-bit model was written.
  let path: String
  let calibrationWindows: Int
  let bytes: Int
  let float32Bytes: Int
  /// The share of the calibration windows that both models give the same class.
  let agreement: Double
  /// On labelled data, where there is any.
  let float32: Evaluation?
  let int8: Evaluation?
  let layers: [LayerError]

  init(
    _ exact: Model, _ quantised: Model, path: String, windows: [[Float]], test: LabelledWindows?, threads: Int
  ) throws {
    self.path = path
    let rounded = try PackedModel(quantised, precision: .int8)
    calibrationWindows = windows.count
    (bytes, float32Bytes) = (try quantised.byteCount, try exact.byteCount)
    let before = Predictor(model: exact).predict(windows)
    let after = Predictor(rounded).predict(windows)
    let same = windows.indices.count { before.label($0) == after.label($0) }
    agreement = Double(same) / Double(windows.count)
    func evaluate(_ model: PackedModel) -> Evaluation? {
      test.map {
        let predicted = BatchEvaluation(model, $0, threads: threads).predicted
        return Evaluation(labels: exact.labels, truth: $0.labels, predicted: predicted)
      }
    }
    float32 = evaluate(PackedModel(exact))
    int8 = evaluate(rounded)
    layers = try Quantiser.errors(exact, quantised, windows: Array(windows.prefix(16)))
  }

  /// For people.
  var text: String {
    let size = String(
      format: "%.2f MB, %.1f times smaller than float32", Double(bytes) * 1e-6, Double(float32Bytes) / Double(bytes))
    let share = String(format: "%.2f %%", 100 * agreement)
    let written =
      "\(path): \(size); calibrated on \(calibrationWindows) windows, \(share) of which get the same class in both"
    return [written, accuracy, layerTable.text].compactMap(\.self).joined(separator: "\n\n")
  }

  private var accuracy: String? {
    guard let float32, let int8 else { return nil }
    var table = TextTable([.left("CLASS"), .right("F1 FLOAT32"), .right("F1 INT8"), .right("WINDOWS")])
    for (before, after) in zip(float32.classes, int8.classes) {
      table.add([before.label, decimal(before.f1), decimal(after.f1), "\(before.support)"])
    }
    let line = String(
      format: "%d labelled windows: accuracy %.2f %% in float32, %.2f %% in int8; macro-F1 %.4f, %.4f",
      float32.windows, 100 * float32.accuracy, 100 * int8.accuracy, float32.macroF1, int8.macroF1)
    return "\(line)\n\n\(table.text)"
  }

  private var layerTable: TextTable {
    var table = TextTable([.left("ERROR OF THE INPUT OF"), .right("RELATIVE")])
    for layer in layers {
      table.add([layer.product, String(format: "%.2f %%", 100 * layer.relative)])
    }
    return table
  }

  private func decimal(_ value: Double) -> String { String(format: "%.4f", value) }
}
