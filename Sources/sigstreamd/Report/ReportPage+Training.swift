import Classifier
import Foundation

extension ReportPage {
  /// The page of a run that has ended with `model`.
  init(_ run: TrainingRun, _ model: Model) {
    title = "Training of \(URL(filePath: run.output.path).lastPathComponent)"
    self.model = model
    path = run.output.path
    curves = LearningCurves(
      history: run.history, keptEpoch: run.record.epoch, options: run.options, windows: run.data.training.count)
    let packed = PackedModel(model)
    parts = [DatasetPart.validation, .test].compactMap { part in
      guard let windows = run.data.part(part), windows.count > 0 else { return nil }
      return MeasuredPart(
        name: part.title, windows: windows, sources: run.data.sources(of: part),
        outputs: BatchEvaluation(packed, windows, threads: run.options.threads), labels: model.labels)
    }
  }
}
