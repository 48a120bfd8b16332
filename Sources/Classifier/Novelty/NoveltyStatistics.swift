import Foundation

/// What the anomaly score of a model is measured against: the embeddings of its training windows.
///
/// The score is the Mahalanobis distance of an embedding to the nearest class mean under one shared covariance (Lee et
/// al. 2018), divided by √D, so that windows like the training data score about 1. The covariance is shrunk towards a
/// multiple of the identity (Ledoit and Wolf 2004). The p-value is conformal (Vovk et al. 2005): the share of held-out
/// windows that scored at least as high.
package struct NoveltyStatistics: Codable, Sendable, Equatable {
  /// Width D of the embedding.
  package var dim: Int
  /// Shrinkage λ in 0 ... 1 that the covariance was given.
  package var shrinkage: Double
  /// Class means, `[classes seen, D]`.
  var means: PackedFloats
  /// The inverse of the covariance's lower Cholesky factor, `[D, D]`: whitened = W · (z − mean).
  var whitening: PackedFloats
  /// Scores of held-out windows, ascending.
  var calibration: PackedFloats

  /// Held-out windows behind the p-values.
  package var calibrationCount: Int { calibration.values.count }

  /// Why the statistics cannot be used with embeddings of width `dim`, or nil.
  func problem(dim: Int) -> String? {
    if self.dim != dim { return "it is for embeddings of width \(self.dim), the model's have \(dim)" }
    if means.values.isEmpty || means.values.count % dim != 0 { return "means must be rows of \(dim) numbers" }
    if whitening.values.count != dim * dim { return "whitening must be \(dim) by \(dim) numbers" }
    for (name, numbers) in [("means", means), ("whitening", whitening), ("calibration", calibration)]
    where !numbers.values.allSatisfy(\.isFinite) {
      return "\(name) holds numbers that are not finite"
    }
    let scores = calibration.values
    if !zip(scores, scores.dropFirst()).allSatisfy({ $0 <= $1 }) { return "calibration must be in ascending order" }
    return nil
  }
}

/// Floats that are written in JSON as the Base64 of their little-endian float32 bytes.
struct PackedFloats: Codable, Sendable, Equatable {
  var values: [Float]

  init(_ values: [Float]) {
    self.values = values
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let data = Data(base64Encoded: try container.decode(String.self)), data.count % 4 == 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected Base64 of float32 numbers")
    }
    values = data.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var data = Data(capacity: values.count * 4)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    var container = encoder.singleValueContainer()
    try container.encode(data.base64EncodedString())
  }
}
