import Foundation
import Logging
import StreamIO
import Testing

@testable import sigstreamd

struct RecorderTests {
  private func block(_ samples: Int) -> SegmentBlock {
    SegmentBlock(
      run: 1, stream: "bed", epoch: 0, firstFrame: 0, microseconds: 0, sampleRateHz: 10, channels: 1, units: "",
      samples: [Float](repeating: 0, count: samples))
  }

  /// After a stall of the disc: a write ends with the block that makes it 16 MiB.
  @Test func whatHasWaitedIsWrittenInPieces() {
    let blocks = [3, 3, 3, 5, 1].map { block($0 << 20) }  // 12, 12, 12, 20 and 4 MiB
    #expect(Recorder.pieces(of: blocks).map { $0.map { $0.samples.count >> 20 } } == [[3, 3], [3, 5], [1]])
    #expect(Recorder.pieces(of: []).isEmpty)
  }

  /// The metric of what the files take is right before the first sample is written.
  @Test func whatTheFilesTakeIsKnownFromTheStart() throws {
    let folder = try DatasetFolder()
    let writer = try SegmentWriter(folder: "\(folder.path)/ecg", largestFileBytes: 1 << 20, keptBytes: 1 << 30)
    try writer.append([block(1000)])
    try FileManager.default.createDirectory(atPath: "\(folder.path)/other", withIntermediateDirectories: true)
    let recorder = Recorder(RecordConfiguration(path: folder.path), clock: .system, logger: Logger(label: "test"))
    let thread = try recorder.start()
    #expect(recorder.counts == ["ecg": RecordCounts(bytes: writer.totalBytes)])
    recorder.finish()
    #expect(thread.join(untilNanoseconds: .max))
  }
}
