import Classifier
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

  /// Where in a recording windows are cut.
  enum Placement: Sendable, Equatable {
    /// One every hop.
    case sliding
    /// One at each label, that begins so many frames after it (before it, where negative) and has its class.
    case events(offsetSamples: Int)
    /// One, that begins so many frames after the recording's start; a recording that ends in it is padded with zeros.
    case start(offsetSamples: Int)
  }

  let geometry: WindowGeometry
  let labelling: WindowLabelling
  let placement: Placement

  /// `[N, length, channels]`
  private(set) var samples: [Float] = []
  /// `[N]`
  private(set) var labels: [Int] = []
  /// Frames that are not padding, `[N]`
  private(set) var valid: [Int] = []
  /// `[N]`
  private(set) var sources: [Source] = []
  /// Windows without an annotation that counts.
  private(set) var unlabelled = 0
  /// Windows with an annotation that counts, but with missing samples.
  private(set) var incomplete = 0

  init(geometry: WindowGeometry, labelling: WindowLabelling, placement: Placement = .sliding) {
    self.geometry = geometry
    self.labelling = labelling
    self.placement = placement
  }

  /// The windows so far.
  var windows: LabelledWindows {
    LabelledWindows(
      samples: samples, windowSamples: geometry.lengthSamples, channels: geometry.channels, labels: labels,
      valid: valid.contains { $0 < geometry.lengthSamples } ? valid : nil)
  }

  /// Adds the windows of `recording`, the sliding ones cut as those of a live stream are.
  ///
  /// - Parameter spans: its labels.
  /// - Precondition: the recording has the geometry's number of channels.
  mutating func add(_ recording: Recording, spans: [LabelSpan], name: String) {
    precondition(recording.channels.count == geometry.channels, "the caller selects the channels")
    let labeller = WindowLabeller(labelling, spans: spans)
    switch placement {
    case .sliding:
      var window = SlidingWindow(geometry)
      window.append(recording.samples.span, maskedFrames: recording.framesWithMissingSamples) {
        start, isMasked, frames in
        let label = labeller.classIndex(start: start, end: start + geometry.lengthSamples)
        guard accepts(label, isMasked: isMasked), let label else { return }
        frames.withUnsafeBufferPointer { samples.append(contentsOf: $0) }
        keep(label, Source(record: name, startSample: start), valid: geometry.lengthSamples)
      }
    case .events(let offset):
      for (span, label) in labeller.spans {
        let start = span.start + offset
        guard start >= 0, start + geometry.lengthSamples <= recording.frameCount else { continue }
        add(
          recording.read(frames: start..<start + geometry.lengthSamples), label,
          Source(record: name, startSample: start))
      }
    case .start(let offset):
      guard offset < recording.frameCount else { return }
      let end = min(offset + geometry.lengthSamples, recording.frameCount)
      let label = labeller.classIndex(start: offset, end: end)
      add(recording.read(frames: offset..<end), label, Source(record: name, startSample: offset))
    }
  }

  private mutating func add(_ frames: [Float], _ label: Int?, _ source: Source) {
    guard accepts(label, isMasked: !frames.allSatisfy(\.isFinite)), let label else { return }
    let missing = geometry.lengthSamples * geometry.channels - frames.count
    samples += frames + [Float](repeating: 0, count: missing)
    keep(label, source, valid: frames.count / geometry.channels)
  }

  /// Whether a window is one to learn from; counts it where not.
  private mutating func accepts(_ label: Int?, isMasked: Bool) -> Bool {
    if label == nil { unlabelled += 1 } else if isMasked { incomplete += 1 }
    return label != nil && !isMasked
  }

  private mutating func keep(_ label: Int, _ source: Source, valid: Int) {
    labels.append(label)
    sources.append(source)
    self.valid.append(valid)
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
