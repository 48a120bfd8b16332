import Foundation
import FuzzDriver

@testable import StreamIO
@testable import sigstreamd

extension Program {
  /// What a subscriber receives, topics and bodies by turns: shown as `watch` does, and made labels of as `label` does.
  static let results = Fuzzer("results", seeds: [joined(published.map { Array($0.utf8) })], longest: 2048) { bytes in
    var session = WatchSession(filter: WatchFilter(), formatter: formatter, truth: truth)
    var labelling = Labelling(try recordings.get(), confidence: 0.7)
    let frames = parts(bytes).map { Data($0) }
    for index in stride(from: 0, to: frames.count - 1, by: 2) {
      switch session.take(topic: frames[index], payload: frames[index + 1]) {
      case .result(let line):
        require(!line.unicodeScalars.contains { $0.value < 32 }, "a result is one line")
        labelling.add(try JSONDecoder().decode(WindowResult.self, from: frames[index + 1]))
      case .heartbeat, .ignored: break
      }
    }
    // Not each: it takes a quarter of the time.
    require(session.summary.missing >= 0 && !(bytes.count.isMultiple(of: 8) && session.text.isEmpty), "a summary")
    for (header, labels) in labelling.labels(Corrections()) {
      let frames = labels.labelled.map(\.frames)
      require(frames.allSatisfy { 0 <= $0.lowerBound && $0.upperBound <= header.frameCount }, "within the recording")
      require(zip(frames, frames.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }, "in order, apart")
    }
    let rows = DoubtTable.text(labelling.doubts).split(separator: "\n")
    require(rows.count == labelling.doubts.count + 1, "a row for each doubt")
  }

  private static let formatter = WatchFormatter(
    style: TerminalStyle(isColoured: false), recordingRateHz: 100, comparesLabels: true)

  private static let truth = RecordingTruth(labels: ["calm"], frameCount: 200) { $0.lowerBound < 100 ? "calm" : nil }

  private static let published = [
    "label/ecg/bed/",
    #"{"age_us":32417,"anomaly":1.31,"confidence":0.879,"end":74,"epoch":0,"feed":"ecg","label":"V","late":false,"#
      + #""masked":true,"model":"bdce9f40767bde94","p_value":0.21,"probabilities":[0.121,0.879],"seq":0,"sig":1,"#
      + #""start":10,"status":"classified","stream":"bed","t_end_us":1640000,"t_pub_us":1700000,"t_start_us":1000000}"#,
    "label/ecg/bed/",
    #"{"age_us":1,"confidence":0.5,"end":138,"epoch":0,"feed":"ecg","label":"N","late":true,"model":"b","seq":4,"#
      + #""sig":1,"start":74,"status":"outlier","stream":"bed","t_end_us":2280000,"t_pub_us":1,"t_start_us":1640000}"#,
    "heartbeat/",
    #"{"feeds":{"ecg":{"bad_messages":1,"dropped":0,"duplicate_samples":0,"expired":1,"failed":0,"forgotten_streams":0,"#
      + #""formed":4,"history_lost":0,"in_flight":0,"late":1,"late_samples":0,"masked_samples":2,"missing_samples":3,"#
      + #""other_messages":0,"published":3,"reconnects":0,"refused":{"json":1},"refused_connections":0,"#
      + #""silent_streams":0,"streams":1}},"sig":1,"streams":{"ecg/bed":7},"t_us":2000000}"#,
  ]

  /// 128 frames of the stream `bed`, from its frame 10 on.
  private static let recordings = Result {
    let block = SegmentBlock(
      run: 1, stream: "bed", epoch: 0, firstFrame: 10, microseconds: 1_000_000, sampleRateHz: 100, channels: 1,
      units: "mV", samples: [Float](repeating: 0, count: 128))
    var bytes: [UInt8] = []
    block.appendEncoded(to: &bytes)
    let file = "x\(SegmentFile.suffix)"
    return try SegmentFolder(path: String(Scratch.write(bytes, file).dropLast(file.count + 1)))
  }
}
