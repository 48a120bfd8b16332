import Testing

@testable import Windowing

@Suite struct StreamTableSelectionTests {
  private func table(_ layout: ChannelLayout, channels: Int, columns: [Int]) -> StreamTable {
    StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: channels), sampleRateHz: 100, layout: layout,
      columns: columns)
  }

  @Test func togetherTakesTheColumnsAskedForInTheirOrder() throws {
    var table = table(.together, channels: 2, columns: [2, 0])
    // Sample 4, of column 1, is not taken; sample 8, of column 2, is.
    let windows = try table.collect(
      [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32], channels: 3, masked: [4, 8], stream: "a")
    #expect(windows.map(\.window.samples) == [[2, 0, 12, 10], [22, 20, 32, 30]])
    #expect(windows.map(\.window.isMasked) == [false, true])
  }

  @Test func separateStreamsKeepTheNumbersOfTheirColumns() throws {
    var table = table(.separate, channels: 1, columns: [2, 0])
    let windows = try table.collect([0, 1, 2, 10, 11, 12], channels: 3, masked: [5], stream: "a")
    #expect(windows.map(\.stream) == ["a.2", "a.0"])
    #expect(windows.map(\.window.samples) == [[2, 12], [0, 10]])
    #expect(windows.map(\.window.isMasked) == [true, false])
    #expect(table.count == 2)
  }

  @Test func aMessageWithoutAColumnAskedForIsRefused() throws {
    var table = table(.together, channels: 2, columns: [2, 0])
    #expect(throws: StreamError.column(stream: "a", wanted: 2, got: 2)) {
      try table.collect([0, 1], channels: 2, stream: "a")
    }
    #expect(table.count == 0)
    _ = try table.collect([0, 1, 2], channels: 3, stream: "a")
    #expect(throws: StreamError.channels(stream: "a", expected: 3, got: 4)) {
      try table.collect([0, 1, 2, 3], channels: 4, stream: "a")
    }
  }
}
