import ArgumentParser
import Classifier
import StreamIO
import Testing

@testable import sigstreamd

/// Window arrays of every layout, as `train` and `classify` read them.
struct SignalFileTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func file(_ shape: [Int], _ numbers: [Float], window: Int? = nil) throws -> SignalFile {
    try SignalFile(path: folder.array("x.npy", shape: shape, numbers), window: window)
  }

  private func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
  }

  @Test func windowsOfOneChannelAreTakenAsTheyAre() throws {
    let numbers = (0..<16).map { Float($0) }
    let file = try file([2, 8], numbers)
    #expect(file.samples == numbers)
    #expect((file.count, file.channels, file.windowSamples) == (2, 1, 8))
    #expect(file.valid == nil)
  }

  @Test func channelsBecomeTheColumnsOfFrames() throws {
    // Channel 0 counts from 0, channel 1 from 100; the second window is 10 higher.
    let numbers = [0, 100, 10, 110].flatMap { base in (base..<base + 8).map { Float($0) } }
    let file = try file([2, 2, 8], numbers)
    var expected: [Float] = []
    for base in [0, 10] {
      for t in 0..<8 { expected += [Float(base + t), Float(base + t + 100)] }
    }
    #expect(file.samples == expected)
    #expect((file.count, file.channels, file.windowSamples) == (2, 2, 8))
  }

  @Test func aLengthIsRoundedUpToAMultipleOfEightWithPadding() throws {
    let file = try file([2, 3], [1, 2, 3, 4, 5, 6])
    #expect(file.samples == [1, 2, 3, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0])
    #expect(file.windowSamples == 8)
    #expect(file.valid == [3, 3])
  }

  @Test func everyLayoutAndTypeGivesTheSameNumbers() throws {
    // (2, 8): 0 ..< 8 and 8 ..< 16; in Fortran order the windows alternate.
    let plain = (0..<16).map { Double($0) }
    let fortran = (0..<8).flatMap { [Double($0), Double($0 + 8)] }
    let files = [
      try folder.array("a.npy", descriptor: "<f8", shape: [2, 8], bytes: bytes(plain.map(\.bitPattern))),
      try folder.array("b.npy", descriptor: ">f8", shape: [2, 8], bytes: bytes(plain.map(\.bitPattern.bigEndian))),
      try folder.array(
        "c.npy", descriptor: ">f8", shape: [2, 8], isFortranOrder: true,
        bytes: bytes(fortran.map(\.bitPattern.bigEndian))
      ),
      try folder.array("d.npy", descriptor: ">i2", shape: [2, 8], bytes: bytes(plain.map { Int16($0).bigEndian })),
    ]
    for path in files {
      #expect(try SignalFile(path: path).samples == plain.map { Float($0) }, "\(path)")
    }
  }

  @Test func notANumberAtTheEndOfAllChannelsIsPadding() throws {
    let numbers: [Float] = [1, 2, 3, 4, 5, 6, .nan, .nan] + [1, 2, 3, 4, 5, 6, 7, 8]
    let file = try file([2, 8], numbers)
    #expect(file.valid == [6, 8])
    #expect(file.samples == [1, 2, 3, 4, 5, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(file.labelled([0, 1]).valid == [6, 8])
    #expect(file.labelled([0, 1], valid: [2, 3]).valid == [2, 3])
  }

  @Test func notANumberElsewhereIsRefused() throws {
    expectFailure("x.npy: window 0 has nan at sample 2") { _ = try file([1, 8], [1, 2, .nan, 4, 5, 6, 7, 8]) }
    // The last sample is there in one channel only.
    let numbers: [Float] = (1...7).map { Float($0) } + [.nan] + (1...8).map { Float($0) }
    expectFailure("window 0 has nan at sample 7") { _ = try file([1, 2, 8], numbers) }
    expectFailure("window 1 has inf at sample 0") { _ = try file([2, 2], [1, 2, .infinity, 4]) }
    expectFailure("window 1 holds no numbers") { _ = try file([2, 2], [1, 2, .nan, .nan]) }
    // Infinity is what is left of a float64 that float32 can't hold.
    let huge = try folder.array("h.npy", descriptor: "<f8", shape: [1, 1], bytes: bytes([1e300.bitPattern]))
    expectFailure("window 0 has inf at sample 0") { _ = try SignalFile(path: huge) }
  }

  @Test(arguments: [[], [8], [0, 8], [2, 0], [1, 2, 0], [1, 1, 1, 8]])
  func otherShapesAreRefused(shape: [Int]) throws {
    let numbers = [Float](repeating: 0, count: shape.reduce(1, *))
    expectFailure("write windows as (N, L), or (N, C, L)") { _ = try file(shape, numbers) }
  }

  @Test func windowsHaveTheModelsLength() throws {
    #expect(try file([1, 13], [Float](repeating: 0, count: 13), window: 16).windowSamples == 16)
    expectFailure("has windows of 17 samples, the model takes 16") {
      _ = try file([1, 17], [Float](repeating: 0, count: 17), window: 16)
    }
    expectFailure("has windows of 8 samples, the model takes 16") {
      _ = try file([1, 8], [Float](repeating: 0, count: 8), window: 16)
    }
  }
}

/// Class arrays.
struct LabelFileTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func file(_ values: [Float]) throws -> LabelFile {
    try LabelFile(path: folder.array("y.npy", shape: [values.count], values), count: values.count)
  }

  @Test func theClassesThatOccurAreTheNamesInOrder() throws {
    let file = try file([10, 2, 10, -1])
    #expect(file.names == ["-1", "2", "10"])
    #expect(try file.indices(into: file.names) == [2, 1, 2, 0])
  }

  @Test func wholeNumbersAsNamesAreMatchedByName() throws {
    #expect(try file([5, 1, 2]).indices(into: ["1", "2", "5"]) == [2, 0, 1])
    // 0 would be an index, but not one of these classes.
    expectFailure("y.npy: holds the class 0, the model has 1, 2, 5: use these") {
      _ = try file([0, 1, 2]).indices(into: ["1", "2", "5"])
    }
  }

  @Test func otherNamesAreMatchedByIndex() throws {
    #expect(try file([2, 0, 1]).indices(into: ["N", "S", "7"]) == [2, 0, 1])
    expectFailure("holds the class 3, the model has N, S, V: write 0 to 2 for them") {
      _ = try file([0, 3]).indices(into: ["N", "S", "V"])
    }
    expectFailure("holds the class -1") { _ = try file([-1]).indices(into: ["N", "S"]) }
  }

  @Test func whatIsNoClassForEachWindowIsRefused() throws {
    let path = try folder.array("y.npy", shape: [3], [0, 1, 2])
    expectFailure("has the shape (3,), expected (4,): one class for each window") {
      _ = try LabelFile(path: path, count: 4)
    }
    let column = try folder.array("c.npy", shape: [3, 1], [0, 1, 2])
    expectFailure("has the shape (3, 1), expected (3,)") { _ = try LabelFile(path: column, count: 3) }
    expectFailure("element 1 is not a whole number") { _ = try file([1, 0.5]) }
    expectFailure("y.npy: element 0 is not a whole number") { _ = try file([.nan]) }
  }
}
