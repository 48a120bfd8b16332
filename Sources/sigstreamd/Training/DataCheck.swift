import Classifier

/// What is wrong or doubtful in data, found before hours are spent on training.
struct DataCheck {
  /// Why training would be in vain.
  private(set) var errors: [String] = []
  private(set) var warnings: [String] = []

  private let data: TrainingData
  private var labels: [String] { data.labels }

  /// - Parameters:
  ///   - heldOut: windows that the p-values of the anomaly score will come from.
  ///   - ancestors: models that training starts or learns from, and what each is called.
  init(
    _ data: TrainingData, input: InputSpecification, options: TrainingOptions, heldOut: Int,
    ancestors: [(String, Model)] = []
  ) {
    self.data = data
    checkClasses()
    checkValidation(patience: options.patience)
    checkLeaks(ancestors)
    if let problem = OutlierTest.problem(heldOut: heldOut) { warnings.append(problem) }
    for (name, windows) in data.parts { checkConstant(name, windows) }
    checkChannels()
    checkCopies()
    if let problem = options.augmentation.problem(sampleRate: input.sampleRate) {
      errors.append("\(problem): leave it out, or give --sample-rate with --signals")
    }
    warnings += options.augmentation.idle(channels: data.training.channels, input: input)
    if data.annotationsOfNoClass.count > 0 {
      let counts = data.annotationsOfNoClass.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      warnings.append("annotations that stand for no class: " + counts.map { "\($0) \($1)" }.joined(separator: ", "))
    }
  }

  /// Prints the warnings as one block.
  ///
  /// - Throws: `CommandFailure` with the errors, if there are any.
  func report() throws(CommandFailure) {
    if !warnings.isEmpty { StandardError.write(text) }
    guard errors.isEmpty else { throw CommandFailure(errors.joined(separator: "; "), exitCode: .data) }
  }

  /// The warnings, a line each.
  var text: String { "before training, note:\n" + warnings.map { "  - \($0)\n" }.joined() }

  private mutating func checkClasses() {
    let counts = counts(data.training)
    let present = labels.indices.filter { counts[$0] > 0 }
    if present.count == 1 {
      errors.append(
        "all windows to train on are of the class \(labels[present[0]]): a model needs two classes to tell apart")
    }
    for k in labels.indices where counts[k] == 0 {
      warnings.append("class \(labels[k]) has no training windows: the model will not learn it")
    }
  }

  private mutating func checkValidation(patience: Int?) {
    guard let validation = data.validation, validation.count > 0 else {
      warnings.append("there are no validation windows: the last epoch is kept, whether it is the best or not")
      if patience != nil { errors.append("--patience needs validation windows: name recordings, or give --validation") }
      return
    }
    if case .recordings = data.sources, data.description.records[DatasetPart.validation.rawValue] == nil {
      warnings.append(
        "the validation windows are held out at random of the recordings that are trained on, which flatters the model: "
          + "name whole recordings in split.validation")
    }
    let (training, counts) = (counts(data.training), counts(validation))
    let present = labels.indices.filter { counts[$0] > 0 }
    if present.count == 1 {
      warnings.append(
        "all validation windows are of the class \(labels[present[0]]): they can't tell a better epoch from a worse one"
      )
    } else {
      for k in labels.indices where counts[k] == 0 && training[k] > 0 {
        warnings.append("class \(labels[k]) has no validation windows: no figure tells how well it is found")
      }
    }
  }

  private mutating func checkLeaks(_ ancestors: [(String, Model)]) {
    for (name, model) in ancestors {
      warnings += [DatasetPart.validation, .test].compactMap { data.leak(of: $0, to: model, called: name) }
    }
  }

  private mutating func checkConstant(_ part: String, _ windows: LabelledWindows) {
    let constant = (0..<windows.count).filter { windows.isConstant($0) }
    guard !constant.isEmpty else { return }
    if part == DatasetPart.training.rawValue, constant.count == windows.count {
      errors.append("every training window is a constant signal: check the recordings and their channels")
      return
    }
    let names = part == DatasetPart.training.rawValue ? " (\(name(constant)))" : ""
    warnings.append(
      "a constant signal in \(constant.count) of \(windows.count) \(part) windows\(names): a sensor that was off "
        + "teaches nothing, leave them out")
  }

  private mutating func checkChannels() {
    let training = data.training
    guard training.channels > 1 else { return }
    for c in 0..<training.channels where (0..<training.count).allSatisfy({ training.isConstant($0, channel: c) }) {
      warnings.append("channel \(c) is constant in every training window: leave it out")
    }
  }

  /// Windows that are the same to the bit: of two classes, at least one label is wrong; in training and validation, the
  /// figures flatter.
  private mutating func checkCopies() {
    let training = data.training
    var first = WindowIndex(training)
    let contradictions = (0..<training.count).filter { n in
      guard let earlier = first.insert(n) else { return false }
      return training.labels[earlier] != training.labels[n]
    }
    if !contradictions.isEmpty {
      warnings.append(
        "\(Self.count(contradictions.count, "training window")) the same as another one of another class "
          + "(\(name(contradictions))): check the labels")
    }
    guard let validation = data.validation else { return }
    let known = (0..<validation.count).count { first.contains(validation, $0) }
    if known > 0 {
      warnings.append(
        "\(Self.count(known, "validation window")) also trained on: the validation figures will flatter the model")
    }
  }

  private func name(_ windows: [Int]) -> String {
    data.sources.text(windows.map { data.training.origins[$0] })
  }

  private func counts(_ windows: LabelledWindows) -> [Int] {
    windows.labels.reduce(into: Array(repeating: 0, count: labels.count)) { $0[$1] += 1 }
  }

  private static func count(_ count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? " is" : "s are")"
  }
}
