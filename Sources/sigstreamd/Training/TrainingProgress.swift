import Classifier
import Foundation
import Glibc

/// Shows training as it runs, on stderr: on a terminal a bar that is drawn again at each step, and everywhere a line an
/// epoch.
final class TrainingProgress {
  /// What became of the checkpoint of a best epoch.
  enum Saving: Equatable {
    case saved
    case failed(String)
  }

  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let options: TrainingOptions
  private let windows: Int
  private var drawn = false
  private var estimate: TimeEstimate
  private var rate = 0.0
  private var loss = 0.0
  private var learningRate = 0.0
  /// Of the last epoch, and of the best one.
  private var figures: (last: String, best: String)?

  /// - Parameter windows: training windows of an epoch.
  init(options: TrainingOptions, windows: Int) {
    self.options = options
    self.windows = windows
    estimate = TimeEstimate(epochs: options.epochs)
  }

  func show(_ step: TrainingStep) {
    rate = Self.smoothed(rate, step.sequencesPerSecond)
    loss = Self.smoothed(loss, step.loss)
    learningRate = step.learningRate
    estimate.add(step: step.step, of: step.steps, secondsAnEpoch: Double(windows) / rate)
    guard isTerminal else { return }
    let share = Double(step.step) / Double(step.steps)
    var text = "epoch \(step.epoch)/\(options.epochs) \(Self.bar(share)) \(Int(100 * share)) %  "
    text += Self.duration(estimate.secondsLeft) + String(format: " left  %.0f seq/s  loss %.4f", rate, loss)
    if let figures { text += "  \(options.metric.rawValue) \(figures.last), best \(figures.best)" }
    text += String(format: "  learning rate %.2e", learningRate)
    // A line that wraps can't be drawn over.
    write("\r\u{1B}[K" + text.prefix(Self.columns - 1))
    drawn = true
  }

  /// - Parameter saving: what became of its checkpoint where it is the best so far.
  func show(_ epoch: TrainingEpoch, saving: Saving?) {
    estimate.endEpoch(epoch.epoch)
    var text = String(format: "epoch %d/%d  training loss %.4f", epoch.epoch, options.epochs, epoch.trainingLoss)
    if let validation = epoch.validation, let loss = epoch.validationLoss {
      text += String(
        format: "  validation loss %.4f  accuracy %.2f %%  macro-F1 %.4f", loss, 100 * validation.accuracy,
        validation.macroF1)
      let figure = Self.figure(options.metric, validation, loss)
      figures = (figure, epoch.isBest ? figure : figures?.best ?? figure)
    }
    text += String(format: "  learning rate %.2e  %.0f seq/s", learningRate, rate)
    if saving == .saved { text += epoch.validation == nil ? "  saved" : "  best so far, saved" }
    if epoch.endsEarly {
      text += "  no better one for \(options.patience ?? 0) epochs: stopped"
    } else if epoch.epoch < options.epochs {
      text += "  \(Self.duration(estimate.secondsLeft)) left"
    }
    write((drawn ? "\r\u{1B}[K" : "") + text + "\n")
    if case .failed(let reason) = saving {
      write("best so far, but not saved: \(reason.printable); tried again at the next best epoch and at the end\n")
    }
    drawn = false
  }

  /// A line about what went wrong on the way.
  func tell(_ text: String) {
    finish()
    write(text.printable + "\n")
  }

  /// Ends a bar that was interrupted, so that what follows starts on a line of its own.
  func finish() {
    if drawn { write("\n") }
    drawn = false
  }

  private func write(_ text: String) {
    StandardError.write(text)
  }

  private static func figure(_ metric: ValidationMetric, _ evaluation: Evaluation, _ loss: Double) -> String {
    switch metric {
    case .macroF1: String(format: "%.4f", evaluation.macroF1)
    case .accuracy: String(format: "%.2f %%", 100 * evaluation.accuracy)
    case .loss: String(format: "%.4f", loss)
    }
  }

  /// Of the terminal now.
  private static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private static func smoothed(_ average: Double, _ value: Double) -> Double {
    average == 0 ? value : 0.9 * average + 0.1 * value
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

/// The time that training will still take: of the steps that are left, and of measuring and saving at each epoch's end.
struct TimeEstimate {
  private let epochs: Int
  private var secondsAnEpoch = 0.0
  private var epochsLeft: Double
  private var secondsBetweenEpochs = 0.0
  private var lastStep = ContinuousClock.now

  init(epochs: Int) {
    self.epochs = epochs
    epochsLeft = Double(epochs)
  }

  /// To be called after each step.
  ///
  /// - Parameter secondsAnEpoch: what the steps of an epoch take by their rate now.
  mutating func add(step: Int, of steps: Int, secondsAnEpoch: Double, now: ContinuousClock.Instant = .now) {
    self.secondsAnEpoch = secondsAnEpoch
    epochsLeft = Double(epochs) * (1 - Double(step) / Double(steps))
    lastStep = now
  }

  /// To be called when the epoch has been measured.
  mutating func endEpoch(_ epoch: Int, now: ContinuousClock.Instant = .now) {
    secondsBetweenEpochs = (now - lastStep).inSeconds
    epochsLeft = Double(epochs - epoch)
  }

  var secondsLeft: Double {
    epochsLeft * secondsAnEpoch + epochsLeft.rounded(.up) * secondsBetweenEpochs
  }
}
