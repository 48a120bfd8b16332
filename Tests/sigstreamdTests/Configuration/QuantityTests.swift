import Testing

@testable import sigstreamd

struct QuantityTests {
  @Test(arguments: [
    ("0", Duration.zero), ("0ms", .zero), ("500us", .microseconds(500)), ("500µs", .microseconds(500)),
    ("20ms", .milliseconds(20)), ("1.5s", .milliseconds(1500)), ("10m", .seconds(600)), ("2h", .seconds(7200)),
    ("3 s", .seconds(3)), ("250ns", .nanoseconds(250)),
  ])
  func timeIsReadWithItsUnit(text: String, expected: Duration) {
    #expect(Quantity.duration(text) == expected)
  }

  @Test(arguments: [
    "", "20", "ms", "-1s", "1 w", "1,5s", "1.s", ".5s", "0x10s", "1e3s", "1e999s", "99999999999h", "010s",
  ])
  func timeThatIsUnclearIsRefused(text: String) {
    #expect(Quantity.duration(text) == nil)
  }

  @Test(arguments: [
    ("1B", 1), ("64kB", 64000), ("64KiB", 65536), ("16 MiB", 16 << 20), ("1.5GB", 1_500_000_000),
    ("2TB", 2_000_000_000_000), ("1PiB", 1 << 50),
  ])
  func sizeIsReadWithItsUnit(text: String, expected: Int) {
    #expect(Quantity.byteSize(text) == expected)
  }

  @Test(arguments: ["", "16", "16 mib", "0.5B", "99999999999GiB", "-1MB"])
  func sizeThatIsUnclearIsRefused(text: String) {
    #expect(Quantity.byteSize(text) == nil)
  }

  @Test(arguments: [("360", 360.0), ("-0.5", -0.5), ("1e3", 1000), ("+2.5E-1", 0.25)])
  func numberIsDecimal(text: String, expected: Double) {
    #expect(Quantity.number(text) == expected)
  }

  @Test(arguments: ["", "010", "0x10", "1_000", "1:30", ".inf", ".nan", "nan", "inf", "1.", ".5", "1e999", "yes", "１"])
  func otherNotationsOfYAMLAreNoNumbers(text: String) {
    #expect(Quantity.number(text) == nil)
  }

  @Test func timesAreWrittenInAUnitThatFits() {
    #expect(Quantity.text(.zero) == "0s")
    #expect(Quantity.text(.microseconds(500)) == "500us")
    #expect(Quantity.text(.milliseconds(20)) == "20ms")
    #expect(Quantity.text(.milliseconds(1500)) == "1.5s")
  }
}
