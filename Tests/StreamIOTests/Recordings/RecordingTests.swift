import StreamIO
import Testing

private let recording = Recording(
  name: "r", path: "r.hea", sampleRateHz: 10,
  channels: ["II", "1", "V", "V"].map { Recording.Channel(name: $0, units: "mV") },
  samples: [0, 1, 2, 3, 10, 11, 12, 13])

@Test func channelsAreSelectedByNameInTheOrderAskedFor() throws {
  let selected = try recording.selecting(channels: ["1", "II"])
  #expect(selected.channels.map(\.name) == ["1", "II"])
  #expect(selected.samples == [1, 0, 11, 10])
  #expect(selected.frameCount == 2)
}

@Test func channelsAreSelectedByIndexWhereNoNameIsLikeThat() throws {
  #expect(try recording.selecting(channels: ["3"]).samples == [3, 13])
  #expect(try recording.selecting(channels: ["0"]).samples == [0, 10])
}

@Test func aChannelThatIsNotThereIsAnErrorThatListsThoseThatAre() {
  expectFileError("no channel 'ii'", "0 'II', 1, 2 'V', 3 'V'") { _ = try recording.selecting(channels: ["ii"]) }
  expectFileError("no channel '4'") { _ = try recording.selecting(channels: ["4"]) }
  expectFileError("no channel '-1'") { _ = try recording.selecting(channels: ["-1"]) }
  expectFileError("no channels were asked for") { _ = try recording.selecting(channels: []) }
}

@Test func aNameOfSeveralChannelsAsksForTheIndex() {
  expectFileError("2 channels are named 'V'", "one of 2, 3") { _ = try recording.selecting(channels: ["V"]) }
}
