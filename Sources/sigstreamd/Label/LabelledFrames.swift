/// Frames of a recording that have one label, or are known to have none yet.
struct LabelledFrames: Sendable, Equatable {
  var frames: Range<Int>
  /// Nil: in doubt.
  var label: String?
}

/// The labels of a recording's frames: intervals that do not overlap, in order.
struct FrameLabels: Sendable, Equatable {
  private(set) var intervals: [LabelledFrames] = []

  /// Gives each frame the label of the window whose centre is nearest.
  ///
  /// - Parameter windows: of the recording, in any order; they may overlap.
  init(windows: [LabelledFrames]) {
    func centre(_ window: LabelledFrames) -> Int { (window.frames.lowerBound + window.frames.upperBound) / 2 }
    let sorted = windows.sorted { centre($0) < centre($1) }
    for (index, window) in sorted.enumerated() {
      var frames = window.frames
      if index > 0, sorted[index - 1].frames.upperBound > frames.lowerBound {
        frames = max(frames.lowerBound, (centre(sorted[index - 1]) + centre(window)) / 2)..<frames.upperBound
      }
      if index + 1 < sorted.count, sorted[index + 1].frames.lowerBound < frames.upperBound {
        let end = min(frames.upperBound, (centre(window) + centre(sorted[index + 1])) / 2)
        frames = frames.lowerBound..<max(frames.lowerBound, end)
      }
      if !frames.isEmpty { intervals.append(LabelledFrames(frames: frames, label: window.label)) }
    }
  }

  /// Replaces what was said of some frames.
  mutating func set(_ frames: Range<Int>, to label: String) {
    var changed: [LabelledFrames] = []
    for interval in intervals {
      let before =
        interval.frames.lowerBound..<max(interval.frames.lowerBound, min(interval.frames.upperBound, frames.lowerBound))
      let behind =
        min(interval.frames.upperBound, max(interval.frames.lowerBound, frames.upperBound))..<interval.frames.upperBound
      for part in [before, behind] where !part.isEmpty {
        changed.append(LabelledFrames(frames: part, label: interval.label))
      }
    }
    changed.append(LabelledFrames(frames: frames, label: label))
    intervals = changed.sorted { $0.frames.lowerBound < $1.frames.lowerBound }
  }

  /// Corrects the interval that each moment lies in: its frames get the label of the nearest moment.
  mutating func set(moments: [(frame: Int, label: String)]) {
    var rest = moments.sorted { $0.frame < $1.frame }[...]
    var corrected: [LabelledFrames] = []
    for interval in intervals {
      rest = rest.drop { $0.frame < interval.frames.lowerBound }
      let inside = rest.prefix { $0.frame < interval.frames.upperBound }
      rest = rest.dropFirst(inside.count)
      if inside.isEmpty {
        corrected.append(interval)
      } else {
        corrected += Self.split(interval.frames, at: inside)
      }
    }
    intervals = corrected
  }

  /// - Parameter moments: which lie in `frames`, in order.
  private static func split(
    _ frames: Range<Int>, at moments: ArraySlice<(frame: Int, label: String)>
  ) -> [LabelledFrames] {
    let ends = zip(moments, moments.dropFirst()).map { ($0.frame + $1.frame + 1) / 2 } + [frames.upperBound]
    var parts: [LabelledFrames] = []
    var start = frames.lowerBound
    for (moment, end) in zip(moments, ends) {
      if start < end { parts.append(LabelledFrames(frames: start..<end, label: moment.label)) }
      start = end
    }
    return parts
  }

  /// Those that have a label, neighbours with the same one as one.
  var labelled: [(frames: Range<Int>, label: String)] {
    var result: [(frames: Range<Int>, label: String)] = []
    for interval in intervals {
      guard let label = interval.label else { continue }
      if let last = result.last, last.label == label, last.frames.upperBound == interval.frames.lowerBound {
        result[result.count - 1].frames = last.frames.lowerBound..<interval.frames.upperBound
      } else {
        result.append((interval.frames, label))
      }
    }
    return result
  }
}
