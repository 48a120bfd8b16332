import CKernels
import Testing

/// Every vector variant computes what the scalar reference does, whatever the size and alignment.
@Suite struct KernelVariantTests {
  /// Around every vector width (4, 8, 16), and larger.
  private static let sizes = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100]
  private static let rowCounts = [0, 1, 2, 5]

  @Test(arguments: KernelVariant.fast, KernelCase.all)
  func agreesWithTheReference(variant: KernelVariant, kernel: KernelCase) throws {
    for columns in Self.sizes {
      for rows in Self.rowCounts {
        try compare(variant, kernel, rows, columns, misalignment: 0, inPlace: false)
      }
    }
  }

  @Test(arguments: KernelVariant.fast, KernelCase.all)
  func acceptsAnyAlignment(variant: KernelVariant, kernel: KernelCase) throws {
    for misalignment in 1...3 {
      for columns in [1, 15, 17, 33] {
        try compare(variant, kernel, 3, columns, misalignment: misalignment, inPlace: false)
      }
    }
  }

  @Test(arguments: KernelVariant.available, KernelCase.all)
  func writesOverItsInputWithTheSameResult(variant: KernelVariant, kernel: KernelCase) throws {
    for columns in [1, 16, 33] {
      try compare(variant, kernel, 3, columns, misalignment: 1, inPlace: true)
    }
  }

  @Test(arguments: KernelVariant.fast)
  func addsUpLongColumnsAccurately(variant: KernelVariant) throws {
    for name in [
      "column_sums", "column_square_sums", "column_product_sums", "affine_mish_backward", "depthwise_gradient",
    ] {
      let kernel = try #require(KernelCase.all.first { $0.name == name })
      try compare(variant, kernel, 2000, 3, misalignment: 0, inPlace: false)
    }
  }

  @Test func thePlainFunctionsRunAVariantOfThisMachine() {
    #expect(ck_table_for(ck_active_variant()) != nil)
    #expect(ck_active_variant() != CK_REFERENCE)
  }

  /// Both results agree to 1e-5 of the largest number written: a hundred times float32's rounding, since sums are taken
  /// in another order and exponentials are polynomials.
  private func compare(
    _ variant: KernelVariant, _ kernel: KernelCase, _ rows: Int, _ columns: Int, misalignment: Int, inPlace: Bool
  ) throws {
    let seed = UInt64(rows * 1000 + columns)
    var operands = Operands(seed: seed, misalignment: misalignment)
    var others = Operands(seed: seed, misalignment: misalignment)
    let got = try kernel.run(#require(variant.table), rows, columns, inPlace, &operands)
    let expected = try kernel.run(KernelVariant.reference(), rows, columns, false, &others)
    let label = "\(rows) x \(columns), \(misalignment) off"
    for (a, b) in zip(got, expected) {
      let largest = b.reduce(1) { max($0, abs($1)) }
      let agree = a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * largest }
      if !agree { Issue.record("\(label): \(a), not \(b)") }
    }
    let contained = operands.guardsAreIntact && others.guardsAreIntact
    if !contained { Issue.record("written outside: \(label)") }
  }
}
