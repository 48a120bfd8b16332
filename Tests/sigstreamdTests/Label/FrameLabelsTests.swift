import Classifier
import Testing

@testable import sigstreamd

struct FrameLabelsTests {
  private func window(_ start: Int, _ label: String?) -> LabelledFrames {
    LabelledFrames(frames: start..<start + 100, label: label)
  }

  private func text(_ labels: FrameLabels) -> [String] {
    labels.labelled.map { "\($0.frames.lowerBound)-\($0.frames.upperBound) \($0.label)" }
  }

  @Test func eachFrameHasTheLabelOfTheNearestCentre() {
    // Centres 50, 90, 130; halfway between them 70 and 110.
    let labels = FrameLabels(windows: [window(0, "N"), window(80, "V"), window(40, "N")])
    #expect(text(labels) == ["0-110 N", "110-180 V"])
  }

  @Test func windowsInDoubtGiveNoLabelAndGapsStay() {
    let labels = FrameLabels(windows: [window(0, "N"), window(40, nil), window(300, "V")])
    #expect(text(labels) == ["0-70 N", "300-400 V"])
  }

  @Test func correctionsReplaceWhatTheyCover() {
    var labels = FrameLabels(windows: [window(0, "N"), window(100, nil), window(200, "N")])
    labels.set(90..<150, to: "V")
    #expect(text(labels) == ["0-90 N", "90-150 V", "200-300 N"])
    labels.set(0..<300, to: "S")
    #expect(text(labels) == ["0-300 S"])
  }

  @Test func momentsCorrectTheIntervalTheyLieIn() {
    var labels = FrameLabels(windows: [window(0, "N"), window(100, nil)])
    // 120 and 160 share the second interval: the frames up to 139 are nearer to the first; 140 is as near to both.
    labels.set(moments: [(160, "V"), (120, "S"), (500, "V")])
    #expect(text(labels) == ["0-100 N", "100-140 S", "140-200 V"])
  }

  @Test func momentsLabelTheFramesOfTheirIntervalThatAreNearest() {
    var generator = SplitMix64(seed: 3)
    for _ in 0..<100 {
      let windows = (0..<8).map { _ in window(Int.random(in: 0..<800, using: &generator), nil) }
      let frames = Array(-50..<950).shuffled(using: &generator).prefix(40)
      let before = FrameLabels(windows: windows)
      var after = before
      after.set(moments: frames.map { ($0, "\($0)") })
      // Frame by frame; of two that are as near, the later.
      var expected: [Int: String] = [:]
      for interval in before.intervals {
        let inside = frames.filter { interval.frames.contains($0) }.sorted(by: >)
        for frame in interval.frames {
          expected[frame] = inside.min { abs($0 - frame) < abs($1 - frame) }.map { "\($0)" }
        }
      }
      var labels: [Int: String] = [:]
      for (frames, label) in after.labelled {
        for frame in frames { labels[frame] = label }
      }
      #expect(labels == expected)
    }
  }

  /// The beats of a day: each compared with each window, they take hours.
  @Test(.timeLimit(.minutes(5)))
  func momentsTakeATimeInProportionToTheirNumber() {
    let count = 100_000
    var labels = FrameLabels(windows: (0..<count).map { window(100 * $0, nil) })
    labels.set(moments: (0..<count).map { (100 * $0 + 50, $0.isMultiple(of: 2) ? "N" : "V") })
    let intervals = labels.labelled
    #expect(intervals.count == count)
    #expect(intervals.allSatisfy { $0.frames.count == 100 })
    #expect(intervals.map(\.label).prefix(3) == ["N", "V", "N"])
  }
}
