import Foundation
import Testing

@testable import StreamIO

@Suite struct WindowResultTests {
  let result = WindowResult(
    feed: "ecg", stream: "bed-3", sequence: 812, epoch: 0, startSample: 290_304, endSample: 291_328,
    startMicroseconds: 1_700_000_000_000_000, endMicroseconds: 1_700_000_002_841_667,
    publishedMicroseconds: 1_700_000_002_850_000, ageMicroseconds: 8333, status: .classified, label: "N/V",
    confidence: 0.97, probabilities: [0.97, 0.02, 1e-7], anomaly: 0.12, pValue: 0.43, model: "0123456789abcdef")

  @Test func writesTheDocumentedKeysSortedAndNumbersShort() {
    #expect(
      String(decoding: result.encode(), as: UTF8.self)
        == #"{"age_us":8333,"anomaly":0.12,"confidence":0.97,"end":291328,"epoch":0,"feed":"ecg","label":"N/V","#
        + #""late":false,"model":"0123456789abcdef","p_value":0.43,"probabilities":[0.97,0.02,1e-07],"seq":812,"sig":1,"#
        + #""start":290304,"status":"classified","stream":"bed-3","t_end_us":1700000002841667,"#
        + #""t_pub_us":1700000002850000,"t_start_us":1700000000000000}"#)
  }

  @Test func aFailedWindowHasNoLabel() {
    var failed = WindowResult(
      feed: "f", stream: "s", sequence: 0, epoch: 1, startSample: 0, endSample: 1, startMicroseconds: 0,
      endMicroseconds: 0, publishedMicroseconds: 0, ageMicroseconds: 0, status: .failed, model: "")
    failed.isMasked = true
    #expect(
      String(decoding: failed.encode(), as: UTF8.self)
        == #"{"age_us":0,"end":1,"epoch":1,"feed":"f","late":false,"masked":true,"model":"","seq":0,"sig":1,"#
        + #""start":0,"status":"failed","stream":"s","t_end_us":0,"t_pub_us":0,"t_start_us":0}"#)
  }

  /// Foundation's encoder is the reference: whatever the values, the bytes are the same.
  @Test func writesWhatAnEncoderWouldByteForByte() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var generator = SeededBytes(seed: 1)
    for _ in 0..<2000 {
      let result = WindowResult.random(using: &generator)
      var bytes: [UInt8] = []
      result.appendBody(to: &bytes)
      let reference = try encoder.encode(result)
      #expect(Data(bytes) == reference, "\(String(decoding: bytes, as: UTF8.self))")
      #expect(try JSONDecoder().decode(WindowResult.self, from: Data(bytes)) == result)
    }
  }

  @Test func writesEveryKindOfCharacterAsJSONAsks() throws {
    var results = result
    for scalar in (0...0x2100).compactMap(Unicode.Scalar.init) {
      results.label = "a\(scalar)b"
      let object = try #require(try JSONSerialization.jsonObject(with: results.encode()) as? [String: Any])
      #expect(object["label"] as? String == results.label)
    }
  }

  @Test func isReadBackAsItWasSent() throws {
    #expect(try JSONDecoder().decode(WindowResult.self, from: result.encode()) == result)
  }

  @Test func theTopicEndsWithASlash() {
    #expect(result.topic == Data("label/ecg/bed-3/".utf8))
  }

  @Test func theHeartbeatHasTheDocumentedKeys() throws {
    let counts = Heartbeat.FeedCounts(
      formed: 10, published: 5, expired: 1, dropped: 2, inFlight: 2, failed: 3, missingSamples: 4, maskedSamples: 6,
      badMessages: 7, refused: ["length": 7], late: 8, lateSamples: 9, reconnects: 10,
      refusedConnections: 14, streams: 11, silentStreams: 12, forgottenStreams: 13,
      duplicateSamples: 15, historyLost: 16, otherMessages: 17, restarts: 18)
    let heartbeat = Heartbeat(microseconds: 5, streams: ["ecg/bed-3": 812], feeds: ["ecg": counts])
    #expect(Heartbeat.topic == Data("heartbeat/".utf8))
    #expect(
      String(decoding: heartbeat.encode(), as: UTF8.self)
        == #"{"feeds":{"ecg":{"bad_messages":7,"dropped":2,"duplicate_samples":15,"expired":1,"failed":3,"#
        + #""forgotten_streams":13,"formed":10,"history_lost":16,"in_flight":2,"late":8,"late_samples":9,"masked_samples":6,"missing_samples":4,"#
        + #""other_messages":17,"published":5,"reconnects":10,"refused":{"length":7},"refused_connections":14,"restarts":18,"silent_streams":12,"streams":11}},"#
        + #""sig":1,"streams":{"ecg/bed-3":812},"t_us":5}"#
    )
    #expect(try JSONDecoder().decode(Heartbeat.self, from: heartbeat.encode()) == heartbeat)
  }
}

extension WindowResult {
  /// Any values that a result may have: finite numbers of every size, text with all that JSON escapes.
  fileprivate static func random(using generator: inout SeededBytes) -> WindowResult {
    func integer() -> Int {
      Int(truncatingIfNeeded: generator.next() as UInt64) >> Int.random(in: 0...63, using: &generator)
    }
    func number() -> Float {
      let values: [Float] = [
        0, -0.0, 1, 0.1, 1e-7, 16_777_216, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        Float(bitPattern: UInt32.random(in: 0...(.max), using: &generator)), Float.random(in: 0...1, using: &generator),
      ]
      return values.filter(\.isFinite).randomElement(using: &generator) ?? 0
    }
    func text() -> String {
      let scalars = "ab/\"\\\u{0}\u{8}\u{C}\n\r\t\u{1F}\u{7F}é\u{2028}\u{FFFD}🫀".unicodeScalars
      return String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
            scalars.randomElement(using: &generator)
          }))
    }
    func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
    return WindowResult(
      feed: text(), stream: text(), sequence: integer(), epoch: integer(), startSample: integer(), endSample: integer(),
      startMicroseconds: Int64(integer()), endMicroseconds: Int64(integer()),
      publishedMicroseconds: Int64(integer()), ageMicroseconds: Int64(integer()),
      status: [.classified, .unclassified, .outlier, .failed].randomElement(using: &generator) ?? .failed,
      label: maybe(text()), confidence: maybe(number()),
      probabilities: maybe((0..<Int.random(in: 0...5, using: &generator)).map { _ in number() }),
      anomaly: maybe(number()), pValue: maybe(number()), model: text(), isLate: Bool.random(using: &generator),
      isMasked: maybe(Bool.random(using: &generator)))
  }
}
