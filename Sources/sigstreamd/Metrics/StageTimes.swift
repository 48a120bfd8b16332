/// What the stages of the live path have taken, a batch at a time; from any thread.
final class StageTimes: Sendable {
  enum Stage: String, CaseIterable, Sendable {
    /// A worker's inference.
    case classify
    /// From the worker's end of a batch to its last result being sent: waiting for its turn, encoding, sending.
    case publish
  }

  private let histograms = Monitor<[Stage: Histogram]>([:])

  func add(_ stage: Stage, nanoseconds: Int64) {
    histograms.withLock { $0[stage, default: Histogram()].add(Double(nanoseconds) * 1e-9) }
  }

  func histogram(_ stage: Stage) -> Histogram { histograms.withLock { $0[stage] ?? Histogram() } }
}
