import Foundation

/// Numbers with units, as people write them in the configuration and on the command line.
enum Quantity {
  /// A whole decimal number without zeros before it: `0`, `360`, `-5`.
  static func integer(_ text: String) -> Int? {
    behindWholeDigits(text).flatMap { $0.isEmpty ? Int(text) : nil }
  }

  /// A finite decimal number without any of YAML 1.1's other notations: `360`, `-0.5`, `1e3`.
  static func number(_ text: String) -> Double? {
    // Double would take hexadecimal numbers too, and a point without digits behind it.
    guard let rest = behindWholeDigits(text), rest.first.map({ ".eE".utf8.contains($0) }) ?? true,
      rest.first != UInt8(ascii: ".") || rest.dropFirst().first.map(isDigit) == true
    else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  /// What stands behind the signs and the digits that `text` begins with; nil where there are no digits, or zeros before
  /// others.
  private static func behindWholeDigits(_ text: String) -> Substring.UTF8View? {
    let unsigned = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let rest = unsigned.drop(while: isDigit)
    let count = unsigned.count - rest.count
    return count == 1 || count > 1 && unsigned.first != UInt8(ascii: "0") ? rest : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// A time of 0 or more with its unit: `500us`, `20ms`, `1.5s`, `10m` (minutes), `2h`, `7d`; `0` needs none.
  static func duration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    guard let (value, unit) = split(text) else { return nil }
    let nanoseconds: [String: Double] = [
      "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "min": 60e9, "h": 3600e9, "d": 86_400e9,
    ]
    guard let factor = nanoseconds[unit], value * factor < 9e18 else { return nil }
    return .nanoseconds(Int64((value * factor).rounded()))
  }

  /// A frequency of 0 or more in Hz, or with its unit: `360`, `0.5Hz`, `4 kHz`, `1MHz`.
  static func frequency(_ text: String) -> Double? {
    guard let (value, unit) = split(text) else { return number(text) }
    let factors: [String: Double] = ["Hz": 1, "kHz": 1e3, "MHz": 1e6]
    return factors[unit].map { value * $0 }
  }

  /// A number of bytes with its unit: `512B`, `64kB`, `64KiB`, `16 MiB`, `1.5GB`, `2TiB`.
  static func byteSize(_ text: String) -> Int? {
    let factors: [String: Double] = [
      "B": 1, "kB": 1e3, "KB": 1e3, "KiB": 1024, "MB": 1e6, "MiB": 1_048_576, "GB": 1e9, "GiB": 1_073_741_824,
      "TB": 1e12, "TiB": 0x1p40, "PB": 1e15, "PiB": 0x1p50,
    ]
    guard let (value, unit) = split(text), let factor = factors[unit] else { return nil }
    let bytes = value * factor
    guard bytes < 9e18, bytes == bytes.rounded() else { return nil }
    return Int(bytes)
  }

  /// A number for a message: whole ones without `.0`.
  static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  /// A time for a message, in the largest unit that leaves it a number of at least 1: `20ms`, `1.5s`.
  static func text(_ value: Duration) -> String {
    let seconds = value.inSeconds
    if seconds == 0 { return "0s" }
    if seconds < 1e-3 { return text((seconds * 1e9).rounded() / 1e3) + "us" }
    if seconds < 1 { return text((seconds * 1e9).rounded() / 1e6) + "ms" }
    return text(seconds) + "s"
  }

  private static func split(_ text: String) -> (value: Double, unit: String)? {
    let digits = text.prefix { $0 == "." || $0.isASCII && $0.isNumber }
    let unit = text[digits.endIndex...].trimmingPrefix(" ")
    guard !unit.isEmpty, unit.allSatisfy(\.isLetter), let value = number(String(digits)) else { return nil }
    return (value, String(unit))
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

  /// The duration in whole microseconds, rounded towards zero.
  var inMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
