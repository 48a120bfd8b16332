import Classifier
import Foundation

extension ReportPage {
  /// The page of `model`, which the runs have ended with: one, or one for each member of an ensemble.
  init(_ runs: [TrainingRun], _ model: Model, path: String) {
    title = "Training of \(URL(filePath: path).lastPathComponent)"
    self.model = model
    self.path = path
    let run = runs[0]
    curves = runs.map { run in
      LearningCurves(
        title: "Learning curves" + (run.record.member.map { " of member \($0)" } ?? ""), history: run.history,
        keptEpoch: run.record.epoch, options: run.options, windows: run.data.training.count)
    }
    let packed = PackedModel(model)
    parts = [DatasetPart.validation, .test].compactMap { part in
      guard let windows = run.data.part(part), windows.count > 0 else { return nil }
      return MeasuredPart(
        name: part.title, windows: windows, sources: run.data.sources(of: part),
        outputs: BatchEvaluation(packed, windows, threads: run.options.threads), labels: model.labels)
    }
  }
}
