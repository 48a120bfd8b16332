/// What the stages of the live path have taken, a batch at a time; from any thread.
final class StageTimes: Sendable {
  enum Stage: String, CaseIterable, Sendable {
    /// A worker's inference.
    case classify
    /// From the worker's end of a batch to its last result being sent: waiting for its turn, encoding, sending.
    case publish
  }

  private let histograms = Monitor([Histogram](repeating: Histogram(), count: Stage.allCases.count))

  func add(_ stage: Stage, nanoseconds: Int64) {
    histograms.withLock { $0[Self.place(stage)].add(Double(nanoseconds) * 1e-9) }
  }

  func histogram(_ stage: Stage) -> Histogram { histograms.withLock { $0[Self.place(stage)] } }

  private static func place(_ stage: Stage) -> Int { stage == .classify ? 0 : 1 }
}
