import Classifier
import StreamIO
import Windowing

/// Finds the labelled windows of some recordings, one after the other, whose samples go into one store. What it keeps of them
/// is where they lie.
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
  /// What was found.
  private(set) var table = WindowTable()
  private var current: Current?

  /// The recording that is being cut.
  fileprivate struct Current {
    let labeller: WindowLabeller
    let name: String
    /// Where in the store its first stored frame is.
    let place: Int
    var window: SlidingWindow
    /// Frames so far.
    var frames = 0
    /// Frames with missing samples, in ascending order.
    var missing: [Range<Int>] = []
  }

  init(geometry: WindowGeometry, labelling: WindowLabelling, placement: Placement = .sliding) {
    self.geometry = geometry
    self.labelling = labelling
    self.placement = placement
  }

  /// Begins a recording.
  ///
  /// - Parameters:
  ///   - spans: its labels.
  ///   - place: the store's samples so far.
  mutating func begin(_ name: String, spans: [LabelSpan], at place: Int) {
    current = Current(
      labeller: WindowLabeller(labelling, spans: spans), name: name, place: place, window: SlidingWindow(geometry))
  }

  /// Takes the recording's next frames, `[n, channels]`, in which missing samples are not finite. Sliding windows are cut as
  /// those of a live stream are.
  ///
  /// - Returns: those of 0..<n that belong into the store.
  mutating func append(_ frames: [Float]) -> Range<Int> {
    guard var current else { preconditionFailure("a recording begins before it has frames") }
    let count = frames.count / geometry.channels
    let missing = frames.framesWithMissingSamples(channels: geometry.channels)
    let first = current.frames
    current.frames += count
    defer { self.current = current }
    guard placement == .sliding else {
      current.note(missing.map { first + $0 })
      guard case .start(let offset) = placement else { return 0..<count }
      return (offset..<offset + geometry.lengthSamples).clamped(to: first..<first + count).shifted(by: -first)
    }
    var window = current.window
    window.append(frames.span, maskedFrames: missing) { start, isMasked, _ in
      let label = current.labeller.classIndex(start: start, end: start + geometry.lengthSamples)
      add(label, isMasked: isMasked, current, startSample: start, storedFrom: 0)
    }
    current.window = window
    return 0..<count
  }

  /// Ends the recording.
  ///
  /// - Returns: how many frames of zeros belong into the store behind it.
  mutating func finish() -> Int {
    guard let current else { preconditionFailure("a recording begins before it ends") }
    self.current = nil
    let length = geometry.lengthSamples
    switch placement {
    case .sliding: return 0
    case .events(let offset):
      for (span, label) in current.labeller.spans {
        let start = span.start + offset
        guard start >= 0, start + length <= current.frames else { continue }
        let isMasked = current.isMissing(in: start..<start + length)
        add(label, isMasked: isMasked, current, startSample: start, storedFrom: 0)
      }
      return 0
    case .start(let offset):
      guard offset < current.frames else { return 0 }
      let end = min(offset + length, current.frames)
      let label = current.labeller.classIndex(start: offset, end: end)
      add(
        label, isMasked: current.isMissing(in: offset..<end), current, startSample: offset, storedFrom: offset,
        valid: end - offset)
      return length - (end - offset)
    }
  }

  /// Keeps a window that is one to learn from; counts it where it is not.
  private mutating func add(
    _ label: Int?, isMasked: Bool, _ recording: Current, startSample: Int, storedFrom: Int, valid: Int? = nil
  ) {
    guard let label else { return table.unlabelled += 1 }
    guard !isMasked else { return table.incomplete += 1 }
    table.starts.append(recording.place + (startSample - storedFrom) * geometry.channels)
    table.labels.append(label)
    table.valid.append(valid ?? geometry.lengthSamples)
    table.sources.append(Source(record: recording.name, startSample: startSample))
  }
}

extension WindowCutter.Current {
  fileprivate mutating func note(_ frames: [Int]) {
    for frame in frames {
      if missing.last?.upperBound == frame {
        missing[missing.count - 1] = missing[missing.count - 1].lowerBound..<frame + 1
      } else {
        missing.append(frame..<frame + 1)
      }
    }
  }

  fileprivate func isMissing(in frames: Range<Int>) -> Bool {
    let first = missing.partitionIndex { $0.upperBound > frames.lowerBound }
    return first < missing.count && missing[first].lowerBound < frames.upperBound
  }
}

extension Range<Int> {
  fileprivate func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}

/// Windows by where they lie: of one part of a dataset.
struct WindowTable: Sendable, Equatable {
  /// The index of each one's first sample in the store, `[N]`.
  var starts: [Int] = []
  /// `[N]`
  var labels: [Int] = []
  /// Frames that are not padding, `[N]`
  var valid: [Int] = []
  /// `[N]`
  var sources: [WindowCutter.Source] = []
  /// Windows left out because no annotation in them stands for a class.
  var unlabelled = 0
  /// Windows left out because samples are missing in them.
  var incomplete = 0

  /// The windows of the table, whose samples are in `store`.
  func windows(in store: SampleStore, length: Int, channels: Int, traits: WindowTraits? = nil) -> LabelledWindows {
    LabelledWindows(
      in: store, starts: starts, windowSamples: length, channels: channels, labels: labels,
      valid: valid.contains { $0 < length } ? valid : nil, traits: traits)
  }
}
