import CKernels

/// The arithmetic of a model's matrix products when it serves. Norms, softmax, gates and sums are float32 in each.
package enum Precision: String, Codable, CaseIterable, Sendable {
  case float32
  /// Factors rounded to bfloat16, sums in float32.
  case bf16
  /// 8-bit factors with the ranges of a quantised model, sums in 32-bit integers.
  case int8

  /// Why this processor cannot do it, or nil.
  package var obstacle: String? {
    guard self == .bf16, !ck_serving().pointee.has_bfloat16 else { return nil }
    return "precision bf16 needs a processor with AVX512-BF16 (Zen 4, Sapphire Rapids or later): use float32"
  }
}

extension Precision {
  /// The factors' numbers in training; int8 is for serving only.
  var trainingFormat: ck_format { self == .bf16 ? CK_BFLOAT16 : CK_FLOAT32 }
}

/// A model cannot be served at a precision; the message says why and what to do.
package struct PrecisionError: Error, Sendable, CustomStringConvertible {
  package let description: String
}

extension ck_format {
  /// Numbers in 32 bits of a row.
  var unitNumbers: Int { self == CK_FLOAT32 ? 1 : self == CK_BFLOAT16 ? 2 : 4 }

  /// Bytes of a row of `columns` numbers, whole units.
  func rowBytes(_ columns: Int) -> Int { (columns + unitNumbers - 1) / unitNumbers * 4 }
}
