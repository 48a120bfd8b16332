import CKernels
import Foundation

// What ranks compare before they train: besides windows and options, all that the result depends on.

extension Model {
  /// SHA-256 of the parameters and running statistics: 64 hexadecimal digits.
  package var numbersDigest: String {
    var hash = SHA256()
    parameters.withUnsafeBytes { hash.add($0) }
    return hash.digest()
  }

  /// The model of rank 0 on every rank; the others need none. Its ``identity`` stays with the first.
  package static func broadcast(_ model: Model?, _ group: any TrainingGroup) throws -> Model {
    if let model, group.count == 1 { return model }
    let bytes = group.broadcast(Array(try model?.encode() ?? Data()))
    return try model ?? parse(Data(bytes))
  }
}

package enum Kernels {
  /// The processor level that this process runs at. Sums are formed in an order of its own at each.
  package static var variant: String { "\(ck_active_variant().rawValue)" }
}
