import Classifier
import Foundation
import Glibc

/// Shows training as it runs, on stderr: a bar that is drawn again on a terminal, a line per epoch elsewhere.
final class TrainingProgress {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let epochs: Int
  private var drawn = false
  private var rate = 0.0

  init(epochs: Int) {
    self.epochs = epochs
  }

  func show(_ event: TrainingEvent, windows: Int) {
    switch event {
    case .step(let step): show(step, windows: windows)
    case .epoch(let epoch): show(epoch)
    }
  }

  private func show(_ step: TrainingStep, windows: Int) {
    rate = rate == 0 ? step.sequencesPerSecond : 0.9 * rate + 0.1 * step.sequencesPerSecond
    guard isTerminal else { return }
    let share = Double(step.step) / Double(step.steps)
    let left = Double(windows * epochs) * (1 - share) / rate
    let text = String(
      format: "epoch %d/%d %@ %3.0f %%  loss %.4f  rate %.2e  %.0f seq/s  %@ left", step.epoch, epochs,
      Self.bar(share), 100 * share, step.loss, step.learningRate, rate, Self.duration(left))
    write("\r\u{1B}[K" + text)
    drawn = true
  }

  private func show(_ epoch: TrainingEpoch) {
    var text = String(format: "epoch %d/%d  training loss %.4f", epoch.epoch, epochs, epoch.trainingLoss)
    if let validation = epoch.validation, let loss = epoch.validationLoss {
      text += String(
        format: "  validation loss %.4f  accuracy %.2f %%  macro-F1 %.4f", loss, 100 * validation.accuracy,
        validation.macroF1)
    }
    text += String(format: "  %.0f seq/s", rate)
    if epoch.isBest { text += "  best so far, saved" }
    write((drawn ? "\r\u{1B}[K" : "") + text + "\n")
    drawn = false
  }

  /// Ends a bar that was interrupted, so that what follows starts on a line of its own.
  func finish() {
    if drawn { write("\n") }
    drawn = false
  }

  private func write(_ text: String) {
    StandardError.write(text)
  }

  private static func bar(_ share: Double) -> String {
    let width = 24
    let full = Int(share * Double(width))
    return String(repeating: "━", count: full) + String(repeating: "─", count: width - full)
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }
}
