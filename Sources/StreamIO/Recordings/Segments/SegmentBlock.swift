/// Some consecutive samples of one stream: what a segment file is made of.
@dynamicMemberLookup
package struct SegmentBlock: Sendable, Equatable {
  package var head: SegmentHead
  /// `[frames, channels]` in physical units; missing ones are NaN.
  package var samples: [Float]

  init(_ head: SegmentHead, samples: [Float]) { (self.head, self.samples) = (head, samples) }

  package init(
    run: Int64, stream: String, epoch: Int, firstFrame: Int, microseconds: Int64, sampleRateHz: Double, channels: Int,
    units: String, samples: [Float]
  ) {
    let head = SegmentHead(
      run: run, stream: stream, epoch: epoch, firstFrame: firstFrame, microseconds: microseconds,
      sampleRateHz: sampleRateHz, channels: channels, units: units)
    self.init(head, samples: samples)
  }

  package subscript<Value>(dynamicMember field: WritableKeyPath<SegmentHead, Value>) -> Value {
    get { head[keyPath: field] }
    set { head[keyPath: field] = newValue }
  }

  package var frames: Int { samples.count / head.channels }

  /// The bytes of the block in a file: head, names, samples.
  package func appendEncoded(to bytes: inout [UInt8]) {
    let content = samples.littleEndianBytes
    head.appendEncoded(
      to: &bytes, contentBytes: UInt32(content.count), contentChecksum: Inflate.checksum(content))
    bytes += content
  }
}
