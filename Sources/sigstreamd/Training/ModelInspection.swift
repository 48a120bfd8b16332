import Classifier

/// What `model inspect` tells of a model.
struct ModelInspection: Encodable {
  let identity: String
  /// 1 unless it is an ensemble.
  let members: Int
  let parameters: Int
  let architecture: Architecture
  let labels: [String]
  let input: InputSpecification
  /// The arithmetic that the file can be served in.
  let precisions: [Precision]
  let anomaly: Anomaly?
  /// nil where the metadata is another program's.
  let training: TrainingRecord?

  struct Anomaly: Encodable {
    let heldOutWindows: Int
    let shrinkage: Double
  }

  init(_ model: Model) {
    identity = model.identity
    members = model.memberCount
    parameters = model.architecture.parameterCount * members
    architecture = model.architecture
    labels = model.labels
    input = model.input
    precisions = model.quantisation == nil ? [.float32, .bf16] : Precision.allCases
    anomaly = model.novelty.map { Anomaly(heldOutWindows: $0.calibrationCount, shrinkage: $0.shrinkage) }
    training = TrainingRecord(of: model)
  }

  /// For people: a line a fact.
  var text: String {
    let lines = facts.map { "\($0.padded(to: 14))  \($1)" }.joined(separator: "\n")
    let measured = [("validation part", training?.validation), ("test part", training?.test)]
    let figures = measured.compactMap { name, evaluation in
      evaluation.map { "\n\n\(name): \(EvaluationReport($0).text)" }
    }
    return lines + figures.joined()
  }

  /// What the model is, and how it was trained.
  var facts: [(String, String)] {
    let facts: [(String, String)] = [
      ("identity", "SHA-256 \(identity)"),
      ("parameters", "\(parameters)" + (members > 1 ? " in an ensemble of \(members) models" : "")),
      (
        "backbone",
        "channels \(list(architecture.channels)), blocks \(list(architecture.blocks))"
          + (architecture.convolution == .separable ? ", separable" : "")
      ),
      (
        "transformer",
        "\(architecture.layers) layers, width \(architecture.dim), \(architecture.heads) heads, "
          + "feed-forward \(architecture.feedForward)"
      ),
      ("labels", labels.joined(separator: ", ")),
      ("input", inputText),
      ("precisions", precisions.map(\.rawValue).joined(separator: ", ")),
      ("anomaly score", anomalyText),
    ]
    return facts + trainingFacts
  }

  private var inputText: String {
    let rate = input.sampleRate > 0 ? "\(Quantity.text(input.sampleRate)) Hz" : "rate unknown"
    return "\(input.window) samples of \(architecture.inputChannels) "
      + "channel\(architecture.inputChannels == 1 ? "" : "s"), \(rate), normalisation \(input.normalisation.rawValue)"
      + (input.filters.map { ", filtered by \($0)" } ?? "")
  }

  private var anomalyText: String {
    guard let anomaly else { return "none: the model has no statistics" }
    return OutlierTest.problem(heldOut: anomaly.heldOutWindows)
      ?? "p-values from \(anomaly.heldOutWindows) held-out windows"
  }

  private var trainingFacts: [(String, String)] {
    guard let training else { return [] }
    var facts = [("trained on", training.data.name), ("command", training.command)]
    if let members = training.members {
      facts.append(("epochs kept", members.map { "\($0.epoch)" }.joined(separator: ", ")))
    } else {
      facts.append(("epoch kept", "\(training.epoch)"))
    }
    for (part, records) in training.data.records.sorted(by: { $0.key < $1.key }) {
      facts.append((part, records.joined(separator: " ")))
    }
    return facts
  }

  private func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: " ") }
}
