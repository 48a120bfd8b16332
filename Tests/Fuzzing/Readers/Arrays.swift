import FuzzDriver

@testable import StreamIO

extension Readers {
  static let arrays = [
    Fuzzer("numpy") { bytes in try check(NumPyArray.parse(bytes, path: "array.npy")) },
    Fuzzer("numpy-archive") { bytes in
      if let array = try? NumPyArchive.array(nil, of: bytes, path: "arrays.npz") { try check(array) }
      for name in try NumPyArchive.members(of: bytes, path: "arrays.npz").keys {
        try check(NumPyArchive.array(name, of: bytes, path: "arrays.npz"))
      }
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
