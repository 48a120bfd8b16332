import Testing

@testable import Classifier

@Suite struct ArchitectureTests {
  @Test(arguments: [(Preset.base, 2_433_238), (.large, 8_610_878), (.tiny, 43_636)])
  func presetsHaveTheDocumentedNumberOfParameters(preset: Preset, count: Int) {
    #expect(preset.architecture(inputChannels: 1, classes: 10).parameterCount == count)
  }

  /// Each further input channel adds the stem's 15 · c₀ weights; each class D/2 weights and a bias.
  @Test func channelsAndClassesAddTheirOwnParameters() {
    let one = Preset.base.architecture(inputChannels: 1, classes: 10).parameterCount
    #expect(Preset.base.architecture(inputChannels: 3, classes: 10).parameterCount == one + 2 * 15 * 32)
    #expect(Preset.base.architecture(inputChannels: 1, classes: 12).parameterCount == one + 2 * (64 + 1))
  }

  @Test(arguments: Preset.allCases)
  func presetsAreValid(preset: Preset) throws {
    try preset.architecture(inputChannels: 1, classes: 1).validate()
    try preset.architecture(inputChannels: 12, classes: 100).validate()
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let number: String
    let testDescription: String
    let change: @Sendable (inout Architecture) -> Void

    init(_ number: String, _ value: String, _ change: @escaping @Sendable (inout Architecture) -> Void) {
      (self.number, testDescription, self.change) = (number, "\(number) \(value)", change)
    }
  }

  static let wrong = [
    Wrong("inputChannels", "0") { $0.inputChannels = 0 }, Wrong("inputChannels", "-1") { $0.inputChannels = -1 },
    Wrong("inputChannels", "huge") { $0.inputChannels = .max },
    Wrong("channels", "three") { $0.channels = [8, 8, 8] }, Wrong("channels", "none") { $0.channels = [] },
    Wrong("channels", "0") { $0.channels[2] = 0 }, Wrong("channels", "6") { $0.channels[0] = 6 },
    Wrong("channels", "huge") { $0.channels[3] = .max - 3 }, Wrong("channels", "-8") { $0.channels[3] = -8 },
    Wrong("blocks", "five") { $0.blocks.append(1) }, Wrong("blocks", "0") { $0.blocks[1] = 0 },
    Wrong("blocks", "huge") { $0.blocks[1] = .max }, Wrong("dim", "0") { $0.dim = 0 },
    Wrong("dim", "33") { $0.dim = 33 },
    Wrong("dim", "34 of 2 heads") { $0.dim = 34 }, Wrong("dim", "huge") { $0.dim = .max - 3 },
    Wrong("heads", "0") { $0.heads = 0 }, Wrong("heads", "min") { $0.heads = .min },
    Wrong("dim", "32 of 3 heads") { $0.heads = 3 }, Wrong("layers", "0") { $0.layers = 0 },
    Wrong("layers", "huge") { $0.layers = .max }, Wrong("feedForward", "0") { $0.feedForward = 0 },
    Wrong("feedForward", "huge") { $0.feedForward = .max }, Wrong("classes", "0") { $0.classes = 0 },
    Wrong("classes", "huge") { $0.classes = .max },
  ]

  @Test(arguments: wrong)
  func aWrongNumberIsNamedWithWhatItMustBe(wrong: Wrong) throws {
    var architecture = Preset.tiny.architecture(inputChannels: 1, classes: 10)
    wrong.change(&architecture)
    let error = try #require(throws: ArchitectureError.self) { try architecture.validate() }
    #expect(error.description.hasPrefix("architecture: \(wrong.number) must be "))
    #expect(error.description.contains(", not "))
  }

  @Test func tensorsHaveUniqueNamesAndFillTheBufferWithoutGaps() {
    let layout = Network(Preset.tiny.architecture(inputChannels: 2, classes: 3)).layout
    #expect(Set(layout.tensors.map(\.name)).count == layout.tensors.count)
    let ranges = layout.tensors.filter { $0.role != .batchCount }.map { layout.range(of: $0) }
    let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.first?.lowerBound == 0 && sorted.last?.upperBound == layout.totalCount)
    #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    #expect(
      layout.tensors.filter(\.isTrainable).allSatisfy { layout.range(of: $0).upperBound <= layout.trainableCount })
  }
}
