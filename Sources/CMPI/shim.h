#include <mpi.h>
#include <stddef.h>

// Handles such as MPI_COMM_WORLD are macros that Swift does not import. A call that fails ends all processes, which is
// what MPI does unless told otherwise.

/// Starts MPI for calls from the calling thread only.
static inline void sigstreamd_mpi_start(int *rank, int *count) {
  int provided;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  if (provided < MPI_THREAD_FUNNELED) MPI_Abort(MPI_COMM_WORLD, 70);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, count);
}

static inline void sigstreamd_mpi_end(void) { MPI_Finalize(); }

/// Of this machine; `name` has MPI_MAX_PROCESSOR_NAME bytes.
static inline void sigstreamd_mpi_machine(char *name) {
  int length;
  MPI_Get_processor_name(name, &length);
}

static inline void sigstreamd_mpi_gather(void *bytes, const int *counts, const int *starts) {
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, bytes, counts, starts, MPI_BYTE, MPI_COMM_WORLD);
}

static inline void sigstreamd_mpi_send(const float *floats, int count, int rank, MPI_Request *request) {
  MPI_Isend(floats, count, MPI_FLOAT, rank, 0, MPI_COMM_WORLD, request);
}

static inline void sigstreamd_mpi_receive(float *floats, int count, int rank, MPI_Request *request) {
  MPI_Irecv(floats, count, MPI_FLOAT, rank, 0, MPI_COMM_WORLD, request);
}

static inline void sigstreamd_mpi_wait(int count, MPI_Request *requests) {
  MPI_Waitall(count, requests, MPI_STATUSES_IGNORE);
}
