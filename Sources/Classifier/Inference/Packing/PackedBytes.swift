/// Memory that is written while it is made and only read from then on.
final class PackedBytes: @unchecked Sendable {
  // Sendable because nothing writes after `init`: `base` is only handed out as a pointer to read from.
  let base: UnsafeRawPointer
  let count: Int

  /// - Parameter fill: writes the `count` bytes, which are aligned to a cache line and zero.
  init(count: Int, fill: (UnsafeMutableRawPointer) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
    fill(memory)
    base = UnsafeRawPointer(memory)
    self.count = count
  }

  deinit {
    base.deallocate()
  }
}
