/// Several networks of one architecture, trained alike from different random numbers, that answer as one model
/// (Lakshminarayanan et al. 2017): its probabilities are the mean of the members', its embedding the mean of theirs.
extension Model {
  /// What differs between the members.
  struct Member: Sendable {
    var parameters: [Float]
    var batchesTracked: Int
  }

  /// Most members of a file.
  package static let memberLimit = 64

  /// Members, 1 in a model that is no ensemble.
  package var memberCount: Int { 1 + others.count }

  /// The members as models of their own, without anomaly statistics.
  package var members: [Model] {
    ([Member(parameters: parameters, batchesTracked: batchesTracked)] + others).map { member in
      Model(
        architecture: architecture, labels: labels, input: input, quantisation: quantisation,
        parameters: member.parameters, batchesTracked: member.batchesTracked)
    }
  }

  /// One model of several: those of one architecture, labels and input. It has no anomaly statistics yet.
  package init(joining models: [Model], training: String) {
    let first = models[0]
    precondition(
      models.allSatisfy {
        $0.architecture == first.architecture && $0.labels == first.labels && $0.input == first.input
          && $0.quantisation == nil && $0.memberCount == 1
      })
    self.init(
      architecture: first.architecture, labels: first.labels, input: first.input, training: training,
      parameters: first.parameters, batchesTracked: first.batchesTracked)
    others = models.dropFirst().map { Member(parameters: $0.parameters, batchesTracked: $0.batchesTracked) }
  }
}
