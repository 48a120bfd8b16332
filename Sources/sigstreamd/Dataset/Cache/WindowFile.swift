import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Classifier
import Foundation
import Glibc

/// A file of the cache: a dataset's samples and its index.
///
///     0      "sigstreamd windows\n", then a JSON object (`Header`), then zeros
///     4096   samples, float32, conditioned: [frames, channels] of one recording after the other
///     …      index: see `DatasetIndex.encoded()`
///
/// Its modification time is set to what the header says, so that the file is known to be as it was written without being
/// read. Where the two differ, as in a copy, the checksum decides.
enum WindowFile {
  struct Header: Codable, Equatable {
    /// Changes with the layout, and with what the same dataset file and recordings become.
    var format = 2
    var key: String
    var samples: Int
    var indexBytes: Int
    /// SHA-256 of the samples and the index.
    var checksum: String
    /// The modification time, in seconds since 1970.
    var sealed: Int
  }

  static let magic = Array("sigstreamd windows\n".utf8)
  static let headerBytes = 4096

  /// What the file at `path` holds; nil where there is none, or it is damaged, or of something else.
  static func open(_ path: String, key: String, for file: DatasetFile) -> (DatasetIndex, SampleStore)? {
    guard let status = FileStatus(path: path), let handle = FileHandle(forReadingAtPath: path),
      let header = header(of: handle), header.format == Header(key: key).format, header.key == key,
      size(header) == status.size
    else { return nil }
    if status.modified != header.sealed * 1_000_000_000 {
      guard checksum(of: handle) == header.checksum else { return nil }
    }
    let indexStart = UInt64(status.size - header.indexBytes)
    guard (try? handle.seek(toOffset: indexStart)) != nil, let bytes = try? handle.readToEnd(),
      let index = DatasetIndex(bytes, samples: header.samples, for: file),
      let store = store(handle.fileDescriptor, samples: header.samples)
    else { return nil }
    seal(handle.fileDescriptor, header.sealed)
    return (index, store)
  }

  /// Marks the file as used now, and as unchanged since it was written.
  static func seal(_ descriptor: Int32, _ sealed: Int) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let times = [now, timespec(tv_sec: sealed, tv_nsec: 0)]
    _ = futimens(descriptor, times)
  }

  static func store(_ descriptor: Int32, samples: Int) -> SampleStore? {
    guard samples > 0 else { return .memory([]) }
    return MappedSamples(descriptor: descriptor, byteOffset: headerBytes, count: samples).map { .mapped($0) }
  }

  private static func header(of handle: FileHandle) -> Header? {
    guard let bytes = try? handle.read(upToCount: headerBytes), bytes.count == headerBytes, bytes.starts(with: magic)
    else { return nil }
    let text = bytes.dropFirst(magic.count).prefix { $0 != 0 }
    return try? JSONDecoder().decode(Header.self, from: Data(text))
  }

  private static func size(_ header: Header) -> Int? {
    guard header.samples >= 0, header.indexBytes >= 0, header.sealed > 0, header.sealed < 1 << 32 else { return nil }
    let (bytes, overflow) = header.samples.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    let (sum, overflowOfSum) = bytes.addingReportingOverflow(header.indexBytes)
    return overflow || overflowOfSum || sum > 1 << 60 ? nil : headerBytes + sum
  }

  private static func checksum(of handle: FileHandle) -> String? {
    var hash = SHA256()
    do {
      try handle.seek(toOffset: UInt64(headerBytes))
      while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty { block.withUnsafeBytes { hash.add($0) } }
      return hash.digest()
    } catch {
      return nil
    }
  }
}

extension WindowFile.Header {
  /// Of a file without content.
  init(key: String) { self.init(key: key, samples: 0, indexBytes: 0, checksum: "", sealed: 0) }
}
