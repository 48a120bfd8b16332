/// One trained model: all that serving needs, as a checkpoint holds it.
package struct Model: Sendable {
  package let architecture: Architecture
  /// Class names, one for each of the architecture's classes.
  package var labels: [String]
  package var input: InputSpecification
  /// JSON: what it was trained on and how, and its measured figures. Kept as it is.
  package var training: String
  /// Statistics of the anomaly score; nil in models that have none.
  package var novelty: NoveltyStatistics?
  /// The ranges that serving in int8 needs; nil in models that were not quantised.
  package var quantisation: Quantisation?
  /// SHA-256 of the checkpoint file, 64 hexadecimal digits; empty until saved or loaded.
  package internal(set) var identity = ""

  /// Weights and running statistics in the order of ``ParameterLayout``.
  var parameters: [Float]
  /// BatchNorm's count of training batches.
  var batchesTracked: Int
  /// The members of an ensemble after the first, whose numbers are above.
  var others: [Member] = []

  init(
    architecture: Architecture, labels: [String], input: InputSpecification, training: String = "{}",
    novelty: NoveltyStatistics? = nil, quantisation: Quantisation? = nil, parameters: [Float], batchesTracked: Int = 0
  ) {
    self.architecture = architecture
    self.labels = labels
    self.input = input
    self.training = training
    self.novelty = novelty
    self.quantisation = quantisation
    self.parameters = parameters
    self.batchesTracked = batchesTracked
  }

  /// A model with random weights (see ``Initialisation``), as training starts from.
  package init(architecture: Architecture, labels: [String], input: InputSpecification, seed: UInt64) {
    precondition(labels.count == architecture.classes)
    self.init(
      architecture: architecture, labels: labels, input: input,
      parameters: Initialisation.parameters(Network(architecture).layout, seed: seed))
  }
}
