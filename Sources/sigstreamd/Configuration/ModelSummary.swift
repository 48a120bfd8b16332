import Windowing

/// What a model asks of the feeds that use it, as its checkpoint says.
struct ModelSummary: Sendable, Equatable {
  /// The classes, in the order of the model's outputs.
  var labels: [String]
  /// The rate of the samples it was trained on; 0 where the training data did not say, as `--signals` without
  /// `--sample-rate`: any rate fits then.
  var sampleRateHz: Double
  /// The samples of a window.
  var windowSamples: Int
  /// The channels of a window.
  var channels: Int
  /// The SHA-256 of the checkpoint, 64 hexadecimal digits.
  var identity: String
  /// What the samples that it was trained on were filtered by; empty also where the training data didn't say.
  var filters: [SignalFilter] = []
  /// Held-out windows behind the p-values of its anomaly score; nil where it has no score.
  var heldOutWindows: Int?
}

extension FeedConfiguration {
  /// Checks that the windows of this feed are what `model` was trained on.
  ///
  /// How many columns the arrays of a feed with `channels: together` have shows only when they come.
  /// - Throws: `ConfigurationError` at the key that doesn't fit.
  func check(against model: ModelSummary) throws(ConfigurationError) {
    guard window.lengthSamples == model.windowSamples else {
      throw source.location(of: .window).error(
        "windows of \(window.lengthSamples) samples, but the model \(modelPath) takes \(model.windowSamples): write "
          + "'length: \(model.windowSamples)'")
    }
    guard channels == .together || model.channels == 1 else {
      throw source.location(of: .channels).error(
        "'separate' makes streams of 1 channel, but the model \(modelPath) takes \(model.channels): write "
          + "'channels: together', or name a model of 1 channel")
    }
    if channels == .together, let select, select.count != model.channels {
      throw source.location(of: .select).error(
        "\(select.count) channels, but the model \(modelPath) takes \(model.channels): name as many")
    }
    try checkChannels(against: model)
  }

  /// What is to be done to the samples of this feed so that they are like those that `model` was trained on.
  ///
  /// - Throws: `ConfigurationError` at the key that doesn't fit.
  func makeConditioning(for model: ModelSummary) throws(ConfigurationError) -> SignalConditioning? {
    if let filters, !model.filters.isEmpty, filters != model.filters {
      throw source.location(of: .filters).error(
        "the model \(modelPath) was trained on samples filtered by \(SignalFilter.text(model.filters)): remove 'filters', "
          + "they are taken from the model")
    }
    let rate = model.sampleRateHz > 0 ? model.sampleRateHz : sampleRateHz
    let conditioning: SignalConditioning?
    do throws(ConditioningError) {
      conditioning = try SignalConditioning(from: sampleRateHz, to: rate, filters: filters ?? model.filters)
    } catch {
      let advice =
        switch error {
        case .filter: "which the model \(modelPath) takes: name another model"
        case .ratio: "which the model \(modelPath) takes: write the rate more exactly, or name another model"
        }
      throw source.location(of: .sampleRate).error("\(error), \(advice)")
    }
    guard socket != .dealer || conditioning?.ratio ?? .one == .one else {
      throw source.location(of: .sampleRate).error(
        "\(Quantity.text(sampleRateHz)) Hz, but the model \(modelPath) takes \(Quantity.text(rate)) Hz, and a dealer feed "
          + "can't acknowledge samples that it resamples: send them at that rate, or write 'socket: pull'")
    }
    return conditioning
  }
}
