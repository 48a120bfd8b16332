import Glibc

/// The samples that windows lie in.
package enum SampleStore: Sendable {
  case memory([Float])
  case mapped(MappedSamples)

  package var count: Int {
    switch self {
    case .memory(let samples): samples.count
    case .mapped(let samples): samples.count
    }
  }

  /// Calls `body` with all samples, which are valid during the call.
  func withSamples<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    switch self {
    case .memory(let samples): try samples.withUnsafeBufferPointer(body)
    case .mapped(let samples): try samples.withSamples(body)
    }
  }
}

/// Samples in a file that is mapped into memory: the system reads its pages when they are needed, and drops them when memory
/// is short. The file must not shrink meanwhile, but may be removed.
package final class MappedSamples: Sendable {
  package let count: Int
  // Safe from any thread: the pages are mapped for reading alone (PROT_READ), the pointer never changes, and they stay
  // until `deinit`, when nobody holds this any more.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer
  private let byteCount: Int
  private let offset: Int

  /// - Parameters:
  ///   - descriptor: of a regular file, which may be closed afterwards.
  ///   - byteOffset: where the samples begin, a multiple of 4.
  ///   - count: float32 samples, at least one.
  /// - Returns: nil where the system can't map the file, or it is shorter.
  package init?(descriptor: Int32, byteOffset: Int, count: Int) {
    precondition(byteOffset >= 0 && byteOffset.isMultiple(of: MemoryLayout<Float>.alignment) && count > 0)
    byteCount = byteOffset + count * MemoryLayout<Float>.stride
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= byteCount, let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0),
      base != UnsafeMutableRawPointer(bitPattern: -1)
    else { return nil }
    (self.base, self.count, offset) = (base, count, byteOffset)
  }

  deinit { munmap(base, byteCount) }

  func withSamples<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    let start = (base + offset).assumingMemoryBound(to: Float.self)
    return try withExtendedLifetime(self) { try body(UnsafeBufferPointer(start: start, count: count)) }
  }
}
