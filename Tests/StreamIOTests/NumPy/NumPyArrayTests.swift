import Testing

@testable import StreamIO

private let types = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]

@Test(arguments: types, ["little-C", "little-F", "big-C", "big-F"])
func everyTypeAndOrderIsRead(type: String, layout: String) throws {
  let array = try NumPyArray.read(path: Fixture.path("numpy/\(type)-\(layout).npy"))
  #expect(array.shape == [2, 3, 4])
  #expect(array.element.rawValue == type)
  let isSigned = type.hasPrefix("i") || type.hasPrefix("f")
  let expected = (0..<24).map { type == "b1" ? ($0 == 0 ? 0 : 1) : $0 * 5 - (isSigned ? 60 : 0) }
  #expect(array.floats() == expected.map { Float($0) })
  #expect(try array.integers() == expected)
}

@Test(arguments: 1...3)
func everyVersionIsRead(version: Int) throws {
  let array = try NumPyArray.read(path: Fixture.path("numpy/version\(version).npy"))
  #expect(array.shape == [3, 2])
  #expect(array.floats() == [0, 1, 2, 3, 4, 5])
}

@Test func arraysWithoutDimensionsOrElementsAreRead() throws {
  let scalar = try NumPyArray.read(path: Fixture.path("numpy/scalar.npy"))
  #expect(scalar.shape == [])
  #expect(scalar.floats() == [2.5])
  let empty = try NumPyArray.read(path: Fixture.path("numpy/empty.npy"))
  #expect(empty.shape == [0, 3])
  #expect(empty.floats() == [])
}

@Test func whatIsWrittenIsReadBack() throws {
  let folder = try TemporaryFolder()
  let path = "\(folder.path)/a.npy"
  let array = NumPyArray(shape: [2, 3], floats: [0, -1.5, .infinity, .leastNonzeroMagnitude, 1e30, 6])
  try array.write(path: path)
  let back = try NumPyArray.read(path: path)
  #expect(back.shape == array.shape)
  #expect(back.element == .float32)
  #expect(back.floats() == array.floats())
  try NumPyArray(shape: [1], floats: [7]).write(path: path)
  #expect(try NumPyArray.read(path: path).floats() == [7], "a file that is there is replaced")
}

@Test func whatNumPyWroteIsWrittenTheSame() throws {
  for name in ["f4-little-C", "i2-little-C", "b1-little-C", "f8-little-C", "version1", "scalar", "empty"] {
    let bytes = try Fixture.bytes("numpy/\(name).npy")
    #expect(try NumPyArray.parse(bytes, path: name).encoded() == bytes)
  }
}

@Test func aFolderThatCannotBeWrittenIsAnError() {
  expectFileError("can't be written (No such file") {
    try NumPyArray(shape: [1], floats: [1]).write(path: "/nowhere/a.npy")
  }
}

@Test func numbersThatAreNotWholeAreNoIntegers() throws {
  expectFileError("element 1 is not a whole number") {
    _ = try NumPyArray(shape: [2], floats: [1, 1.5]).integers()
  }
  expectFileError("element 0 is not") { _ = try NumPyArray(shape: [1], floats: [.nan]).integers() }
  expectFileError("element 0 is not") { _ = try NumPyArray(shape: [1], floats: [1e30]).integers() }
  let large = NumPyArray(
    shape: [1], element: .uint64, littleEndianBytes: [UInt8](repeating: 0xFF, count: 8), path: "a.npy")
  expectFileError("a.npy: element 0 is not") { _ = try large.integers() }
}

@Test(arguments: [
  ("complex", "'<c8' can't be read"), ("text", "'<U1' can't be read"), ("fields", "fields of their own"),
  ("objects", "'|O' can't be read"),
])
func elementsThatAreNoPlainNumbersAreRefused(name: String, message: String) {
  expectFileError("\(name).npy: ", message) { _ = try NumPyArray.read(path: Fixture.path("numpy/\(name).npy")) }
}

private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  NumPyHeader.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
}

@Test func headersOfOtherWritersAreRead() throws {
  let array = try NumPyArray.parse(
    file("{\"shape\":( 2L , ),\n\"fortran_order\":True,\"descr\":\"f4\"}  \n", [0, 0, 128, 63, 0, 0, 0, 64]), path: "x")
  #expect(array.floats() == [1, 2])
}

@Test(arguments: [
  ("", "'{' was expected"),
  ("{}", "is missing"),
  ("{'descr': '<f4', 'fortran_order': False}", "is missing"),
  ("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "True or False"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "a number of elements"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}", "')' was expected"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "a number of elements"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': ()", "'}' was expected"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", "follows the dictionary"),
  ("{'descr': '<f4, 'fortran_order': False, 'shape': ()}", "'}' was expected"),
  ("{'descr': '<f4", "not closed"),
  ("{'other': 1}", "'other' is not known"),
  ("{'descr': '<f16', 'fortran_order': False, 'shape': ()}", "'<f16' can't be read"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}", "more than there are"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "takes 12"),
  ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "takes 4"),
])
func whatIsNoHeaderOrDoesNotFitIsRefused(header: String, message: String) {
  expectFileError("x: ", message) { _ = try NumPyArray.parse(file(header, [0, 0, 0, 0, 0, 0, 0, 0]), path: "x") }
}

@Test func otherFilesAndVersionsAreRefused() {
  expectFileError("not a NumPy array") { _ = try NumPyArray.parse([], path: "x") }
  expectFileError("version 4") { _ = try NumPyArray.parse(NumPyHeader.magic + [4, 0, 0, 0], path: "x") }
  expectFileError("ends within the header") {
    _ = try NumPyArray.parse(NumPyHeader.magic + [2, 0, 255, 255, 255, 255, 1], path: "x")
  }
}

@Test(arguments: ["i2-big-F", "version3"])
func truncatedAndDamagedArraysNeverTrap(name: String) throws {
  let bytes = try Fixture.bytes("numpy/\(name).npy")
  for damaged in Corruption.truncations(of: bytes) {
    #expect(throws: FileError.self) { try NumPyArray.parse(damaged, path: name) }
  }
  for damaged in Corruption.flips(of: bytes, count: 5000, seed: 4) { _ = try? NumPyArray.parse(damaged, path: name) }
}
