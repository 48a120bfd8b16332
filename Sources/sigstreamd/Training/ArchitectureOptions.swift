import ArgumentParser
import Classifier

/// The architecture of a new model: a preset, any of whose numbers may be set.
struct ArchitectureOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The numbers below that are not given. (default: base)", valueName: "name"))
  var preset: Preset?
  @Option(
    help: ArgumentHelp("Channels of the four convolutional stages, such as 32,64,128,256.", valueName: "numbers"))
  var channels: NumberList?
  @Option(help: ArgumentHelp("Residual blocks of the four stages, such as 3,3,2,2.", valueName: "numbers"))
  var blocks: NumberList?
  @Option(
    help: ArgumentHelp("Width of the Transformer and of the embedding, a multiple of 2 · heads.", valueName: "number"))
  var dim: Int?
  @Option(help: ArgumentHelp("Attention heads.", valueName: "number"))
  var heads: Int?
  @Option(help: ArgumentHelp("Transformer layers.", valueName: "number"))
  var layers: Int?
  @Option(help: ArgumentHelp("Width of the feed-forward part.", valueName: "number"))
  var feedForward: Int?
  @Option(
    help: ArgumentHelp(
      "The blocks' convolutions: standard, or separable (by channel, then across channels: smaller and faster).",
      valueName: "kind"))
  var convolution: Architecture.ConvolutionKind?

  /// Whether any of them was given.
  var isGiven: Bool {
    preset != nil || channels != nil || blocks != nil || dim != nil || heads != nil || layers != nil
      || feedForward != nil || convolution != nil
  }

  func architecture(inputChannels: Int, classes: Int) throws -> Architecture {
    var architecture = (preset ?? .base).architecture(inputChannels: inputChannels, classes: classes)
    if let channels { architecture.channels = channels.numbers }
    if let blocks { architecture.blocks = blocks.numbers }
    if let dim { architecture.dim = dim }
    if let heads { architecture.heads = heads }
    if let layers { architecture.layers = layers }
    if let feedForward { architecture.feedForward = feedForward }
    if let convolution { architecture.convolution = convolution }
    do {
      try architecture.validate()
    } catch {
      throw CommandFailure("\(error): see 'sigstreamd train --help'", exitCode: .usage)
    }
    return architecture
  }
}

/// Whole numbers separated by commas.
struct NumberList: ExpressibleByArgument {
  let numbers: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !parts.isEmpty, !parts.contains(nil) else { return nil }
    numbers = parts.compactMap(\.self)
  }
}

extension Architecture.ConvolutionKind: ExpressibleByArgument {}
