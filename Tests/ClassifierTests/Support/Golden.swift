import Foundation
import Testing

@testable import Classifier

/// A file of PyTorch's numbers; see Goldens/README.md.
struct Golden {
  private let file: Safetensors

  static func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Goldens/\(name).safetensors").path
  }

  init(_ name: String) throws {
    file = try Safetensors(parsing: Data(contentsOf: URL(fileURLWithPath: Self.path(name))))
  }

  var names: [String] { file.entries.keys.sorted() }

  func shape(_ name: String) throws -> [Int] { try #require(file.entries[name]).shape }

  func floats(_ name: String) throws -> [Float] {
    try words(name, "F32").map { Float(bitPattern: $0) }
  }

  func integers(_ name: String) throws -> [Int] {
    try words(name, "I32").map { Int(Int32(bitPattern: $0)) }
  }

  private func words(_ name: String, _ dtype: String) throws -> [UInt32] {
    let entry = try #require(file.entries[name], "\(name) is not in the file")
    try #require(entry.dtype == dtype)
    return file.bytes(of: entry).withUnsafeBytes { raw in
      (0..<raw.count / 4).map { UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
    }
  }
}

/// The largest absolute difference of two equally long sequences.
func largestDifference(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Float {
  zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// PyTorch's `[B, C, L]` as windows `[B, L, C]` that a model without normalisation takes as they are.
func windows(_ x: [Float], _ shape: [Int], labels: [Int]? = nil, valid: [Int]? = nil) -> LabelledWindows {
  let (batch, channels, length) = (shape[0], shape[1], shape[2])
  var samples = [Float](repeating: 0, count: x.count)
  for b in 0..<batch {
    for c in 0..<channels {
      for t in 0..<length {
        samples[(b * length + t) * channels + c] = x[(b * channels + c) * length + t]
      }
    }
  }
  return LabelledWindows(
    samples: samples, windowSamples: length, channels: channels, labels: labels ?? Array(repeating: 0, count: batch),
    valid: valid)
}

extension TensorSpecification {
  /// A tensor's numbers from a flat buffer, in PyTorch's order.
  func inFileOrder(_ buffer: UnsafeMutablePointer<Float>, _ layout: ParameterLayout) -> [Float] {
    let values = Array(UnsafeBufferPointer(start: buffer + layout.range(of: self).lowerBound, count: slot.count))
    return TensorBytes.fileOrder(self, values[...])
  }
}
