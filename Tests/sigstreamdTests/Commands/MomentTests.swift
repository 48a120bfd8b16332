import ArgumentParser
import Testing

@testable import sigstreamd

struct MomentTests {
  // Seconds by `date --utc --date TEXT +%s`.
  @Test(arguments: [
    ("2026-05-01T08:00:00Z", 1_777_622_400_000_000),
    ("2026-05-01T10:00:00+02:00", 1_777_622_400_000_000),
    ("2026-05-01T08:00:00", 1_777_622_400_000_000),
    ("2026-05-01T08:00:00.25Z", 1_777_622_400_250_000),
    ("2026-05-01", 1_777_593_600_000_000),
  ])
  func datesAreRead(text: String, microseconds: Int64) throws {
    #expect(try parseMoment(text) == .date(microsecondsSince1970: microseconds))
  }

  @Test func aTimeIsSoLongAgo() throws {
    #expect(try parseMoment("7d").microseconds(now: 700_000_000_000) == 95_200_000_000)
    #expect(try parseMoment("90s").microseconds(now: 100_000_000) == 10_000_000)
  }

  @Test(arguments: [
    "", "yesterday", "2026-13-01", "2026-02-30", "2026-05-01T25:00:00Z", "2026-05-01T08:00:00Zulu", "08:00", "-1h",
  ])
  func somethingElseIsRefused(text: String) {
    #expect(throws: ValidationError.self) { try parseMoment(text) }
  }
}
