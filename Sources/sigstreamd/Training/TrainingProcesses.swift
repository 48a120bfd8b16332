import ArgumentParser
import Classifier
import Foundation
import Glibc

/// Training in the one process that a shell has started, or in the several that `mpirun` has.
enum TrainingProcesses {
  /// Runs `body` in each process with the group of all. What it throws in one, by `together`, ends all of them, with one
  /// message.
  static func run(_ body: (any TrainingGroup) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    guard launched(environment) > 1 else { return try body(SingleProcess()) }
    #if MPI
      let group = MPIGroup()
      defer { group.end() }
      if group.rank > 0 { StandardError.mute() }
      do {
        try group.together { try body(group) }
      } catch is PeerFailure {
        // The other one tells, and its code is mpirun's.
        throw ExitCode.success
      } catch  where group.rank > 0 {
        var failure = (error as? any CommandFailureConvertible)?.commandFailure
        failure?.message = "rank \(group.rank) on \(group.machine): \(CommandOutcome(error: error).reason)"
        throw failure ?? error
      }
    #else
      try refuse(environment)
    #endif
  }

  /// Processes that a launcher (Open MPI's, MPICH's or Slurm's) says that it has started.
  static func launched(_ environment: [String: String]) -> Int {
    ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"].lazy.compactMap { environment[$0] }.first
      .flatMap { Int($0) } ?? 1
  }

  /// Throws what ends a program without MPI that was started several times; the first of them tells.
  static func refuse(_ environment: [String: String]) throws {
    let rank = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"].lazy.compactMap { environment[$0] }.first
    guard rank ?? "0" == "0" else { throw ExitCode(Sysexits.unavailable.rawValue) }
    throw CommandFailure(
      "this was started \(launched(environment)) times to train together, but was built without MPI: "
        + "'tools/setup libopenmpi-dev pkg-config', then 'swift build -c release --traits MPI'", exitCode: .unavailable)
  }

  /// `mpirun` passes SIGUSR1 on to all processes; Ctrl-C there is a SIGTERM here, and soon after it the end.
  static func stopSignals(_ group: any TrainingGroup) -> [Int32] {
    StopSignal.standardSignals + (group.count > 1 ? [SIGUSR1] : [])
  }

  /// Throws where a process has other windows, another command or start, or another processor level than the first: the
  /// results would be nobody's.
  static func checkAgreement(_ run: TrainingRun, _ initial: Model, _ group: any TrainingGroup) throws {
    guard group.count > 1 else { return }
    let own = [
      ("program or command", run.record.program + " " + run.record.command),
      ("set of windows: its recordings or labels differ", run.data.parts.map(\.windows.digest).joined(separator: " ")),
      ("initial model", initial.numbersDigest),
      ("teacher", run.record.teacher ?? ""),
      ("kind of processor, which rounds otherwise", Kernels.variant),
    ]
    for (what, value) in own {
      let first = String(decoding: group.broadcast(Array(value.utf8)), as: UTF8.self)
      try group.together {
        guard value != first else { return }
        throw CommandFailure("this process has another \(what); give all what rank 0 has", exitCode: .data)
      }
    }
  }
}
