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
}

extension FeedConfiguration {
  /// Checks that the samples and windows of this feed are what `model` was trained on.
  ///
  /// How many columns the messages of a feed with `channels: together` have shows only when they come.
  /// - Throws: `ConfigurationError` at the key that doesn't fit.
  func check(against model: ModelSummary) throws(ConfigurationError) {
    guard model.sampleRateHz == 0 || abs(sampleRateHz - model.sampleRateHz) <= 1e-6 * model.sampleRateHz else {
      let rate = Quantity.text(model.sampleRateHz)
      throw source.location(of: .sampleRate).error(
        "\(Quantity.text(sampleRateHz)) Hz, but the model \(modelPath) takes \(rate) Hz: write 'sampleRate: \(rate)' if "
          + "the samples come at that rate, or name a model for theirs")
    }
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
  }
}
