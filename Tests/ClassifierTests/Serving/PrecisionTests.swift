import Foundation
import Testing

@testable import Classifier

/// A model served at each precision.
@Suite struct PrecisionTests {
  private static let possible = Precision.allCases.filter { $0.obstacle == nil }

  private static func windows(_ count: Int, samples: Int, seed: UInt64) -> [[Float]] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in (0..<samples).map { _ in Float(Initialisation.normal(&generator)) } }
  }

  /// A model with 8-bit ranges from noise.
  private static func quantised(_ kind: Architecture.ConvolutionKind = .standard) throws -> Model {
    Quantiser.quantise(try model(kind), windows: windows(20, samples: 128, seed: 5))
  }

  /// Models of both kinds of convolution.
  private static func model(_ kind: Architecture.ConvolutionKind) throws -> Model {
    kind == .standard ? try Model.load(path: Golden.path("tiny")) : GeneratedWeights.separable(window: 128)
  }

  @Test(arguments: possible, Architecture.ConvolutionKind.allCases)
  func aWindowsResultDoesNotDependOnItsCompanyToTheBit(
    precision: Precision, kind: Architecture.ConvolutionKind
  ) throws {
    let packed = try PackedModel(Self.quantised(kind), precision: precision)
    // 128 samples: eight windows run together, so twenty make groups of 8, 8 and 4.
    let windows = Self.windows(20, samples: 128, seed: 6)
    let valid = (0..<20).map { 128 - 5 * $0 }
    let together = Predictor(packed).predict(windows, valid: valid)
    let backwards = Predictor(packed).predict(windows.reversed(), valid: valid.reversed())
    for index in 0..<20 {
      let alone = Predictor(packed).predict([windows[index]], valid: [valid[index]])
      #expect(alone.logits == Array(together.logits(index)), "window \(index)")
      #expect(alone.embeddings == Array(together.embedding(index)))
      #expect(alone.logits == Array(backwards.logits(19 - index)))
    }
  }

  @Test(arguments: possible, Architecture.ConvolutionKind.allCases)
  func roundedAnswersAreNearTheExactOnes(precision: Precision, kind: Architecture.ConvolutionKind) throws {
    let exact = try Self.model(kind)
    let windows = Self.windows(30, samples: 128, seed: 7)
    let expected = Predictor(model: exact).predict(windows)
    let model = precision == .int8 ? try Self.quantised(kind) : exact
    let rounded = Predictor(try PackedModel(model, precision: precision)).predict(windows)
    let error = Self.relative(rounded.logits, expected.logits)
    // Half of the last of 8 bits is 0.2 %; a hundred roundings in a row, independent, make some percent, and
    // most where a channel's filter has three weights only.
    let tolerance: Double = precision == .float32 ? 1e-6 : kind == .standard ? 0.1 : 0.15
    #expect(error <= tolerance)
    #expect(precision == .float32 || error > 1e-4, "nothing was rounded")
  }

  private static func relative(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return (difference / b.reduce(0.0) { $0 + Double($1 * $1) }).squareRoot()
  }

  @Test func int8NeedsAQuantisedModel() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    let error = #expect(throws: PrecisionError.self) { try PackedModel(model, precision: .int8) }
    #expect(error?.description.contains("sigstreamd model quantize") == true)
  }

  @Test func aQuantisedFileGivesTheSameAnswersAndIsAQuarterOfTheSize() throws {
    let architecture = Preset.base.architecture(inputChannels: 1, classes: 10)
    let model = GeneratedWeights.model(architecture, window: 64)
    let quantised = Quantiser.quantise(model, windows: Self.windows(3, samples: 64, seed: 8))
    let path = NSTemporaryDirectory() + "quantised-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let saved = try quantised.save(path: path)
    let loaded = try Model.load(path: path)
    #expect(loaded.quantisation == quantised.quantisation && loaded.identity == saved.identity)
    let windows = Self.windows(2, samples: 64, seed: 9)
    let before = Predictor(try PackedModel(quantised, precision: .int8)).predict(windows)
    let after = Predictor(try PackedModel(loaded, precision: .int8)).predict(windows)
    #expect(Self.relative(after.logits, before.logits) < 1e-5)
    #expect(try Double(quantised.byteCount) < 0.28 * Double(model.byteCount))
  }

  @Test func layerErrorsAreOfEveryQuantisedProduct() throws {
    let exact = try Model.load(path: Golden.path("tiny"))
    let errors = try Quantiser.errors(exact, Self.quantised(), windows: Self.windows(3, samples: 128, seed: 10))
    #expect(try Set(errors.map(\.product)) == Set(#require(Self.quantised().quantisation).activations.keys))
    #expect(errors.allSatisfy { $0.relative > 1e-4 && $0.relative < 0.2 })
  }

  @Test(arguments: [
    ("\"step\":", "\"step\":-", "a positive step"), ("\"zero\":1", "\"zero\":9991", "a zero of 0 to 255"),
  ])
  func rangesThatCannotBeAreRefused(original: String, wrong: String, message: String) throws {
    let json = #"{"activations":{"proj.conv":{"step":0.5,"zero":1}}}"#.replacing(original, with: wrong)
    let quantisation = try JSONDecoder().decode(Quantisation.self, from: Data(json.utf8))
    #expect(quantisation.problem?.contains(message) == true)
    #expect(Quantisation(activations: [:]).problem == nil)
  }

  @Test func aRangeHoldsZeroExactly() throws {
    let quantisation = try #require(try Self.quantised().quantisation)
    #expect(quantisation.activations.count > 10)
    for range in quantisation.activations.values {
      #expect((0...255).contains(range.zero) && range.step > 0)
    }
  }
}
