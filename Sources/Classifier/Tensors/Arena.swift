import Glibc

/// One block of zeroed memory from which all buffers of a forward or backward pass are cut, once.
///
/// The code that lays the buffers out runs twice: first to count, then to hand out addresses:
///
///     let (workspace, memory) = Arena.lay { arena in Workspace(arena: &arena, …) }
struct Arena {
  /// 64 bytes: a cache line, and the widest vector.
  private static let alignmentFloats = 16

  private let memory: UnsafeMutablePointer<Float>
  fileprivate var used = 0

  private init(memory: UnsafeMutablePointer<Float>) {
    self.memory = memory
  }

  /// Cuts `count` zeroed floats, aligned to a cache line.
  mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let start = used
    used += (count + Self.alignmentFloats - 1) / Self.alignmentFloats * Self.alignmentFloats
    return memory + start
  }

  /// Cuts `count` zeroed bytes, aligned to a cache line.
  mutating func bytes(_ count: Int) -> UnsafeMutableRawPointer {
    let size = MemoryLayout<Float>.stride
    return UnsafeMutableRawPointer(floats((count + size - 1) / size))
  }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(floats(rows * columns), rows: rows, columns: columns)
  }

  /// Lays out what `build` asks for and returns it with the memory that it lives in; keep both together.
  static func lay<Layout>(_ build: (inout Arena) -> Layout) -> (layout: Layout, memory: ArenaMemory) {
    let memory = ArenaMemory(count: floatCount(build))
    var arena = Arena(memory: memory.base)
    return (build(&arena), memory)
  }

  /// Floats that what `build` asks for takes.
  static func floatCount<Layout>(_ build: (inout Arena) -> Layout) -> Int {
    // The counting pass only adds to an address; nothing is allocated, read or written.
    var counting = Arena(memory: UnsafeMutablePointer(bitPattern: 64)!)
    _ = build(&counting)
    return counting.used
  }
}

/// Parts of an arena that are never in use at the same time, laid over each other. Nothing else is cut between them.
struct Overlay {
  private let start: Int
  private var end: Int

  init(_ arena: Arena) {
    start = arena.used
    end = arena.used
  }

  mutating func part<Part>(_ arena: inout Arena, _ build: (inout Arena) -> Part) -> Part {
    arena.used = start
    let part = build(&arena)
    end = max(end, arena.used)
    arena.used = end
    return part
  }
}

/// The owner of an ``Arena``'s block.
final class ArenaMemory {
  let base: UnsafeMutablePointer<Float>
  private let bytes: UnsafeMutableRawPointer
  /// Size in bytes.
  let byteCount: Int

  /// A huge page of x86-64 and arm64. Large blocks lie in such pages where the system has them: rows far apart would
  /// need more small ones than a core keeps the addresses of.
  private static let hugePage = 1 << 21

  init(count: Int) {
    byteCount = max(count, 1) * MemoryLayout<Float>.stride
    let isLarge = byteCount >= 2 * Self.hugePage
    bytes = .allocate(byteCount: byteCount, alignment: isLarge ? Self.hugePage : 64)
    if isLarge { madvise(bytes, byteCount, MADV_HUGEPAGE) }
    base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  deinit {
    bytes.deallocate()
  }
}
