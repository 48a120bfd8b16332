import CKernels

/// Which numbers each product of a model is formed from at a precision.
struct Arithmetic: Sendable {
  let precision: Precision
  private let ranges: [String: Quantisation.Range]

  init(_ precision: Precision, quantisation: Quantisation?) {
    self.precision = precision
    ranges = precision == .int8 ? quantisation?.activations ?? [:] : [:]
  }

  /// The left factor of the product `name`. A product that a quantised model has no range for stays in float32.
  func input(of name: String) -> FactorFormat {
    switch precision {
    case .float32: .float32
    case .bf16: .bfloat16
    case .int8: ranges[name].map { .int8(step: $0.step, zero: $0.zero) } ?? .float32
    }
  }

  /// The numbers of Winograd's convolutions, or nil where convolutions are formed directly.
  var winograd: ck_format? {
    switch precision {
    case .float32: CK_FLOAT32
    case .bf16: CK_BFLOAT16
    case .int8: nil
    }
  }

  /// The factors of both products of attention.
  var attention: ck_format {
    precision != .float32 && ck_serving().pointee.has_bfloat16 ? CK_BFLOAT16 : CK_FLOAT32
  }
}
