import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// Files to train and measure on.
extension DatasetFolder {
  /// Writes a `.npy` of float32 numbers in C order.
  @discardableResult
  func array(_ name: String, shape: [Int], _ numbers: [Float]) throws -> String {
    let file = "\(path)/\(name)"
    try NumPyArray(shape: shape, floats: numbers).write(path: file)
    return file
  }

  /// Writes a `.npy` whose header says what it is told to.
  @discardableResult
  func array(
    _ name: String, descriptor: String, shape: [Int], isFortranOrder: Bool = false, bytes: [UInt8]
  ) throws -> String {
    let extents = shape.map { "\($0)," }.joined()
    let order = isFortranOrder ? "True" : "False"
    let header = Array("{'descr': '\(descriptor)', 'fortran_order': \(order), 'shape': (\(extents)), }\n".utf8)
    let length = [UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)]
    return try write(name, [0x93] + Array("NUMPY".utf8) + [1, 0] + length + header + bytes)
  }

  /// Writes `count` windows of 32 samples as `x.npy`, and their classes as `y.npy`: slow sines are 3, fast ones 5.
  func sines(_ count: Int = 24) throws -> (signals: String, labels: String) {
    var generator = SplitMix64(seed: 1)
    var samples: [Float] = []
    for n in 0..<count {
      let phase = generator.uniform()
      samples += (0..<32).map { t in
        Float(sin(2 * .pi * ((n % 2 == 0 ? 0.05 : 0.3) * Double(t) + phase)) + 0.1 * generator.uniform())
      }
    }
    let labels = (0..<count).map { Float($0 % 2 == 0 ? 3 : 5) }
    return (try array("x.npy", shape: [count, 32], samples), try array("y.npy", shape: [count], labels))
  }

  /// Writes an untrained model of two classes with windows of 32 samples.
  func model(
    _ name: String = "m.safetensors", channels: Int = 1, labels: [String] = ["3", "5"], rate: Double = 0,
    normalisation: InputSpecification.Normalisation = .window
  ) throws -> Model {
    let input = InputSpecification(sampleRate: rate, window: 32, normalisation: normalisation)
    let architecture = Preset.tiny.architecture(inputChannels: channels, classes: labels.count)
    return try Model(architecture: architecture, labels: labels, input: input, seed: 1).save(path: "\(path)/\(name)")
  }
}

/// Expects `body` to throw an error whose text contains `part`.
func expectFailure(_ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  do {
    try body()
    Issue.record("expected an error with '\(part)'", sourceLocation: sourceLocation)
  } catch {
    let text = CommandOutcome(error: error).output
    #expect(text.contains(part), "expected '\(part)' in '\(text)'", sourceLocation: sourceLocation)
    #expect(!text.contains("\n"), sourceLocation: sourceLocation)
  }
}
