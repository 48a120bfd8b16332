import CKernels
import Testing

@testable import Classifier

/// The implementations of the kernels that this processor can run.
enum KernelVariant: String, CaseIterable, Sendable {
  case reference, portable, avx2, avx512

  var table: ck_table? {
    let variant: ck_variant =
      switch self {
      case .reference: CK_REFERENCE
      case .portable: CK_PORTABLE
      case .avx2: CK_AVX2
      case .avx512: CK_AVX512
      }
    return ck_table_for(variant)?.pointee
  }

  static let available = allCases.filter { $0.table != nil }
  /// Those to be compared with the reference.
  static let fast = available.filter { $0 != .reference }

  static func reference() throws -> ck_table { try #require(Self.reference.table) }
}

/// The operands of one kernel call: numbers from a seed, at a chosen misalignment, between guards that show what was
/// written outside.
struct Operands: ~Copyable {
  private var generator: SplitMix64
  private let misalignment: Int
  private var blocks: [(block: UnsafeMutablePointer<Float>, count: Int)] = []

  private static let guardFloats = 32
  private static let sentinel: Float = -12345.5

  /// - Parameter misalignment: floats by which every operand is off a 64-byte boundary.
  init(seed: UInt64, misalignment: Int) {
    generator = SplitMix64(seed: seed)
    self.misalignment = misalignment
  }

  deinit {
    for (block, _) in blocks {
      block.deallocate()
    }
  }

  mutating func filled(_ values: [Float]) -> UnsafeMutablePointer<Float> {
    let total = values.count + 2 * Self.guardFloats
    let raw = UnsafeMutableRawPointer.allocate(byteCount: 4 * total, alignment: 64)
    let block = raw.bindMemory(to: Float.self, capacity: total)
    block.initialize(repeating: Self.sentinel, count: total)
    let start = block + Self.guardFloats / 2 + misalignment
    for (i, value) in values.enumerated() {
      start[i] = value
    }
    blocks.append((block, values.count))
    return start
  }

  mutating func random(_ count: Int, _ range: ClosedRange<Float> = -2...2) -> UnsafeMutablePointer<Float> {
    filled((0..<count).map { _ in Float.random(in: range, using: &generator) })
  }

  /// Where a result goes: onto an input, or into a buffer of its own. Both draw as much from the generator.
  mutating func output(_ count: Int, _ input: UnsafeMutablePointer<Float>?) -> UnsafeMutablePointer<Float> {
    let own = random(count)
    return input ?? own
  }

  /// Whether the guards around every operand are as they were.
  var guardsAreIntact: Bool {
    let lead = Self.guardFloats / 2 + misalignment
    return blocks.allSatisfy { block, count in
      (0..<lead).allSatisfy { block[$0] == Self.sentinel }
        && (lead + count..<count + 2 * Self.guardFloats).allSatisfy { block[$0] == Self.sentinel }
    }
  }
}

/// `count` floats from an address.
func values(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Float] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}
