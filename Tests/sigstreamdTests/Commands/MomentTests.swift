import ArgumentParser
import Foundation
import Testing

@testable import sigstreamd

struct MomentTests {
  // Seconds by `date --utc --date TEXT +%s`; without a zone, in one that is three hours ahead.
  @Test(arguments: [
    ("2026-05-01T08:00:00Z", 1_777_622_400_000_000),
    ("2026-05-01T10:00:00+02:00", 1_777_622_400_000_000),
    ("2026-05-01T08:00:00.25Z", 1_777_622_400_250_000),
    ("2026-05-01T11:00:00", 1_777_622_400_000_000),
    ("2026-05-01T11:00:00.5", 1_777_622_400_500_000),
    ("2026-05-01", 1_777_582_800_000_000),
  ])
  func datesAreRead(text: String, microseconds: Int64) throws {
    let zone = try #require(TimeZone(secondsFromGMT: 3 * 3600))
    #expect(try parseMoment(text, timeZone: zone) == .date(microsecondsSince1970: microseconds))
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
