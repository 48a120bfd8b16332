import Testing

@testable import Classifier

/// Arena, matrix products and signals.
@Suite struct TensorsTests {
  @Test func arenaHandsOutSeparateZeroedBlocksOnCacheLines() {
    let (blocks, memory) = Arena.lay { arena in [0, 1, 15, 16, 17, 100].map { (arena.floats($0), $0) } }
    for (pointer, count) in blocks {
      #expect(UInt(bitPattern: pointer) % 64 == 0)
      #expect((0..<count).allSatisfy { pointer[$0] == 0 })
    }
    for ((a, count), (b, _)) in zip(blocks, blocks.dropFirst()) {
      #expect(b - a >= count)
    }
    let (last, count) = blocks[5]
    #expect(last + count <= memory.base + memory.byteCount / 4)
  }

  @Test(arguments: [Orientation.plain, .transposed], [Orientation.plain, .transposed])
  func productsFollowTheDefinition(left: Orientation, right: Orientation) {
    let bench = LayerBench(ParameterLayout(), batch: 1)
    // Views into wider matrices, so that strides matter.
    let a = left == .plain ? bench.randomMatrix(3, 9).columns(2..<6) : bench.randomMatrix(4, 9).columns(2..<5)
    let b = right == .plain ? bench.randomMatrix(4, 7).columns(1..<6) : bench.randomMatrix(5, 7).columns(1..<5)
    let c = bench.randomMatrix(3, 8)
    let before = values(c.base, c.count)
    multiply(a, left, b, right, into: c.columns(3..<8), accumulate: true, alpha: -0.5)
    for i in 0..<3 {
      for j in 0..<8 {
        var expected = before[i * 8 + j]
        if j >= 3 {
          expected -= (0..<4).reduce(Float(0)) { sum, k in
            sum + 0.5 * (left == .plain ? a[i, k] : a[k, i]) * (right == .plain ? b[k, j - 3] : b[j - 3, k])
          }
        }
        #expect(abs(c[i, j] - expected) < 1e-5)
      }
    }
  }

  @Test func windowsOfASignalLieApartByTheirPadding() {
    let bench = LayerBench(ParameterLayout(), batch: 3)
    let signal = bench.signal(length: 5, channels: 2, padding: 4)
    for b in 0..<3 { signal.window(b).fill(Float(b + 1)) }
    let rows = signal.rows(batch: 3, from: -4)
    let column = (0..<27).map { rows[$0, 1] }
    #expect(
      column == [0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2, 2, 0, 0, 0, 0, 3, 3, 3, 3, 3])
    #expect(signal.rows(batch: 3, from: 4)[26, 0] == 0)
  }
}
