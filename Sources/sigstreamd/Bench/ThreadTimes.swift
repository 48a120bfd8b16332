import Foundation

/// The CPU time that each thread of this process has had, by the kernel's own account.
struct ThreadTimes: Sendable {
  private struct Thread: Sendable {
    var name: String
    var seconds: Double
  }
  private let threads: [Int: Thread]

  /// Reads them now: `/proc/self/task/<tid>/schedstat` holds nanoseconds on a CPU
  /// (https://docs.kernel.org/scheduler/sched-stats.html).
  init() {
    var threads: [Int: Thread] = [:]
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
      let folder = "/proc/self/task/\(entry)/"
      // A thread may end while it is looked at.
      guard let id = Int(entry), let name = try? String(contentsOfFile: folder + "comm", encoding: .utf8),
        let times = try? String(contentsOfFile: folder + "schedstat", encoding: .utf8),
        let nanoseconds = times.split(separator: " ").first.flatMap({ Double($0) })
      else { continue }
      threads[id] = Thread(name: name.trimmingCharacters(in: .newlines), seconds: nanoseconds * 1e-9)
    }
    self.threads = threads
  }

  /// The seconds since `earlier`, added up by the role that `role` gives a thread's number and name.
  func seconds(since earlier: ThreadTimes, role: (_ id: Int, _ name: String) -> String) -> [String: Double] {
    threads.reduce(into: [:]) { roles, entry in
      let before = earlier.threads[entry.key]?.seconds ?? 0
      roles[role(entry.key, entry.value.name), default: 0] += entry.value.seconds - before
    }
  }

  /// The kernel's numbers of the threads.
  var ids: Set<Int> { Set(threads.keys) }
}
