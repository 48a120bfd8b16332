#if MPI
  import CMPI
  import Classifier

  /// The processes that `mpirun` has started, by Open MPI. There is one group in a process, made and used on one thread.
  final class MPIGroup: TrainingGroup {
    let rank: Int
    let count: Int

    init() {
      var (rank, count): (Int32, Int32) = (0, 1)
      sigstreamd_mpi_start(&rank, &count)
      (self.rank, self.count) = (Int(rank), Int(count))
    }

    /// No call may follow.
    func end() { sigstreamd_mpi_end() }

    /// The name of the machine that this rank runs on.
    var machine: String {
      var name = [CChar](repeating: 0, count: Int(MPI_MAX_PROCESSOR_NAME) + 1)
      sigstreamd_mpi_machine(&name)
      return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func gather(_ bytes: UnsafeMutableRawBufferPointer, _ parts: [Range<Int>]) {
      // MPI counts in 32 bits: 2 GB, a model of 500 million parameters.
      precondition(bytes.count <= Int32.max, "more than MPI can send at once")
      sigstreamd_mpi_gather(
        bytes.baseAddress, parts.map { Int32($0.count) }, parts.map { Int32($0.isEmpty ? 0 : $0.lowerBound) })
    }

    func exchange(sends: [GroupMessage], receives: [GroupMessage]) {
      var requests = [MPI_Request?](repeating: nil, count: sends.count + receives.count)
      requests.withUnsafeMutableBufferPointer { requests in
        for (i, message) in receives.enumerated() {
          sigstreamd_mpi_receive(
            message.floats.baseAddress, Int32(message.floats.count), Int32(message.rank), requests.baseAddress! + i)
        }
        for (i, message) in sends.enumerated() {
          sigstreamd_mpi_send(
            message.floats.baseAddress, Int32(message.floats.count), Int32(message.rank),
            requests.baseAddress! + receives.count + i)
        }
        sigstreamd_mpi_wait(Int32(requests.count), requests.baseAddress)
      }
    }
  }
#endif
