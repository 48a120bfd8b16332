import Classifier

/// The live path's counters as metrics, with the names and units that Prometheus's conventions ask for. What each means is
/// told in docs/operations.md.
struct PipelineMetrics {
  let feeds: [(feed: String, counts: FeedCounts)]
  /// By feed, what was recorded; empty where nothing is.
  let recorded: [String: RecordCounts]
  /// Windows of each feed that wait.
  let waiting: [Int]
  /// Results that wait for the history.
  let historyWaiting: Int
  let stages: [(stage: StageTimes.Stage, times: Histogram)]
  /// Of each feed's model: its identity.
  let models: [(feed: String, identity: String, precision: String)]
  /// When the configuration was read last, and whether it was taken.
  let reload: Reloads.Outcome
  /// Whether it is ready.
  let isReady: Bool

  var text: String {
    var metrics = MetricsText()
    input(&metrics)
    windows(&metrics)
    streams(&metrics)
    if !recorded.isEmpty { recordings(&metrics) }
    service(&metrics)
    return metrics.text
  }

  private func input(_ metrics: inout MetricsText) {
    counter(&metrics, "sigstreamd_input_messages_total", "Messages that were understood.", \.messages)
    counter(
      &metrics, "sigstreamd_input_samples_total", "Samples in messages that were understood, of all channels.",
      \.samples)
    counter(
      &metrics, "sigstreamd_input_other_messages_total", "Messages that carry no samples and were passed over.",
      \.otherMessages)
    let lost = "sigstreamd_input_lost_samples_total"
    metrics.family(
      lost, .counter, "Samples that never came (missing), were not finite (masked) or came too late (late).")
    for (feed, counts) in feeds {
      let reasons = [
        ("missing", counts.missingSamples), ("masked", counts.maskedSamples), ("late", counts.lateSamples),
      ]
      for (reason, count) in reasons { metrics.sample(lost, [("feed", feed), ("reason", reason)], count) }
    }
    let refused = "sigstreamd_input_refused_messages_total"
    metrics.family(refused, .counter, "Messages that were refused.")
    for (feed, counts) in feeds {
      for (reason, count) in Self.refusals(counts).sorted(by: { $0.key < $1.key }) {
        metrics.sample(refused, [("feed", feed), ("reason", reason)], count)
      }
    }
    counter(
      &metrics, "sigstreamd_input_duplicate_samples_total", "Samples that came again and were passed over.",
      \.duplicateSamples)
    counter(
      &metrics, "sigstreamd_input_reconnects_total", "Connections made anew after one was lost.", \.reconnects)
    counter(
      &metrics, "sigstreamd_input_refused_connections_total", "Peers that were not let in.", \.refusedConnections)
  }

  /// By reason: those of docs/wire.md, so that a rate counts the first refusal too.
  private static func refusals(_ counts: FeedCounts) -> [String: Int] {
    let known = ["channels", "frames", "header", "length", "rate", "shape", "size", "source", "streams", "type"]
    return Dictionary(uniqueKeysWithValues: known.map { ($0, 0) }).merging(counts.badMessages) { $1 }
  }

  private func windows(_ metrics: inout MetricsText) {
    counter(&metrics, "sigstreamd_windows_formed_total", "Windows that were cut.", \.formed)
    let windows = "sigstreamd_windows_total"
    metrics.family(windows, .counter, "Windows by what became of them; failed ones were sent, without a label.")
    for (feed, counts) in feeds {
      let outcomes = [
        ("published", counts.published - counts.failed), ("expired", counts.expired), ("dropped", counts.dropped),
        ("failed", counts.failed),
      ]
      for (outcome, count) in outcomes { metrics.sample(windows, [("feed", feed), ("outcome", outcome)], count) }
    }
    counter(&metrics, "sigstreamd_windows_late_total", "Windows that were sent past their deadline.", \.late)
    counter(
      &metrics, "sigstreamd_history_lost_results_total", "Results that the history could not take.", \.historyLost)
    metrics.family("sigstreamd_history_waiting_results", .gauge, "Results that wait for the history.")
    metrics.sample("sigstreamd_history_waiting_results", [], historyWaiting)
    let age = "sigstreamd_window_age_seconds"
    metrics.family(age, .histogram, "From the acquisition of a window's last sample to its result being sent.")
    for (feed, counts) in feeds { metrics.histogram(age, [("feed", feed)], counts.ages) }
    let queue = "sigstreamd_queue_windows"
    metrics.family(queue, .gauge, "Windows that wait for a worker.")
    for ((feed, _), count) in zip(feeds, waiting) { metrics.sample(queue, [("feed", feed)], count) }
    let stage = "sigstreamd_stage_duration_seconds"
    metrics.family(stage, .histogram, "What a batch took in a stage.")
    for (name, times) in stages { metrics.histogram(stage, [("stage", name.rawValue)], times) }
  }

