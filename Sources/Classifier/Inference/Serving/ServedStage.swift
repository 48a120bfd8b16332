import CKernels

/// A stage of the convolutional part: after the first stage a convolution that halves the length, then blocks.
struct ServedStage: Sendable {
  private let down: ServedConvolution?
  private let blocks: [ServedBlock]

  init(_ index: Int, architecture: Architecture, tensors: ModelTensors, arithmetic: Arithmetic) {
    let name = "stages.\(index)"
    down =
      index == 0
      ? nil
      : ServedConvolution(
        tensors.convolution("\(name).down.conv", norm: "\(name).down.norm"), stride: 2, arithmetic: arithmetic)
    var blocks: [ServedBlock] = []
    for j in 0..<architecture.blocks[index] {
      blocks.append(
        ServedBlock(
          "\(name).blocks.\(j)", architecture.convolution, channels: architecture.channels[index],
          dilation: Stage.dilation(ofBlock: j), tensors: tensors, arithmetic: arithmetic))
    }
    self.blocks = blocks
  }

  /// How the stage wants its input.
  var input: FactorFormat { down?.input ?? blocks[0].input }

  /// From the stage before (nil for the first stage, whose input is in its memory) to `memory.input(next)`.
  func run(from before: StageMemory?, _ memory: StageMemory, next: FactorFormat, _ pass: ServingPass) {
    if let down, let before {
      down.run(
        before.input(down.input), length: before.length, activation: CK_MISH,
        into: memory.input(blocks[0].input).results(values: memory.shortcut(0)), scratch: memory.scratch, pass)
    }
    for (j, block) in blocks.enumerated() {
      block.run(memory, next: j + 1 < blocks.count ? blocks[j + 1].input : next, pass)
    }
  }

  /// - Parameter length: of the stage's blocks.
  func scratchBytes(windows: Int, length: Int) -> Int {
    blocks.map { $0.scratchBytes(windows: windows, length: length) }.max()!
  }
}
