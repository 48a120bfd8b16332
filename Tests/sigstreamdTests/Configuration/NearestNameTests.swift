import Testing

@testable import sigstreamd

struct NearestNameTests {
  @Test(arguments: [
    ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abcd", "abd", 1), ("abc", "xbc", 1),
    ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func distanceCountsEditsAndSwaps(a: String, b: String, expected: Int) {
    #expect(NearestName.distance(Array(a), Array(b)) == expected)
  }

  @Test func nearestNameIsFoundWhateverItsCaseAndJoints() {
    let names = ["endpoint", "sampleRate", "socket"]
    #expect(NearestName.of("sample_rate", among: names) == "sampleRate")
    #expect(NearestName.of("ENDPIONT", among: names) == "endpoint")
    #expect(NearestName.of("colour", among: names) == nil)
    #expect(NearestName.of("x", among: []) == nil)
  }
}
