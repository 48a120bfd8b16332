import StreamIO
import Windowing

/// A recording, read block by block as windows are cut from it: with the channels asked for, filtered and resampled. What is
/// missing, or made of missing samples, is NaN.
struct RecordingBlocks {
  /// Of each frame that is handed out.
  let channels: Int
  private var source: any RecordingSource
  // nil: all.
  private let columns: [Int]?
  private let conditioning: SignalConditioning?

  /// Samples of a block that is read, of all channels: a megabyte.
  private static let blockSamples = 1 << 18
  /// Tables are read fastest in multiples of so many frames.
  private static let frameStep = 4096

  /// What could not be read so far and is missing.
  var damage: FileError? { source.header.damage }

  init(_ source: any RecordingSource, columns: [Int]? = nil, conditioning: SignalConditioning? = nil) {
    (self.source, self.columns, self.conditioning) = (source, columns, conditioning)
    channels = columns?.count ?? source.header.channels.count
  }

  /// Hands out all frames in order, `[n, channels]` at a time.
  ///
  /// - Throws: `FileError` where the recording can't be read, or what `body` throws.
  mutating func forEach(_ body: ([Float]) throws -> Void) throws {
    var conditioner = conditioning.map { [channels] in RecordingConditioner($0, channels: channels) }
    let (width, count) = (source.header.channels.count, source.header.frameCount)
    let step = max(Self.frameStep, Self.blockSamples / width / Self.frameStep * Self.frameStep)
    for start in stride(from: 0, to: count, by: step) {
      var samples = try source.read(frames: start..<min(start + step, count))
      if let columns { samples = samples.gathering(columns, of: width) }
      guard conditioner != nil else {
        try body(samples)
        continue
      }
      let masked = samples.framesWithMissingSamples(channels: channels)
      for index in samples.indices where !samples[index].isFinite { samples[index] = 0 }
      var output: [Float] = []
      conditioner?.append(samples.span, maskedFrames: masked) { mark($0, $1, into: &output) }
      try body(output)
    }
    var rest: [Float] = []
    conditioner?.finish { mark($0, $1, into: &rest) }
    if !rest.isEmpty { try body(rest) }
  }

  private func mark(_ frames: Span<Float>, _ maskedFrames: [Int], into output: inout [Float]) {
    let start = output.count
    frames.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    for frame in maskedFrames {
      for channel in 0..<channels { output[start + frame * channels + channel] = .nan }
    }
  }
}

extension [Float] {
  /// The frames, in ascending order, in which a channel has no finite sample.
  func framesWithMissingSamples(channels: Int) -> [Int] {
    var frames: [Int] = []
    for (index, sample) in enumerated() where !sample.isFinite {
      let frame = index / channels
      if frames.last != frame { frames.append(frame) }
    }
    return frames
  }
}
