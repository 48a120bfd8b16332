import Foundation
import Testing

@testable import Classifier

/// Bytes from outside must load or throw, whatever they are.
@Suite struct SafetensorsFuzzTests {
  private static func whole() throws -> Data { try Model.smallest().encode() }

  private static func headerEnd(_ bytes: Data) -> Int { 8 + bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } }

  @Test func everyTruncationThrows() throws {
    let bytes = try Self.whole()
    let headerEnd = Self.headerEnd(bytes)
    let lengths = Array(0...headerEnd) + stride(from: headerEnd + 1, to: bytes.count, by: 97) + [bytes.count - 1]
    let loaded = lengths.filter { (try? Model.parse(bytes.prefix($0))) != nil }
    #expect(loaded.isEmpty)
  }

  @Test func extraBytesAtTheEndAreRefused() throws {
    let bytes = try Self.whole() + [0]
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
  }

  @Test func flippedBitsOfTheHeaderLoadOrThrow() throws {
    let bytes = try Self.whole()
    let headerEnd = Self.headerEnd(bytes)
    var generator = SplitMix64(seed: 2024)
    var refused = 0
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: 0..<headerEnd, using: &generator)
        changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      if (try? Model.parse(changed)) == nil { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func replacedDigitsAndBracketsLoadOrThrow() throws {
    let bytes = try Self.whole()
    let headerEnd = Self.headerEnd(bytes)
    let alphabet = Array("0123456789-.eE[]{}\":,\\ nul".utf8)
    var generator = SplitMix64(seed: 7)
    let digits = (8..<headerEnd).filter { (48...57).contains(bytes[$0]) || [44, 91, 93].contains(bytes[$0]) }
    for _ in 0..<1500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        changed[digits.randomElement(using: &generator)!] = alphabet.randomElement(using: &generator)!
      }
      _ = try? Model.parse(changed)
    }
  }

  @Test func flippedBitsOfTheDataLoadOrNameATensor() throws {
    let bytes = try Self.whole()
    var generator = SplitMix64(seed: 99)
    for _ in 0..<300 {
      var changed = bytes
      let position = Int.random(in: Self.headerEnd(bytes)..<bytes.count, using: &generator)
      changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      do {
        _ = try Model.parse(changed)
      } catch {
        #expect(error.message.hasPrefix("tensor "))
      }
    }
  }

  @Test(arguments: [0, 1, 7, 1 << 20, 100_000_001, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max, .max - 7] as [UInt64])
  func aHeaderLengthThatLiesIsRefused(length: UInt64) throws {
    let file = try CheckpointFile(Self.whole())
    let header = try JSONSerialization.data(withJSONObject: file.header)
    let bytes = CheckpointFile.bytes(header: header, file.data, length: length)
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
  }

  @Test(arguments: [
    "", " ", "null", "true", "0", "\"text\"", "[]", "{", "}", "{}", "{\"a\"}", "{\"a\":}", "{\"a\":null}", "{\"a\":1}",
    "{\"a\":[]}", "{\"a\":{}}", "{\"__metadata__\":[]}", "{\"__metadata__\":{\"format\":1}}", "\u{FEFF}{}", "{} {}",
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, #"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#,
    #"{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}"#,
    #"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#,
  ])
  func aHeaderThatIsNoHeaderIsRefused(text: String) {
    let bytes = CheckpointFile.bytes(header: Data(text.utf8), Data(count: 8))
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
  }

  @Test func deepNestingAndBadTextAreRefused() {
    let deep = Data((String(repeating: "[", count: 200_000)).utf8)
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(CheckpointFile.bytes(header: deep, Data())) }
    let objects = Data((String(repeating: "{\"a\":", count: 100_000)).utf8)
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(CheckpointFile.bytes(header: objects, Data())) }
    let notUTF8 = Data([0x7B, 0x22, 0xFF, 0xC0, 0x22, 0x3A, 0x31, 0x7D])
    #expect(throws: Safetensors.Malformed.self) { try Model.parse(CheckpointFile.bytes(header: notUTF8, Data())) }
  }

  @Test(arguments: [
    "[-4,0]", "[4,0]", "[0,9]", "[9,13]", "[0,9223372036854775807]", "[-9223372036854775808,9223372036854775807]",
    "[9223372036854775807,9223372036854775807]", "[0,1e30]", "[0,-1]", "[0.5,4.5]",
  ])
  func dataOffsetsOutsideTheFileAreRefused(offsets: String) throws {
    let header = #"{"weight":{"dtype":"F32","shape":[1],"data_offsets":\#(offsets)}}"#
    let bytes = CheckpointFile.bytes(header: Data(header.utf8), Data(count: 8))
    #expect(throws: Safetensors.Malformed.self) { try Safetensors(parsing: bytes) }
  }

  @Test(arguments: [
    "[4294967296,4294967296]", "[9223372036854775807,2]", "[-1]", "[-1,-1]", "[0,-1]", "[3]",
    "[9223372036854775807,9223372036854775807,0]", "[1e19]",
  ])
  func shapesThatOverflowOrDisagreeAreRefused(shape: String) throws {
    let header = #"{"weight":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,4]}}"#
    let bytes = CheckpointFile.bytes(header: Data(header.utf8), Data(count: 4))
    #expect(throws: Safetensors.Malformed.self) { try Safetensors(parsing: bytes) }
  }

  /// As the format's own reader: tensors that share bytes would let a small file describe a huge model.
  @Test(arguments: [("[0,8]", "[4,12]"), ("[0,8]", "[0,8]"), ("[4,12]", "[0,8]"), ("[0,8]", "[12,20]")])
  func overlappingTensorsAndHolesAreRefused(first: String, second: String) throws {
    let header = """
      {"a":{"dtype":"F32","shape":[2],"data_offsets":\(first)},"b":{"dtype":"F32","shape":[2],"data_offsets":\(second)}}
      """
    for count in [12, 16, 20] {
      let bytes = CheckpointFile.bytes(header: Data(header.utf8), Data(count: count))
      #expect(throws: Safetensors.Malformed.self) { try Safetensors(parsing: bytes) }
    }
  }

  @Test func tensorsInAnyOrderAndEmptyOnesAreRead() throws {
    let header = """
      {"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"none":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},
      "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}
      """
    let file = try Safetensors(parsing: CheckpointFile.bytes(header: Data(header.utf8), Data(0..<12)))
    #expect(Set(file.entries.keys) == ["a", "b", "none"])
    #expect(try file.bytes(of: #require(file.entries["b"])) == Data(4..<12))
    #expect(file.metadata.isEmpty)
  }
}
