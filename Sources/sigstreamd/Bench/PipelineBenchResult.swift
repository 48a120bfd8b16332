import Classifier
import Foundation

/// What `PipelineBench` found.
struct PipelineBenchResult: Encodable {
  /// One phase, from its first sample to its last result.
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
  /// The median round's.
  let capacity: Load
  /// What `bench inference` delivers with as many threads, measured in the same rounds.
  let inferenceWindowsPerSecond: Double?
  let atLoad: Load
  let windows: Windows

  /// The result in lines for people.
  var text: String {
    func number(_ format: String, _ value: Double) -> String { String(format: format, value) }
    func line(_ name: String, _ load: Load) -> String {
      let cores = load.cores.sorted { $0.value > $1.value }.map { "\($0.key) \(number("%.2f", $0.value))" }
      return """
        \(name.padded(to: 10)) \(number("%.1f", load.windowsPerSecond)) windows/s, \
        \(number("%.2f", load.samplesPerSecond / 1e6)) million samples/s
                   feed thread: \(number("%.1f", load.samplesPerFeedCPUSecond / 1e6)) million samples per CPU second
                   cores: \(cores.joined(separator: ", "))
        """
    }
    let ages = atLoad.ageMilliseconds
    var lines = [
      "\(model.map { "model \($0.prefix(16))" } ?? "no model"), windows of \(windowSamples) samples × \(channels), hop "
        + "\(hopSamples), \(streams) streams, messages of \(messageSamples), batch \(batch), workers \(workers)",
      line("capacity", capacity),
    ]
    if let inference = inferenceWindowsPerSecond {
      let batchTime = Double(batch * workers) / inference * 1000
      lines.append(
        "           \(number("%.1f", 100 * capacity.windowsPerSecond / inference)) % of bench inference "
          + "(\(number("%.1f", inference)) windows/s), where a batch takes \(number("%.1f", batchTime)) ms")
    }
    lines.append(line("at \(number("%.0f", load * 100)) %", atLoad))
    lines.append(
      "           age: p50 \(number("%.3g", ages.p50)) ms, p99 \(number("%.3g", ages.p99)) ms, largest "
        + "\(number("%.3g", ages.largest)) ms, of which up to \(number("%.0f", maxDelayMilliseconds)) ms for the batch")
    lines.append(
      "windows    formed \(windows.formed) = published \(windows.published) + expired \(windows.expired) + dropped "
        + "\(windows.dropped); received \(windows.received), lost \(windows.lost), unreadable \(windows.unreadable)")
    return lines.joined(separator: "\n")
  }
}
