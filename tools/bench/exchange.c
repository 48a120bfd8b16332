// The time of what two processes tell each other in an optimiser step of the base preset: a half of the gradient each
// way, then all parameters.
//   mpicc -O2 tools/bench/exchange.c -o .build-mpi/exchange && mpirun -np 2 .build-mpi/exchange
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { HALF = 2433238 / 2, ROUNDS = 101 };

static int by_time(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  MPI_Init(NULL, NULL);
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  float *all = calloc(2 * HALF, sizeof(float)), *half = calloc(HALF, sizeof(float));
  int counts[2] = {HALF, HALF}, starts[2] = {0, HALF};
  double times[ROUNDS];
  for (int i = 0; i < ROUNDS; i++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double begun = MPI_Wtime();
    MPI_Request requests[2];
    MPI_Irecv(half, HALF, MPI_FLOAT, 1 - rank, 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(all + (1 - rank) * HALF, HALF, MPI_FLOAT, 1 - rank, 0, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, starts, MPI_FLOAT, MPI_COMM_WORLD);
    times[i] = 1e3 * (MPI_Wtime() - begun);
  }
  qsort(times, ROUNDS, sizeof(double), by_time);
  if (rank == 0)
    printf("least %.2f ms, first quartile %.2f, median %.2f\n", times[0], times[ROUNDS / 4], times[ROUNDS / 2]);
  MPI_Finalize();
}
