import Foundation

/// The CPU time that each thread of this process has had, and the machine's other processes together, by the kernel's own
/// account.
struct ThreadTimes: Sendable {
  private struct Thread: Sendable {
    var name: String
    var seconds: Double
  }
  private let threads: [Int: Thread]
  private let machineSeconds: Double

  /// Reads them now: `/proc/self/task/<tid>/schedstat` holds nanoseconds on a CPU
  /// (https://docs.kernel.org/scheduler/sched-stats.html), `/proc/stat` all CPUs' ticks by what they did (proc(5)).
  init() {
    var threads: [Int: Thread] = [:]
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
      let folder = "/proc/self/task/\(entry)/"
      // A thread may end while it is looked at.
      guard let id = Int(entry), let name = Self.read(folder + "comm"),
        let nanoseconds = Self.read(folder + "schedstat")?.split(separator: " ").first.flatMap({ Double($0) })
      else { continue }
      threads[id] = Thread(name: name, seconds: nanoseconds * 1e-9)
    }
    self.threads = threads
    // cpu, user, nice, system, idle, waiting for input, interrupts, soft interrupts, stolen by other machines.
    let ticks = (Self.read("/proc/stat")?.split(separator: " ").prefix(9).dropFirst() ?? []).compactMap { Double($0) }
    let busy = ticks.enumerated().reduce(0) { $1.offset == 3 || $1.offset == 4 ? $0 : $0 + $1.element }
    machineSeconds = busy / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func read(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").first.map(String.init)
  }

  /// The seconds since `earlier`, added up by the role that `role` gives a thread's number and name; those of other
  /// processes are "others".
  func seconds(since earlier: ThreadTimes, role: (_ id: Int, _ name: String) -> String) -> [String: Double] {
    var roles: [String: Double] = [:]
    var others = machineSeconds - earlier.machineSeconds
    for (id, thread) in threads {
      let seconds = thread.seconds - (earlier.threads[id]?.seconds ?? 0)
      roles[role(id, thread.name), default: 0] += seconds
      others -= seconds
    }
    roles["others"] = max(0, others)
    return roles
  }

  /// The kernel's numbers of the threads.
  var ids: Set<Int> { Set(threads.keys) }
}
