/// The numbers that fix the network's shape. See `docs/model.md`.
package struct Architecture: Codable, Sendable, Equatable {
  /// Channels of the input, at least 1.
  package var inputChannels: Int
  /// Channels of the four convolutional stages.
  package var channels: [Int]
  /// Residual blocks in each of the four stages, at least 1 each.
  package var blocks: [Int]
  /// Width D of the Transformer and of the embedding; even, a multiple of `heads` with an even quotient.
  package var dim: Int
  /// Attention heads H.
  package var heads: Int
  /// Transformer layers, at least 1.
  package var layers: Int
  /// Width F of the feed-forward part.
  package var feedForward: Int
  /// Classes K, at least 1.
  package var classes: Int
  /// How the residual blocks convolve.
  package var convolution: ConvolutionKind

  package enum ConvolutionKind: String, Codable, Sendable, CaseIterable {
    /// Width 3, every input to every output.
    case standard
    /// Width 3 in each channel by itself, then width 1 across channels.
    case separable
  }

  package init(
    inputChannels: Int, channels: [Int], blocks: [Int], dim: Int, heads: Int, layers: Int, feedForward: Int,
    classes: Int, convolution: ConvolutionKind = .standard
  ) {
    self.inputChannels = inputChannels
    self.channels = channels
    self.blocks = blocks
    self.dim = dim
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward
    self.classes = classes
    self.convolution = convolution
  }

  /// Samples per Transformer token: the three stages after the first halve the length.
  package static let samplesPerToken = 8
  static let stemWidth = 15
  package static let poolingHeads = 4
}

/// A named set of architecture numbers.
package enum Preset: String, CaseIterable, Sendable {
  case base, large, small, tiny

  package func architecture(inputChannels: Int, classes: Int) -> Architecture {
    switch self {
    case .base:
      Architecture(
        inputChannels: inputChannels, channels: [32, 64, 128, 256], blocks: [3, 3, 2, 2], dim: 128, heads: 4,
        layers: 6, feedForward: 256, classes: classes)
    case .large:
      Architecture(
        inputChannels: inputChannels, channels: [32, 64, 128, 256], blocks: [2, 2, 3, 3], dim: 256, heads: 8,
        layers: 6, feedForward: 1024, classes: classes)
    case .small:
      Architecture(
        inputChannels: inputChannels, channels: [16, 32, 64, 80], blocks: [2, 2, 1, 1], dim: 64, heads: 2,
        layers: 3, feedForward: 96, classes: classes)
    case .tiny:
      Architecture(
        inputChannels: inputChannels, channels: [8, 16, 24, 32], blocks: [2, 1, 1, 1], dim: 32, heads: 2,
        layers: 2, feedForward: 48, classes: classes)
    }
  }
}

/// An architecture whose numbers do not fit together; the message names the number and what it must be.
package struct ArchitectureError: Error, Sendable, CustomStringConvertible {
  package let description: String
}

extension Architecture {
  /// Checks that the numbers describe a network, before anything is sized by them.
  package func validate() throws(ArchitectureError) {
    try require(channels.count == 4, "channels", "four numbers, one a stage", "\(channels)")
    try require(blocks.count == 4, "blocks", "four numbers, one a stage", "\(blocks)")
    let numbers: [(String, Int, ClosedRange<Int>)] =
      [
        ("inputChannels", inputChannels, 1...4096), ("dim", dim, 2...4096), ("heads", heads, 1...256),
        ("layers", layers, 1...128), ("feedForward", feedForward, 1...65_536), ("classes", classes, 1...65_536),
      ]
      + channels.map { ("channels", $0, 4...4096) } + blocks.map { ("blocks", $0, 1...64) }
    for (name, value, range) in numbers {
      try require(
        range.contains(value), name, "between \(range.lowerBound) and \(range.upperBound)", "\(value)")
    }
    try require(
      dim % (2 * heads) == 0, "dim", "a multiple of twice heads (\(heads)), for the rotary pairs", "\(dim)")
    try require(channels.allSatisfy { $0 % 4 == 0 }, "channels", "multiples of 4", "\(channels)")
  }

  private func require(
    _ condition: Bool, _ name: String, _ expected: String, _ got: String
  ) throws(ArchitectureError) {
    guard condition else {
      throw ArchitectureError(description: "architecture: \(name) must be \(expected), not \(got)")
    }
  }

  /// Trainable parameters.
  package var parameterCount: Int { Network(self).layout.trainableCount }
}
