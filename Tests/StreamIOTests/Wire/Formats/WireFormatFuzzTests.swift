import Foundation
import Testing

@testable import StreamIO

@Suite struct WireFormatFuzzTests {
  /// A format and messages of every kind that it understands, as the material for mutations.
  struct Material: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var format: WireFormat
    var seeds: [ByteFrames]
    /// Kinds of mistakes to be met at the least.
    var reasons: Int
  }

  static let arrays = Material(
    testDescription: "array", format: .array(ArrayFormat(maximumMessageBytes: 4096)),
    seeds: [
      ByteFrames(
        header: #"{"htype":"array-1.0","shape":[4,2],"type":"int16","frame":7}"#, payload: [UInt8](1...16)),
      ByteFrames(
        topic: "bed-3", header: #"{"dtype":"<f4","shape":[3],"t_us":1700000000000000,"start":9007199254740992}"#,
        payload: [UInt8](1...12)),
      ByteFrames(
        topic: "x",
        header: #"{"type":"float64","shape":[1,2],"scale":1e300,"offset":-2,"endianness":"big","units":"V"}"#,
        payload: [UInt8](240...255)),
      ByteFrames(
        header: #"{"htype":["array-1.0"],"shape":[2,2],"type":"uint8","source":"a\u00e9","sample_rate":1e-300}"#,
        payload: [1, 2, 3, 4]),
    ], reasons: 5)

  static func materials() throws -> [Material] {
    let layout = try #require(SampleLayout(elementType: "float32", channels: 2))
    let tagged = GNURadioFormatTests.start + GNURadioFormatTests.tags + [UInt8](1...16)
    return [
      arrays,
      Material(
        testDescription: "openephys", format: .openEphys(OpenEphysFormat(maximumMessageBytes: 4096)),
        seeds: [
          OpenEphysFormatTests.message(),
          OpenEphysFormatTests.message(
            OpenEphysFormatTests.header(
              content: #""stream": "a", "channel_name": "\u00e9", "num_samples": 2, "sample_rate": 1e300"#)),
          OpenEphysFormatTests.message(envelope: "EVENT\0", []),
        ], reasons: 3),
      Material(
        testDescription: "gnuradio",
        format: .gnuRadio(GNURadioFormat(layout, hasTags: true, maximumMessageBytes: 4096)),
        seeds: [
          ByteFrames([tagged]), ByteFrames([Array("antenna".utf8), tagged]),
          ByteFrames([GNURadioFormatTests.message(value: [0x09, 0x07, 0x02, 0, 1, 65, 0x03, 0, 0, 0, 1, 0x06])]),
          ByteFrames([GNURadioFormatTests.message(value: [0x0A, 0x02, 0, 0, 0, 1, 0, 9, 9])]),
        ], reasons: 3),
      Material(
        testDescription: "raw", format: .raw(RawFormat(layout, maximumMessageBytes: 4096)),
        seeds: [ByteFrames([[UInt8](1...16)]), ByteFrames([Array("bed-3".utf8), [UInt8](240...255)])], reasons: 3),
    ]
  }

  static let numbers = [
    "0", "-1", "1e400", "-0.0", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e18",
    "4611686018427387904", "null", "true", "[]", "{}", #""""#, #""<f8""#, "[[1]]", "\u{1F600}",
  ]

  @Test(arguments: try materials(), 1...4)
  func mutatedMessagesAreDecodedOrRefusedButNeverTrap(material: Material, seed: Int) {
    var generator = SeededBytes(seed: UInt64(seed))
    var (decoded, refused) = (0, [String: Int]())
    var block = SampleBlock()
    for _ in 0..<3000 {
      guard var message = material.seeds.randomElement(using: &generator) else { return }
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        Self.mutate(&message, using: &generator)
      }
      do throws(WireError) {
        guard try material.format.decode(message, into: &block) == .samples else { continue }
        decoded += 1
        #expect(block.samples.allSatisfy { $0.isFinite })
        #expect(block.samples.count.isMultiple(of: block.channels))
        #expect(block.firstSample.map { (0...1 << 53).contains($0) } ?? true)
      } catch {
        refused[error.reason, default: 0] += 1
        #expect(!error.description.unicodeScalars.contains { $0.value < 32 })
      }
    }
    #expect(decoded > 0)
    #expect(refused.keys.count >= material.reasons)
  }

  static func mutate(_ message: inout ByteFrames, using generator: inout SeededBytes) {
    guard let frame = message.frames.indices.randomElement(using: &generator) else {
      message.frames.append([])
      return
    }
    let length = message.frames[frame].count
    let place = Int.random(in: 0...length, using: &generator)
    switch Int.random(in: 0..<9, using: &generator) {
    case 0 where place < length: message.frames[frame][place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where place < length: message.frames[frame][place] = UInt8.random(in: 0...255, using: &generator)
    case 2: message.frames[frame].removeSubrange(place...)
    case 3: message.frames[frame].insert(UInt8.random(in: 0...255, using: &generator), at: place)
    case 4: message.frames[frame].insert(contentsOf: message.frames[frame], at: place)
    case 5: message.frames.remove(at: frame)
    case 6: message.frames.insert(message.frames.randomElement(using: &generator) ?? [], at: frame)
    default: replaceNumber(&message.frames[frame], using: &generator)
    }
  }

  /// Puts another value where a JSON value stands.
  static func replaceNumber(_ bytes: inout [UInt8], using generator: inout SeededBytes) {
    let starts = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") || bytes[$0] == UInt8(ascii: "[") }
    guard let start = starts.randomElement(using: &generator) else { return }
    let rest = bytes[(start + 1)...]
    let end =
      rest.firstIndex { [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains($0) } ?? rest.endIndex
    bytes.replaceSubrange(start + 1..<end, with: (numbers.randomElement(using: &generator) ?? "").utf8)
  }
}
