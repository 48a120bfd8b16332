import Classifier

extension TrainingData {
  /// Why figures on one part flatter `model`, which is called `name`: it was trained on recordings there. Nil where its
  /// file names none of them.
  func leak(of part: DatasetPart, to model: Model, called name: String) -> String? {
    let trained = Set(TrainingRecord(of: model)?.data.records[DatasetPart.training.rawValue] ?? [])
    let records = description.records[part.rawValue] ?? []
    let known = records.filter { trained.contains($0) }
    guard !known.isEmpty else { return nil }
    let named = known.prefix(3).joined(separator: ", ") + (known.count > 3 ? " and \(known.count - 3) more" : "")
    return "\(name) was trained on \(known.count) of \(records.count) \(part.rawValue) recordings (\(named)), which "
      + "flatters the figures there: name others in split.\(part.rawValue)"
  }
}
