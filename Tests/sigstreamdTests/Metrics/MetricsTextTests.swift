import Testing

@testable import sigstreamd

struct MetricsTextTests {
  /// As the format's description has it: https://prometheus.io/docs/instrumenting/exposition_formats/.
  @Test func familiesAndSamplesAreLines() {
    var metrics = MetricsText()
    metrics.family("lost_total", .counter, "What was lost.\nAll \\ of it.")
    metrics.sample("lost_total", [("feed", "e\"c\\g\n"), ("reason", "late")], 3)
    metrics.sample("share", [], 0.5)
    #expect(
      metrics.text == #"""
        # HELP lost_total What was lost.\nAll \\ of it.
        # TYPE lost_total counter
        lost_total{feed="e\"c\\g\n",reason="late"} 3
        share 0.5

        """#)
  }

  /// By a publisher's clock that is ahead. A sum that falls would be taken for a counter that was started anew.
  @Test func aTimeBelowZeroCountsAsNone() {
    var histogram = Histogram()
    for seconds in [0.25, -9e9, -0.1] { histogram.add(seconds) }
    #expect(histogram.sum == 0.25 && histogram.total == 3 && histogram.counts[0] == 2)
  }

  /// Buckets hold everything up to their bound, the last one all.
  @Test func bucketsAddUp() {
    var histogram = Histogram()
    for seconds in [0.0005, 0.001, 0.3, 60] { histogram.add(seconds) }
    var metrics = MetricsText()
    metrics.histogram("age_seconds", [("feed", "a")], histogram)
    let lines = metrics.text.split(separator: "\n").map(String.init)
    #expect(lines.first == "age_seconds_bucket{feed=\"a\",le=\"0.001\"} 2")
    #expect(lines.contains("age_seconds_bucket{feed=\"a\",le=\"0.25\"} 2"))
    #expect(lines.contains("age_seconds_bucket{feed=\"a\",le=\"0.5\"} 3"))
    #expect(lines.contains("age_seconds_bucket{feed=\"a\",le=\"10.0\"} 3"))
    #expect(
      lines.suffix(3) == [
        "age_seconds_bucket{feed=\"a\",le=\"+Inf\"} 4", "age_seconds_sum{feed=\"a\"} 60.3015",
        "age_seconds_count{feed=\"a\"} 4",
      ])
  }
}
