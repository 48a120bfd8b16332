import StreamIO
import Windowing

/// The labelled windows of some recordings, one after the other.
struct WindowCutter {
  /// Where a window comes from.
  struct Source: Sendable, Equatable {
    /// The record's name.
    var record: String
    /// The window's first frame in the record.
    var startSample: Int
  }

  let geometry: WindowGeometry
  let labelling: WindowLabelling

  /// `[N, length, channels]`
  private(set) var samples: [Float] = []
  /// `[N]`
  private(set) var labels: [Int] = []
  /// `[N]`
  private(set) var sources: [Source] = []
  /// Windows without an annotation that counts.
  private(set) var unlabelled = 0
  /// Windows with an annotation that counts, but with missing samples.
  private(set) var incomplete = 0

  init(geometry: WindowGeometry, labelling: WindowLabelling) {
    self.geometry = geometry
    self.labelling = labelling
  }

  /// Makes room for the windows of recordings of so many frames, so that adding them copies nothing twice.
  mutating func reserve(frames: [Int]) {
    let windows = frames.reduce(0) { $0 + max(0, ($1 - geometry.lengthSamples) / geometry.hopSamples + 1) }
    samples.reserveCapacity(samples.count + windows * geometry.lengthSamples * geometry.channels)
  }

  /// Adds the windows of `recording`, cut as those of a live stream are.
  ///
  /// - Precondition: the recording has the geometry's number of channels.
  mutating func add(_ recording: Recording, name: String) {
    precondition(recording.channels.count == geometry.channels, "the caller selects the channels")
    let labeller = WindowLabeller(labelling, annotations: recording.annotations)
    var window = SlidingWindow(geometry)
    window.append(recording.samples.span, maskedFrames: recording.framesWithMissingSamples) { start, isMasked, frames in
      guard let label = labeller.classIndex(start: start, end: start + geometry.lengthSamples) else {
        unlabelled += 1
        return
      }
      guard !isMasked else {
        incomplete += 1
        return
      }
      frames.withUnsafeBufferPointer { samples.append(contentsOf: $0) }
      labels.append(label)
      sources.append(Source(record: name, startSample: start))
    }
  }
}

extension Recording {
  /// The frames, in ascending order, in which a channel has no finite sample.
  var framesWithMissingSamples: [Int] {
    var frames: [Int] = []
    for (index, sample) in samples.enumerated() where !sample.isFinite {
      let frame = index / channels.count
      if frames.last != frame { frames.append(frame) }
    }
    return frames
  }
}
