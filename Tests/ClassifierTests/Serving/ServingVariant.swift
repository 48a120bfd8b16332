import CKernels

@testable import Classifier

/// The serving kernels that this processor can run.
enum ServingVariant: String, CaseIterable, Sendable {
  case portable, avx2, avx512, avx512VNNI, avx512BF16

  var table: ck_serving_table? {
    let variant =
      switch self {
      case .portable: CK_PORTABLE
      case .avx2: CK_AVX2
      case .avx512: CK_AVX512
      case .avx512VNNI: CK_AVX512_VNNI
      case .avx512BF16: CK_AVX512_BF16
      }
    return ck_serving_for(variant)?.pointee
  }

  static let available = allCases.filter { $0.table != nil }

  /// The number formats of the variant's products.
  var formats: [ck_format] {
    table?.has_bfloat16 == true ? [CK_FLOAT32, CK_BFLOAT16, CK_INT8] : [CK_FLOAT32, CK_INT8]
  }
}

/// Memory for one kernel call, aligned and freed with the object; rows lie in units as kernels read them.
final class ServingBytes {
  let base: UnsafeMutableRawPointer

  init(count: Int) {
    base = .allocate(byteCount: count + 64, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: count + 64)
  }

  deinit { base.deallocate() }

  /// Rows of `columns` numbers in a format; `numbers` are exact in it (see ``ServingNumbers``).
  convenience init(_ numbers: [Float], columns: Int, format: ck_format, zero: Int = 0) {
    let rowBytes = format.rowBytes(columns)
    self.init(count: numbers.count / columns * rowBytes)
    for (i, number) in numbers.enumerated() {
      let place = base + i / columns * rowBytes + i % columns * 4 / format.unitNumbers
      switch format {
      case CK_FLOAT32: place.storeBytes(of: number, as: Float.self)
      case CK_BFLOAT16: place.storeBytes(of: UInt16(number.bitPattern >> 16), as: UInt16.self)
      default: place.storeBytes(of: UInt8(Int(number) + zero), as: UInt8.self)
      }
    }
  }

  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }

  func floats(_ count: Int) -> [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }
}

/// Random numbers that a format holds exactly: a kernel's only errors are then those of its sums.
struct ServingNumbers {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func draw(_ count: Int, _ format: ck_format) -> [Float] {
    (0..<count).map { _ in
      let number = Float(2 * generator.uniform() - 1)
      switch format {
      case CK_FLOAT32: return number
      case CK_BFLOAT16: return Float(bitPattern: number.bitPattern & 0xFFFF_0000)
      default: return (number * 100).rounded()
      }
    }
  }
}
