import Classifier
import StreamIO

/// Takes the samples of a dataset while its recordings are read: into memory, or into a file of the cache.
struct SampleSink {
  /// Samples so far.
  private(set) var count = 0
  private var memory: [Float] = []
  private let file: WindowFileWriter?
  // The dataset's file, for messages.
  private let path: String

  /// - Parameters:
  ///   - file: nil: memory.
  ///   - path: of the dataset's file.
  init(_ file: WindowFileWriter?, path: String) { (self.file, self.path) = (file, path) }

  /// A place that can be gone back to.
  struct Mark {
    fileprivate let count: Int
    fileprivate let written: WindowFileWriter.Mark?
  }

  var mark: Mark { Mark(count: count, written: file?.mark) }

  /// - Throws: `CacheFailure` where the file can't be written; `FileError` where the memory has no room.
  mutating func append(_ samples: ArraySlice<Float>) throws {
    if let file {
      try samples.withUnsafeBytes { try file.append($0) }
    } else {
      guard (count + samples.count) * MemoryLayout<Float>.stride <= PhysicalMemory.bytes else {
        throw FileError(
          path: path,
          message: "its recordings don't fit into the memory: give a folder with room for them with '--cache'")
      }
      memory += samples
    }
    count += samples.count
  }

  /// Forgets what came after `mark`.
  mutating func goBack(to mark: Mark) {
    count = mark.count
    if let written = mark.written { file?.goBack(to: written) } else { memory.removeLast(memory.count - count) }
  }

  /// The samples, to be read from now on.
  ///
  /// - Throws: `CacheFailure` where the system can't map the file.
  func store() throws(CacheFailure) -> SampleStore {
    guard let file, count > 0 else { return .memory(memory) }
    return try file.map(count: count)
  }
}
