import FuzzDriver

@testable import StreamIO

extension Readers {
  static let arrays = [
    Fuzzer("numpy") { bytes in try check(NumPyArray.parse(bytes, path: "array.npy")) },
    Fuzzer("numpy-archive") { bytes in
      for array in try NumPyArchive.parse(bytes, path: "arrays.npz").values { try check(array) }
    },
  ]

  /// As many elements as the shape says, and what is written is read again.
  private static func check(_ array: NumPyArray) throws {
    let count = array.shape.contains(0) ? 0 : array.shape.reduce(1, *)
    require(array.count == count, "as many elements as the shape says")
    require(array.floats().count == array.count, "as many numbers as elements")
    _ = try? array.integers()
    let again = try NumPyArray.parse(array.encoded(), path: "again.npy")
    require(again.shape == array.shape && again.encoded() == array.encoded(), "what is written is read again")
  }
}
