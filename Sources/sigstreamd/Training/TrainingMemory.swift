import Classifier
import Foundation
import Glibc
import StreamIO

/// Memory at the peak of training: what is expected before the first step, and what it was in the end.
struct TrainingMemory {
  /// Bytes: what the process has taken so far, the data with it, and what training will take.
  let expected: Int

  init(
    _ architecture: Architecture, window: Int, _ options: TrainingOptions, _ group: any TrainingGroup
  ) {
    expected = Self.peak + Trainer.memoryBytes(architecture, window: window, options: options, group: group)
  }

  /// The largest resident size of this process until now, in bytes, without what it has of files: pages of a mapped
  /// dataset, which the system drops when memory is short.
  static var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    let shared = pages.flatMap { $0.count > 2 ? Int($0[2]) : nil } ?? 0
    return max(0, usage.ru_maxrss * 1024 - shared * PhysicalMemory.pageBytes)
  }

  var forecast: String { "memory: about \(Self.megabytes(expected)) MB at the peak\n" }

  var outcome: String { "memory: \(Self.megabytes(Self.peak)) MB at the peak, expected \(Self.megabytes(expected))\n" }

  private static func megabytes(_ bytes: Int) -> Int { (bytes + 500_000) / 1_000_000 }
}
