import Foundation
import Testing

@testable import Classifier

@Suite struct LabelledWindowsTests {
  /// Windows of 8 samples and 2 channels whose every sample tells the window's index; the labels as given.
  private func set(_ labels: [Int], valid: [Int]? = nil) -> LabelledWindows {
    let samples = labels.indices.flatMap { [Float](repeating: Float($0), count: 16) }
    return LabelledWindows(samples: samples, windowSamples: 8, channels: 2, labels: labels, valid: valid)
  }

  private func indices(_ set: LabelledWindows) -> [Int] { (0..<set.count).map { Int(set.samples[$0 * 16]) } }

  @Test func subsetTakesWindowsLabelsAndLengthsInTheAskedOrder() {
    let subset = set([0, 1, 2, 1], valid: [8, 3, 5, 1]).subset([3, 0, 3])
    #expect(indices(subset) == [3, 0, 3])
    #expect(subset.labels == [1, 0, 1])
    #expect(subset.valid == [1, 8, 1])
    #expect(subset.samples.count == 48 && subset.windowSamples == 8 && subset.channels == 2)
    #expect(set([0, 1]).subset([]).count == 0)
    #expect(set([0, 1]).subset([1]).valid == nil)
  }

  @Test(arguments: [0, 0.2, 0.5, 0.9])
  func splitTakesTheShareOfEachClassAndLosesNothing(share: Double) {
    let labels = (0..<97).map { [0, 0, 0, 1, 1, 2][$0 % 6] } + [7]
    let (rest, part) = set(labels).stratifiedSplit(share: share, seed: 4)
    #expect((indices(rest) + indices(part)).sorted() == Array(0..<98))
    for set in [rest, part] {
      #expect(zip(indices(set), set.labels).allSatisfy { labels[$0] == $1 })
    }
    for label in [0, 1, 2] {
      let members = labels.count { $0 == label }
      #expect(part.labels.count { $0 == label } == Int((share * Double(members)).rounded()))
    }
    // A class of one window stays where it is trained on.
    #expect(rest.labels.contains(7) && !part.labels.contains(7))
  }

  @Test func splitIsRandomByItsSeed() {
    let whole = set((0..<60).map { $0 % 3 })
    let parts = [1, 1, 2].map { indices(whole.stratifiedSplit(share: 0.5, seed: $0).part) }
    #expect(parts[0] == parts[1] && parts[0] != parts[2])
  }

  /// Valid samples: (1, 10), (3, 10) and (5, 10). Means 3 and 10, variance 8/3 and 0.
  @Test func statisticsLeaveOutPaddingAndGiveConstantChannelsOne() {
    let samples: [Float] = [1, 10, 3, 10, 99, 99, 99, 99, 5, 10, 99, 99, 99, 99, 99, 99]
    let set = LabelledWindows(samples: samples, windowSamples: 4, channels: 2, labels: [0, 1], valid: [2, 1])
    let (mean, std) = set.channelStatistics()
    #expect(mean == [3, 10])
    #expect(abs(std[0] - 1.6329932) < 1e-6 && std[1] == 1)
  }

  /// 0.1 has no exact sum: what rounding leaves of a constant channel must not pass for a deviation.
  @Test(arguments: [0.1, -3.3, 1e-3, 1e7] as [Float])
  func aConstantChannelIsConstantWhateverItsValue(value: Float) {
    let set = LabelledWindows(
      samples: [Float](repeating: value, count: 8 * 125), windowSamples: 8, channels: 1,
      labels: [Int](repeating: 0, count: 125))
    #expect(set.channelStatistics().mean == [value])
    #expect(set.channelStatistics().std == [1])
  }

  @Test func aSmallSignalOnALargeOffsetKeepsItsDeviation() {
    let samples = (0..<800).map { 10_000 + Float($0 % 2) * 0.015625 }
    let set = LabelledWindows(samples: samples, windowSamples: 8, channels: 1, labels: [Int](repeating: 0, count: 100))
    #expect(abs(set.channelStatistics().std[0] - 0.0078125) < 1e-6)
  }

  @Test func pickedWindowsKnowWhereTheyWere() {
    let (rest, part) = set([Int](repeating: 0, count: 20)).stratifiedSplit(share: 0.5, seed: 1)
    let again = part.subset([3, 1])
    #expect(again.origins == [part.origins[3], part.origins[1]])
    for windows in [rest, part, again] {
      // Every sample of `set` tells its window's index.
      #expect(windows.origins == (0..<windows.count).map { Int(windows.window($0).first!) })
    }
  }

  @Test func constantChannelsAreToldApartFromPadding() {
    let samples: [Float] = [1, 5, 1, 6, 1, 7, 0, 0] + [Float](repeating: 0, count: 8)
    let set = LabelledWindows(samples: samples, windowSamples: 8, channels: 2, labels: [0], valid: [3])
    #expect(set.isConstant(0, channel: 0))
    #expect(!set.isConstant(0, channel: 1))
  }

  /// A file of 4096 bytes of something else, and 40 samples that tell their place.
  private func mapped() throws -> SampleStore {
    let path = FileManager.default.temporaryDirectory.appending(path: "samples-\(UUID().uuidString)").path
    defer { unlink(path) }
    let samples = (0..<40).map { Float($0) }
    let bytes = [UInt8](repeating: 7, count: 4096) + samples.withUnsafeBytes { Array($0) }
    try Data(bytes).write(to: URL(filePath: path))
    let file = try #require(FileHandle(forReadingAtPath: path))
    #expect(MappedSamples(descriptor: file.fileDescriptor, byteOffset: 4096, count: 41) == nil, "the file is shorter")
    return .mapped(try #require(MappedSamples(descriptor: file.fileDescriptor, byteOffset: 4096, count: 40)))
  }

  @Test func windowsMayOverlapInMemoryOrInAFile() throws {
    for store in [SampleStore.memory((0..<40).map { Float($0) }), try mapped()] {
      let set = LabelledWindows(in: store, starts: [24, 0, 8], windowSamples: 8, channels: 2, labels: [0, 1, 1])
      #expect(set.samples == [24, 0, 8].flatMap { start in (start..<start + 16).map { Float($0) } })
      let copy = LabelledWindows(samples: set.samples, windowSamples: 8, channels: 2, labels: [0, 1, 1])
      #expect(set.digest == copy.digest)
      #expect(set.channelStatistics().mean == copy.channelStatistics().mean)
      let picked = set.subset([2, 0]).subset([1])
      #expect(picked.window(0) == set.window(0) && picked.origins == [0] && picked.labels == [0])
      #expect(set.relabelled([5, 4]).labels == [5, 4, 4])
      #expect(set.relabelled([5, 4]).samples == set.samples)
    }
  }

  @Test func traitsThatAreKnownStandForTheSamples() {
    let samples = [Float](repeating: 3, count: 8) + (0..<16).map { Float($0 % 8) }
    let plain = LabelledWindows(samples: samples, windowSamples: 8, channels: 1, labels: [0, 0, 1])
    let traits = plain.findTraits()
    #expect(traits.constant == [true, false, false])
    #expect(traits.digests[0] != traits.digests[1] && traits.digests[1] == traits.digests[2])
    // Other samples, to see that they are not read.
    let told = LabelledWindows(
      in: .memory([Float](repeating: 0, count: 8)), starts: [0, 0, 0], windowSamples: 8, channels: 1,
      labels: [0, 0, 1],
      traits: traits)
    #expect(told.digest == plain.digest)
    #expect(told.subset([2, 0]).findTraits() == plain.subset([2, 0]).findTraits())
  }
}
