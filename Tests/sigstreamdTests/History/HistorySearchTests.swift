import Testing

@testable import sigstreamd

struct HistorySearchTests {
  private let folder: HistoryFolder

  init() throws {
    folder = try HistoryFolder()
    var store = try folder.store()
    try store.insert([
      .sample(2), .sample(0, stream: "b"), .sample(1, label: "V"), .sample(3, feed: "emg"), .sample(4, label: nil),
    ])
  }

  @Test func resultsComeInTheOrderOfTheirWindows() throws {
    #expect(try folder.bodies() == ["b 0 0", "a 0 1", "a 0 2", "a 0 3", "a 0 4"])
  }

  @Test(arguments: [
    (HistorySearch(stream: "b"), ["b 0 0"]),
    (HistorySearch(feed: "emg"), ["a 0 3"]),
    (HistorySearch(feed: "ecg", stream: "a", label: "N"), ["a 0 2"]),
    (HistorySearch(label: "V"), ["a 0 1"]),
    (HistorySearch(sinceMicroseconds: 2_000_000), ["a 0 2", "a 0 3", "a 0 4"]),
    (HistorySearch(sinceMicroseconds: 1_000_000, untilMicroseconds: 3_000_000), ["a 0 1", "a 0 2"]),
    (HistorySearch(limit: 2), ["a 0 3", "a 0 4"]),
    (HistorySearch(stream: "'; DROP TABLE result; --"), []),
  ])
  func findsWhatIsAskedFor(search: HistorySearch, bodies: [String]) throws {
    #expect(try folder.bodies(search) == bodies)
  }

  @Test func resultsOfManyPagesComeOnce() throws {
    var store = try folder.store()
    try store.insert((10..<10_010).map { .sample($0) })
    #expect(try folder.bodies(HistorySearch(limit: 10_000)) == (10..<10_010).map { "a 0 \($0)" })
  }

  @Test func controlCharactersReachNoTerminal() {
    let body = #"{"label":"größer"}"#
    #expect(body.controlsEscaped == body)
    #expect("a\u{1B}[2J\n\u{9B}b".controlsEscaped == #"a\u001B[2J\u000A\u009Bb"#)
  }

  @Test func fieldsForSpreadsheetsAreQuotedWhereTheyMustBe() {
    #expect("ward-2/bed-3".csvField == "ward-2/bed-3")
    #expect("a,b".csvField == "\"a,b\"")
    #expect("say \"V\"".csvField == "\"say \"\"V\"\"\"")
    #expect("two\nlines".csvField == "\"two\nlines\"")
  }
}
