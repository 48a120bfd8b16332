import ArgumentParser
import Testing

@testable import sigstreamd

/// Programs that a launcher has started several times, by the variables that Open MPI, MPICH's Hydra and Slurm set.
struct TrainingProcessesTests {
  @Test func launchersTellHowManyTheyStart() {
    #expect(TrainingProcesses.launched([:]) == 1)
    #expect(TrainingProcesses.launched(["OMPI_COMM_WORLD_SIZE": "4"]) == 4)
    #expect(TrainingProcesses.launched(["PMI_SIZE": "3"]) == 3)
    #expect(TrainingProcesses.launched(["SLURM_STEP_NUM_TASKS": "1"]) == 1)
  }

  /// N processes that each train everything would overwrite each other's file.
  @Test func withoutMPITheFirstProcessTellsHowToBuildWithIt() {
    expectFailure("was started 2 times to train together, but was built without MPI: 'tools/setup libopenmpi-dev") {
      try TrainingProcesses.refuse(["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"])
    }
    #expect(throws: ExitCode(69)) {
      try TrainingProcesses.refuse(["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"])
    }
  }
}
