import CKernels
import Testing

/// Every kernel, in every variant, on a few numbers worked out by hand.
@Suite struct KernelValueTests {
  private static let log3: Float = 1.0986123  // sigmoid(ln 3) = 3/4

  @Test(arguments: KernelVariant.available)
  func affineMultipliesAndAddsPerColumn(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 0, count: 4)
    table.affine(&out, [1, 2, 3, 4], [2, -1], [0.5, 1], 2, 2)
    #expect(out == [2.5, -1, 6.5, -3])
  }

  /// mish(1) = tanh(ln(1 + e)), and ((1 + e)² − 1) / ((1 + e)² + 1) = 12.825563 / 14.825563.
  @Test(arguments: KernelVariant.available)
  func affineMishIsMishOfTheSum(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 9, count: 3)
    table.affine_mish(&out, [0, 0.5, -2], [1, 2, 1], [0, 0, 1], nil, 1, 3)
    expect(out, [0, 0.8650984, -0.3034015])
    table.affine_mish(&out, [0, 0.5, -2], [1, 2, 1], [0, -3, 1], [1, 3, 1], 1, 3)
    expect(out, [0.8650984, 0.8650984, 0])
  }

  /// mish'(0) = tanh(ln 2) = 3/5. Both columns have u = 0.
  @Test(arguments: KernelVariant.available)
  func affineMishBackwardScalesBySlopeAndAddsSums(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var (du, sums, centred): ([Float], [Float], [Float]) = ([0, 0, 0, 0], [100, 200], [10, 20])
    table.affine_mish_backward(
      &du, [1, 2, 3, 4], [1, 2, 3, 5], [1, 1], [0, 0], [-1, -2, -3, -5], [1, 1], &sums, &centred, 2, 2)
    expect(du, [0.6, 1.2, 1.8, 2.4])
    expect(sums, [102.4, 203.6])
    expect(centred, [13.6, 30.8])  // 10 + 1.8·2 and 20 + 1.2·1 + 2.4·4
    (sums, centred) = ([0, 0], [0, 0])
    table.affine_mish_backward(&du, [1, 2], [3, -1], [1, 1], [-3, 1], nil, nil, &sums, &centred, 1, 2)
    expect(sums, [0.6, 1.2])
    expect(centred, [1.8, -1.2])
  }

  @Test(arguments: KernelVariant.available)
  func blendIsALinearCombinationPerColumn(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 0, count: 4)
    table.blend(&out, [1, 2, 3, 4], [10, 1], [5, 6, 7, 8], [1, 2], [0.5, -1], 2, 2)
    #expect(out == [15.5, 13, 37.5, 19])
  }

  @Test(arguments: KernelVariant.available)
  func columnSumsAddToWhatIsThere(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var sums: [Float] = [10, 20]
    table.column_sums(&sums, [1, 2, 3, 4, 5, 6], 3, 2)
    #expect(sums == [19, 32])
    var squares: [Float] = [1, 1]
    table.column_square_sums(&squares, [1, 2, 3, 4, 5, 6], [3, 2], 3, 2)
    #expect(squares == [9, 21])
    var (plain, centred): ([Float], [Float]) = ([1, 1], [2, 2])
    table.column_product_sums(&plain, &centred, [1, 2, 3, 4], [5, 6, 7, 8], [4, 4], 2, 2)
    #expect(plain == [5, 7])
    #expect(centred == [12, 22])  // 2 + 1·1 + 3·3 and 2 + 2·2 + 4·4
  }

  /// Two channels, rows (1, 10), (2, 20), (3, 30), taps (1, 0, −1) of the first and (0, 0, 1) of the second.
  @Test(arguments: KernelVariant.available)
  func depthwiseMeetsEachChannelWithItsOwnTaps(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    let (x, weights): ([Float], [Float]) = ([1, 10, 2, 20, 3, 30], [1, 0, 0, 0, -1, 1])
    var out = [Float](repeating: 9, count: 6)
    table.depthwise(&out, x, weights, nil, 1, 3, 2)
    #expect(out == [-2, 20, -2, 30, 2, 0])
    table.depthwise(&out, x, weights, [100, 0, 100, 0, 100, 0], -2, 3, 2)
    #expect(out == [103, 0, 100, 0, 99, 10])
    // Σ d·x one row before, at, and after the row of d.
    var gradient: [Float] = [1, 0, 0, 0, 0, 0]
    table.depthwise_gradient(&gradient, x, [0, 1, 1, 0, 0, 2], 1, 3, 2)
    #expect(gradient == [2, 40, 2, 70, 3, 20])
  }

  /// The row (3, 4) has the mean square 12.5.
  @Test(arguments: KernelVariant.available)
  func rmsNormDividesByTheRootMeanSquare(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var (out, inverse): ([Float], [Float]) = ([0, 0, 0, 0], [0, 0])
    table.rms_norm(&out, &inverse, [3, 4, 0, 0], [1, 10], 2, 2)
    expect(inverse, [0.28284271, 1000])
    expect(out, [0.84852814, 11.3137085, 0, 0])
  }

  /// dx = i·w·dy − x·i³·mean(dy·w·x): with i = 0.2828427, i³ = 0.0226274 and mean(dy·w·x) = 1.5.
  @Test(arguments: KernelVariant.available)
  func rmsNormBackwardAddsBothGradients(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var (dx, dweight): ([Float], [Float]) = ([1, 1], [1, 1])
    table.rms_norm_backward(&dx, &dweight, [1, 0], [3, 4], [0.28284271], [1, 1], 1, 2)
    expect(dx, [1 + 0.28284271 - 0.10182338, 1 - 0.13576450])
    expect(dweight, [1.84852814, 1])
  }

  @Test(arguments: KernelVariant.available)
  func rotateTurnsPairsAndBack(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    // Two pairs, (1, 3) and (2, 4): the first by 90°, the second by 60°.
    var x: [Float] = [1, 2, 3, 4, 99]
    let (cosines, sines): ([Float], [Float]) = ([0, 0.5], [1, 0.8660254])
    table.rotate(&x, 5, cosines, sines, 1, 1, 2)
    expect(x, [-3, 1 - 3.4641016, 1, 2 + 1.7320508, 99])
    table.rotate(&x, 5, cosines, sines, -1, 1, 2)
    expect(x, [1, 2, 3, 4, 99])
  }

  @Test(arguments: KernelVariant.available)
  func softmaxScalesThenNormalises(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var x: [Float] = [0, Self.log3 * 2, 77, 5, 5, 77]
    table.softmax(&x, 3, 0.5, 2, 2)
    expect(x, [0.25, 0.75, 77, 0.5, 0.5, 77])
  }

  /// p ⊙ (d − Σ p·d) · scale, with Σ p·d = 1/4.
  @Test(arguments: KernelVariant.available)
  func softmaxBackwardSubtractsTheMean(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var dx: [Float] = [1, 0, 77]
    table.softmax_backward(&dx, [0.25, 0.75, 1], 3, 2, 1, 2)
    expect(dx, [0.375, -0.375, 77])
  }

  @Test(arguments: KernelVariant.available)
  func sigmoidAndSwiGLUOfKnownArguments(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 0, count: 3)
    table.sigmoid(&out, [0, Self.log3, -Self.log3], 3)
    expect(out, [0.5, 0.75, 0.25])
    table.silu_product(&out, [0, Self.log3, -Self.log3], [7, 2, 4], 3)
    expect(out, [0, 1.5 * Self.log3, -Self.log3])
  }

  /// silu'(0) = 1/2; silu'(ln 3) = 3/4 · (1 + ln 3 · 1/4).
  @Test(arguments: KernelVariant.available)
  func swiGLUBackwardOfKnownArguments(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var (dgate, dup): ([Float], [Float]) = ([9, 9], [9, 9])
    table.silu_product_backward(&dgate, &dup, [2, 4], [0, Self.log3], [3, 5], 2)
    expect(dgate, [3, 20 * 0.75 * (1 + Self.log3 / 4)])
    expect(dup, [0, 3 * Self.log3])
  }

  @Test(arguments: KernelVariant.available)
  func addAndSumOfSquares(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out: [Float] = [1, 2, 3]
    table.add(&out, [10, 20, 30], 3)
    #expect(out == [11, 22, 33])
    #expect(table.sum_of_squares([3, 4, 12], 3) == 169)
    // In float32 the sum would stop growing at 2²⁴.
    let ones = [Float](repeating: 1, count: 20_000_001)
    #expect(table.sum_of_squares(ones, ones.count) == 20_000_001)
  }

  /// m = 0.05, v = 0.00025; the step is 0.1/(1 − 0.9) · m / (√v / √0.001) = 0.05 / 0.5; decay takes 0.1 · 0.1 · p.
  @Test(arguments: KernelVariant.available)
  func firstAdamWStep(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var (p, m, v): ([Float], [Float], [Float]) = ([1, 1], [0, 0], [0, 0])
    var step = ck_adamw_step(
      gradient_scale: 0.5, beta1: 0.9, beta2: 0.999, step_size: 1, second_scale: 31.622777, epsilon: 0, decay: 0.01)
    table.adamw(&p, [1, -1], &m, &v, step, 2)
    expect(m, [0.05, -0.05])
    expect(v, [0.00025, 0.00025], tolerance: 1e-8)
    expect(p, [1 - 0.01 - 0.1, 1 - 0.01 + 0.1])
    // Epsilon keeps an untouched parameter where it is.
    (p, m, v, step.epsilon, step.decay) = ([1], [0], [0], 1e-8, 0)
    table.adamw(&p, [0], &m, &v, step, 1)
    #expect(p == [1])
  }

  private func expect(
    _ got: [Float], _ expected: [Float], tolerance: Float = 2e-6, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(got.count == expected.count, sourceLocation: sourceLocation)
    let agree = zip(got, expected).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    #expect(agree, "\(got), expected \(expected)", sourceLocation: sourceLocation)
  }
}
