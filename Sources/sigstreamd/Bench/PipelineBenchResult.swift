import Classifier
import Foundation
import Windowing

/// What `PipelineBench` found: medians over its rounds.
struct PipelineBenchResult: Encodable {
  /// One phase of a round, from its first sample to its last result.
  struct Load: Encodable {
    let windowsPerSecond: Double
    let samplesPerSecond: Double
    /// Samples that the feed's thread decodes and cuts into windows in a second of its CPU time: what it would do with a
    /// core to itself.
    let samplesPerFeedCPUSecond: Double
    /// From the sending of a window's last sample to the receipt of its result.
    let ageMilliseconds: Ages
    /// CPU time by the threads' roles, as a share of one core.
    let cores: [String: Double]

    struct Ages: Encodable {
      let p50, p99, largest: Double
    }

    init(windows: Int, samples: Int, seconds: Double, ages: LatencyHistogram, cpuSeconds: [String: Double]) {
      windowsPerSecond = Double(windows) / seconds
      samplesPerSecond = Double(samples) / seconds
      samplesPerFeedCPUSecond = Double(samples) / max(1e-9, cpuSeconds["feed"] ?? 0)
      func milliseconds(_ q: Double) -> Double { Double(ages.quantile(q) ?? 0) / 1000 }
      ageMilliseconds = Ages(p50: milliseconds(0.5), p99: milliseconds(0.99), largest: milliseconds(1))
      cores = cpuSeconds.mapValues { $0 / seconds }
    }
  }

  struct Round {
    let inferenceWindowsPerSecond: Double?
    let capacity: Load
    let atLoad: Load
  }

  struct Windows: Encodable {
    let formed, published, expired, dropped, received, lost, unreadable: Int
  }

  /// The checkpoint's SHA-256; nil for the stand-in.
  let model: String?
  let precision: Precision?
  let windowSamples: Int
  let hopSamples: Int
  let channels: Int
  let messageSamples: Int
  let streams: Int
  let batch: Int
  let workers: Int
  let maxDelayMilliseconds: Double
  let load: Double
  /// The round with the median windows per second.
  let capacity: Load
  /// The round with the median p99.
  let atLoad: Load
  /// What `bench inference` delivers with as many threads.
  let inferenceWindowsPerSecond: Double?
  /// The capacity as a share of that; the median of the rounds' ratios.
  let shareOfInference: Double?
  let windows: Windows

  init(_ bench: PipelineBench, _ rounds: [Round], _ windows: Windows) {
    model = bench.model?.model.identity
    precision = bench.model?.precision
    windowSamples = bench.geometry.lengthSamples
    hopSamples = bench.geometry.hopSamples
    channels = bench.geometry.channels
    messageSamples = bench.framesPerMessage
    (streams, batch, workers, load) = (bench.streams, bench.batch, bench.workers, bench.load)
    maxDelayMilliseconds = bench.maximumDelay.inSeconds * 1000
    func median<Element>(_ elements: [Element], by key: (Element) -> Double) -> Element? {
      elements.isEmpty ? nil : elements.sorted { key($0) < key($1) }[elements.count / 2]
    }
    guard let capacity = median(rounds.map(\.capacity), by: \.windowsPerSecond),
      let atLoad = median(rounds.map(\.atLoad), by: \.ageMilliseconds.p99)
    else { preconditionFailure("there is no result without a round") }
    (self.capacity, self.atLoad, self.windows) = (capacity, atLoad, windows)
    inferenceWindowsPerSecond = median(rounds.compactMap(\.inferenceWindowsPerSecond)) { $0 }
    let ratios = rounds.compactMap { round in
      round.inferenceWindowsPerSecond.map { round.capacity.windowsPerSecond / $0 }
    }
    shareOfInference = median(ratios) { $0 }
  }
}

// MARK: For people

extension PipelineBenchResult {
  /// The result in lines.
  var text: String {
    let name = model.map { "model \($0.prefix(16)) in \(precision?.rawValue ?? "")" } ?? "no model"
    var lines = [
      "\(name), windows of \(windowSamples) samples × \(channels), hop \(hopSamples), \(streams) streams, messages of "
        + "\(messageSamples), batch \(batch), workers \(workers); medians of \(PipelineBench.rounds) rounds"
    ]
    lines += Self.lines("capacity", capacity)
    if let inference = inferenceWindowsPerSecond, let share = shareOfInference {
      let batchTime = Double(batch * workers) / inference * 1000
      lines.append(
        "           \(decimals(100 * share, 1)) % of bench inference (\(decimals(inference, 1)) windows/s, a batch takes "
          + "\(decimals(batchTime, 1)) ms)")
    }
    lines += Self.lines("at \(decimals(load * 100, 0)) %", atLoad)
    let ages = atLoad.ageMilliseconds
    lines.append(
      "           age: p50 \(decimals(ages.p50, 2)) ms, p99 \(decimals(ages.p99, 2)) ms, largest "
        + "\(decimals(ages.largest, 1)) ms, of which up to \(decimals(maxDelayMilliseconds, 0)) ms for the batch")
    lines.append(
      "windows    formed \(windows.formed) = published \(windows.published) + expired \(windows.expired) + dropped "
        + "\(windows.dropped); received \(windows.received), lost \(windows.lost), unreadable \(windows.unreadable)")
    return lines.joined(separator: "\n")
  }

  private static func lines(_ name: String, _ load: Load) -> [String] {
    let cores = load.cores.sorted { $0.value > $1.value }.map { "\($0.key) \(decimals($0.value, 2))" }
    return [
      "\(name.padded(to: 10)) \(decimals(load.windowsPerSecond, 1)) windows/s, "
        + "\(decimals(load.samplesPerSecond / 1e6, 2)) million samples/s",
      "           feed thread: \(decimals(load.samplesPerFeedCPUSecond / 1e6, 1)) million samples per CPU second",
      "           cores: \(cores.joined(separator: ", "))",
    ]
  }
}

private func decimals(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
