import COpenBLAS

/// Whether a factor of a product is taken as it lies or transposed.
enum Orientation {
  case plain, transposed

  fileprivate var blas: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

/// `c = alpha · a · b`, or `c += …` when accumulating. Shapes are checked in debug builds.
///
/// One core: parallelism is across batches (``serialBLAS``), never inside a product.
@inline(__always)
func multiply(
  _ a: Matrix, _ orientationA: Orientation = .plain,
  _ b: Matrix, _ orientationB: Orientation = .plain,
  into c: Matrix, accumulate: Bool = false, alpha: Float = 1
) {
  let inner = orientationA == .plain ? a.columns : a.rows
  assert(c.rows == (orientationA == .plain ? a.rows : a.columns))
  assert(c.columns == (orientationB == .plain ? b.columns : b.rows))
  assert(inner == (orientationB == .plain ? b.rows : b.columns))
  precondition(serialBLAS)
  cblas_sgemm(
    CblasRowMajor, orientationA.blas, orientationB.blas,
    blasint(c.rows), blasint(c.columns), blasint(inner),
    alpha, a.base, blasint(a.stride), b.base, blasint(b.stride),
    accumulate ? 1 : 0, c.base, blasint(c.stride))
}

/// OpenBLAS has one process-wide pool of threads: it is set to one the first time that a product is formed.
private let serialBLAS: Bool = {
  openblas_set_num_threads(1)
  return true
}()