  private func streams(_ metrics: inout MetricsText) {
    perFeed(&metrics, .gauge, "sigstreamd_streams", "Streams there are.", \.streams)
    counter(
      &metrics, "sigstreamd_stream_restarts_total", "Streams that began anew because their numbers did not advance.",
      \.restarts)
    perFeed(&metrics, .gauge, "sigstreamd_silent_streams", "Streams that say nothing.", \.silentStreams)
    counter(&metrics, "sigstreamd_forgotten_streams_total", "Streams whose memory was freed.", \.forgottenStreams)
  }

  private func recordings(_ metrics: inout MetricsText) {
    let families: [(String, MetricsText.Kind, String, KeyPath<RecordCounts, Int>)] = [
      ("sigstreamd_recorded_samples_total", .counter, "Samples that were written into recordings.", \.written),
      ("sigstreamd_record_lost_samples_total", .counter, "Samples that recordings could not take.", \.lost),
      ("sigstreamd_record_bytes", .gauge, "What the feed's recordings take.", \.bytes),
    ]
    for (name, kind, help, value) in families {
      metrics.family(name, kind, help)
      for (feed, counts) in recorded.sorted(by: { $0.key < $1.key }) {
        metrics.sample(name, [("feed", feed)], counts[keyPath: value])
      }
    }
  }

  private func service(_ metrics: inout MetricsText) {
    metrics.family("sigstreamd_ready", .gauge, "1 when /readyz says so.")
    metrics.sample("sigstreamd_ready", [], isReady ? 1 : 0)
    metrics.family("sigstreamd_build_info", .gauge, "The program; always 1.")
    metrics.sample("sigstreamd_build_info", [("version", Sigstreamd.version)], 1)
    metrics.family("sigstreamd_model_info", .gauge, "The model of each feed; always 1.")
    for model in models {
      let labels = [("feed", model.feed), ("model", model.identity), ("precision", model.precision)]
      metrics.sample("sigstreamd_model_info", labels, 1)
    }
    let successful = "sigstreamd_config_last_reload_successful"
    metrics.family(successful, .gauge, "1 when the configuration that was read last was taken.")
    metrics.sample(successful, [], reload.isSuccessful ? 1 : 0)
    let time = "sigstreamd_config_last_reload_success_timestamp_seconds"
    metrics.family(time, .gauge, "When a configuration was taken last, in seconds since 1970.")
    metrics.sample(time, [], Double(reload.lastSuccessMicroseconds) * 1e-6)
    metrics.family("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
    metrics.sample("process_resident_memory_bytes", [], ProcessFigures.residentBytes)
    metrics.family("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
    metrics.sample("process_cpu_seconds_total", [], ProcessFigures.cpuSeconds)
    metrics.family("process_open_fds", .gauge, "Number of open file descriptors.")
    metrics.sample("process_open_fds", [], ProcessFigures.openDescriptors)
  }

  private func counter(
    _ metrics: inout MetricsText, _ name: String, _ help: String, _ value: KeyPath<FeedCounts, Int>
  ) {
    perFeed(&metrics, .counter, name, help, value)
  }

  private func perFeed(
    _ metrics: inout MetricsText, _ kind: MetricsText.Kind, _ name: String, _ help: String,
    _ value: KeyPath<FeedCounts, Int>
  ) {
    metrics.family(name, kind, help)
    for (feed, counts) in feeds { metrics.sample(name, [("feed", feed)], counts[keyPath: value]) }
  }
}

extension PipelineMetrics {
  init(_ pipeline: Pipeline, reload: Reloads.Outcome, isReady: Bool) {
    let live = pipeline.live
    feeds = live.map { ($0.name, $0.counters.counts) }
    recorded =
      pipeline.recorder.map { recorder in
        let counts = recorder.counts
        return Dictionary(uniqueKeysWithValues: live.map { ($0.name, counts[$0.name] ?? RecordCounts()) })
      } ?? [:]
    waiting = live.map(pipeline.waiting)
    historyWaiting = pipeline.historyWaiting
    stages = StageTimes.Stage.allCases.map { ($0, pipeline.times.histogram($0)) }
    let precision = pipeline.configuration.precision.rawValue
    models = live.compactMap { feed in pipeline.identity(of: feed).map { (feed.name, $0, precision) } }
    self.reload = reload
    self.isReady = isReady
  }
}
