import Foundation
import Testing

@testable import StreamIO

private func parse(_ words: [UInt16], rate: Double = 360) throws -> [Annotation] {
  try WFDBAnnotations.parse(
    words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }, path: "r.atr", frameRateHz: rate,
    sampleRateHz: rate)
}

private func word(_ code: Int, _ value: Int) -> UInt16 { UInt16(code << 10 | value) }

private struct ExpectedAnnotation: Decodable {
  var sample: Int, symbol: String, subtype: Int, channel: Int, number: Int, auxiliary: String

  var annotation: Annotation {
    Annotation(
      sample: sample, symbol: symbol, subtype: subtype, channel: channel, number: number, auxiliary: auxiliary)
  }
}

@Test func annotationsAreReadAsWFDBReadsThem() throws {
  let recording = try RecordingReader.read(path: Fixture.path("wfdb/annotated"))
  let json = try Data(contentsOf: URL(filePath: Fixture.path("wfdb/annotated.expected.json")))
  let expected = try JSONDecoder().decode([ExpectedAnnotation].self, from: json).map(\.annotation)
  #expect(recording.annotations == expected)
  #expect(Set(expected.map(\.symbol)).count == 39, "every type that the standard defines")
}

@Test func typesAndTimeResolutionOfTheFilesOwnAreUsed() throws {
  // Written for 501 Hz, twice the record's rate: samples 3, 5, 90.
  let recording = try RecordingReader.read(path: Fixture.path("wfdb/custom"))
  #expect(recording.annotations.map(\.sample) == [2, 3, 45])
  #expect(recording.annotations.map(\.symbol) == ["N", "X", "+"])
}

@Test func wordsAreReadAsTheStandardSays() throws {
  let annotations = try parse([
    word(1, 18),
    word(5, 1000), word(61, 0xFF), word(62, 1), word(60, 2),
    word(59, 0), 0x0001, 0x0002, word(28, 3), word(63, 3), 0x4128, 0x0046,
    word(1, 1), word(62, 0),
    word(42, 0),
    0,
  ])
  #expect(
    annotations == [
      Annotation(sample: 18, symbol: "N"),
      Annotation(sample: 1018, symbol: "V", subtype: -1, channel: 1, number: 2),
      // SKIP has the high half first: 0x00010002.
      Annotation(sample: 1018 + 0x10002 + 3, symbol: "+", channel: 1, number: 2, auxiliary: "(AF"),
      Annotation(sample: 1018 + 0x10002 + 4, symbol: "N", channel: 0, number: 2),
      Annotation(sample: 1018 + 0x10002 + 4, symbol: "[42]", channel: 0, number: 2),
    ])
}

@Test func aSkipBackwardsIsPutInOrder() throws {
  let annotations = try parse([word(1, 100), word(59, 0), 0xFFFF, 0xFFFF - 49, word(5, 0), word(1, 60), 0])
  #expect(annotations.map(\.sample) == [50, 100, 110])
  #expect(annotations.map(\.symbol) == ["V", "N", "N"])
}

@Test func wordsThatAreNoAnnotationOnlyMoveTheTime() throws {
  #expect(try parse([word(0, 7), word(1, 1), 0]) == [Annotation(sample: 8, symbol: "N")])
}

@Test func commentsAtTheBeginningThatDefineNothingStay() throws {
  let annotations = try parse([word(22, 0), word(63, 2), 0x6948, word(1, 1), 0, 0, 0])
  #expect(annotations.map(\.auxiliary) == ["Hi", ""])
}

@Test(
  arguments: [
    ([], "without its end mark"),
    ([word(1, 5)], "without its end mark (byte 2)"),
    ([word(59, 0), 1], "without its end mark"),
    ([word(1, 5), word(63, 5), 0x4141, 0x4141], "text of 5 bytes is cut off"),
    ([word(60, 1), 0], "before the first annotation"),
    ([word(50, 1), 0], "50 is no code"),
    ([word(59, 0), 0xFFFF, 0xFFFF, word(1, 0), 0], "sample -1"),
    ([word(1, 5), 0, word(1, 5)], "follows the end mark"),
  ] as [([UInt16], String)])
func whatIsNoAnnotationFileIsRefused(words: [UInt16], message: String) {
  expectFileError("r.atr: ", message) { _ = try parse(words) }
}

@Test func truncatedAnnotationFilesAreErrors() throws {
  let bytes = try Fixture.bytes("wfdb/annotated.atr")
  for damaged in Corruption.truncations(of: bytes).dropLast(1) {
    #expect(throws: FileError.self) {
      try WFDBAnnotations.parse(damaged, path: "r.atr", frameRateHz: 360, sampleRateHz: 360)
    }
  }
}

@Test(arguments: ["annotated", "custom"])
func damagedAnnotationFilesNeverTrap(name: String) throws {
  let bytes = try Fixture.bytes("wfdb/\(name).atr")
  for damaged in Corruption.flips(of: bytes, count: 2000, seed: 3) {
    _ = try? WFDBAnnotations.parse(damaged, path: "r.atr", frameRateHz: 1e-300, sampleRateHz: 1e-300)
  }
}
