import Foundation
import Testing

@testable import StreamIO

@Suite struct HeaderScannerTests {
  func scan(_ json: String) -> ArrayHeader.Keys? {
    HeaderScanner.scan(Array(json.utf8).span.bytes)
  }

  /// What json.dumps, JSONEncoder, nlohmann's JSON and areaDetector's plugin write.
  static let headers = [
    #"{"dtype": "float32", "shape": [36, 1], "source": "bed-3", "start": 290304}"#,
    #"{"htype":"array-1.0","sample_rate":360,"shape":[2,2],"source":"bed-3","start":12,"t_us":1700000000000000,"#
      + #""type":"float32","units":"mV/s"}"#,
    #"{"htype":"array-1.0","shape":[2,3],"type":"uint8","frame":7,"encoding":"","ndattr":{"a":[1,-2.5],"b":{}}}"#,
    #" { "type" : "int16" , "shape" : [ 4 ] , "scale" : 0.005 , "offset" : -5.12 , "sample_rate" : 360.0 } "#,
    "{\n\t\"type\": \"<f4\",\r\n\t\"shape\": [0],\n\t\"other\": [true, false, null, [], \"x\"]\n}\n",
    #"{"type":"float32","shape":[1],"endianness":"little","start":0,"frame":9007199254740992}"#,
    "{}",
  ]

  @Test(arguments: headers)
  func takesWhatSendersWriteAndReadsItAsADecoderDoes(json: String) throws {
    #expect(try JSONDecoder().decode(ArrayHeader.Keys.self, from: Data(json.utf8)) == scan(json))
  }

  static let openEphysHeaders = [
    OpenEphysFormatTests.header(),
    OpenEphysFormatTests.header(
      content: #""stream": "a b", "channel_name": "CH1", "channel_num": 0, "num_samples": 1, "sample_rate": 24414.0625"#
    ),
    #"{"content":{},"type":"data"}"#, #"{"content":{"n_channels":2,"n_samples":4}}"#,
  ]

  @Test(arguments: openEphysHeaders)
  func takesObjectsWithinHeaders(json: String) throws {
    let keys: OpenEphysHeader.Keys? = HeaderScanner.scan(Array(json.utf8).span.bytes)
    #expect(try JSONDecoder().decode(OpenEphysHeader.Keys.self, from: Data(json.utf8)) == keys)
  }

  /// Left to the decoder: some of it is JSON, some is not.
  @Test(arguments: [
    "", "{", "[]", "null", #"{"a":1}{"#, #"{"a":1},"#, #"{"a" 1}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,}"#, #"{"a":01}"#,
    #"{"start":-1}"#, #"{"start":1.0}"#, #"{"start":1e3}"#, #"{"start":9999999999999999999}"#, #"{"start":null}"#,
    #"{"start":1,"start":2}"#, #"{"scale":1e3}"#, #"{"scale":+1}"#, #"{"scale":.5}"#, #"{"scale":1.}"#, #"{"scale":-}"#,
    #"{"scale":0.12345678901234567}"#, #"{"source":"a\u0062"}"#, #"{"source":"é"}"#, "{\"source\":\"a\u{7F}\"}",
    "{\"source\":\"a\nb\"}", #"{"source":"a}"#, #"{"shape":[]}"#, #"{"shape":[1,2,3]}"#, #"{"shape":[-1]}"#,
    #"{"shape":[1,]}"#, #"{"shape":7}"#, #"{"htype":["array-1.0"]}"#, #"{"type":1}"#, #"{"a":nul}"#, #"{"a":truex}"#,
    #"{"a":[1}"#, #"{"a":{"b":1]}"#, #"{"a":[[[[[[[[[[1]]]]]]]]]]}"#,
  ])
  func leavesTheRest(json: String) {
    #expect(scan(json) == nil)
  }

  @Test func agreesWithTheDecoderAboutMutatedHeaders() {
    #expect(taken(of: Self.headers, ArrayHeader.Keys.self) > 1000)
    #expect(taken(of: Self.openEphysHeaders, OpenEphysHeader.Keys.self) > 1000)
  }

  /// What the scanner takes, it reads as the decoder does, whatever came of the headers.
  ///
  /// - Returns: how many of 20 000 it took.
  func taken<Keys: HeaderKeys>(of headers: [String], _ type: Keys.Type) -> Int {
    var generator = SeededBytes(seed: 5)
    var taken = 0
    for _ in 0..<20_000 {
      var json = Array(headers.randomElement(using: &generator)?.utf8 ?? "".utf8)
      for _ in 0...Int.random(in: 0...2, using: &generator) {
        if Bool.random(using: &generator) {
          WireFormatFuzzTests.replaceNumber(&json, using: &generator)
        } else {
          Self.mutate(&json, using: &generator)
        }
      }
      guard let keys: Keys = HeaderScanner.scan(json.span.bytes) else { continue }
      taken += 1
      let reference = try? JSONDecoder().decode(Keys.self, from: Data(json))
      #expect(keys == reference, "\(String(decoding: json, as: UTF8.self))")
    }
    return taken
  }

  /// Changes, adds or removes a byte of those that JSON is made of.
  static func mutate(_ bytes: inout [UInt8], using generator: inout SeededBytes) {
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let byte = Array(#"{}[]:,"\0123456789-+.eE trufalsn"#.utf8).randomElement(using: &generator) ?? 0
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: bytes[place] = byte
    case 1: bytes.insert(byte, at: place)
    default: if bytes.count > 1 { bytes.remove(at: place) }
    }
  }
}
