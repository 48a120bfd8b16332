import CKernels
import Testing

@Suite struct DropoutKernelTests {
  private static let count = 20_011

  /// lowbias32 over index and key, written out again from its definition.
  private static func draw(_ key: UInt64, _ index: UInt32) -> UInt32 {
    func mix(_ value: UInt32) -> UInt32 {
      var h = value
      h = (h ^ (h >> 16)) &* 0x7feb_352d
      h = (h ^ (h >> 15)) &* 0x846c_a68b
      return h ^ (h >> 16)
    }
    return mix(mix(index ^ UInt32(truncatingIfNeeded: key)) &+ UInt32(key >> 32))
  }

  private static func dropped(_ table: ck_table, keep: Float, key: UInt64) -> [Float] {
    var out = [Float](repeating: 9, count: count)
    let x = (0..<count).map { 0.37 * Float($0 % 1000 + 1) }
    table.dropout(&out, x, ck_dropout_rate(keep: keep, key: key), count)
    return out
  }

  @Test(arguments: KernelVariant.available)
  func keepsAboutTheAskedShare(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    for (key, keep) in zip([1, 2, 0xFFFF_FFFF_FFFF_FFFF] as [UInt64], [0.9, 0.5, 0.1] as [Float]) {
      let kept = Self.dropped(table, keep: keep, key: key).count { $0 != 0 }
      let expected = Double(keep) * Double(Self.count)
      let deviation = (expected * (1 - Double(keep))).squareRoot()
      #expect(abs(Double(kept) - expected) < 5 * deviation)
    }
  }

  @Test(arguments: KernelVariant.available)
  func dropsByTheHashOfKeyAndIndexAlone(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    let key: UInt64 = 0x0123_4567_89AB_CDEF
    let out = Self.dropped(table, keep: 0.75, key: key)
    let wrong = out.indices.first { i in
      let hash = Self.draw(key, UInt32(i))
      return ck_dropout_hash(key, UInt32(i)) != hash || (out[i] != 0) != (hash < 0xC000_0000)
    }
    #expect(wrong == nil)
  }

  @Test(arguments: KernelVariant.fast)
  func givesTheSameBitsInEveryVariant(variant: KernelVariant) throws {
    let (table, reference) = try (#require(variant.table), KernelVariant.reference())
    for keep: Float in [0.9, 0.7, 0.5] {
      let (a, b) = (Self.dropped(table, keep: keep, key: 77), Self.dropped(reference, keep: keep, key: 77))
      #expect(a.elementsEqual(b))
    }
  }

  @Test(arguments: KernelVariant.available)
  func scalesWhatItKeeps(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out: [Float] = [0, 0, 0, 0, 0, 0, 0, 0]
    table.dropout(&out, [1, 2, 3, 4, 5, 6, 7, 8], ck_dropout_rate(keep: 1, key: 42), 8)
    #expect(out == [1, 2, 3, 4, 5, 6, 7, 8])
    table.dropout(&out, [1, 2, 3, 4, 5, 6, 7, 8], ck_dropout_rate(keep: 0.5, key: 42), 8)
    #expect(out.enumerated().allSatisfy { $1 == 0 || $1 == 2 * Float($0 + 1) })
  }

  @Test func keysGiveIndependentMasks() throws {
    let table = try KernelVariant.reference()
    // Keys that differ in one bit, low or high: two masks of keep 1/2 agree on half of the elements.
    for other: UInt64 in [1, 2, 1 << 31, 1 << 32, 1 << 63] {
      let a = Self.dropped(table, keep: 0.5, key: 0)
      let b = Self.dropped(table, keep: 0.5, key: other)
      let agreeing = zip(a, b).count { ($0 != 0) == ($1 != 0) }
      let deviation = (Double(Self.count) / 4).squareRoot()
      #expect(abs(Double(agreeing) - Double(Self.count) / 2) < 5 * deviation, "key \(other)")
    }
  }
}
