import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Classifier
import Foundation
import Glibc

/// Writes a file of the cache. Until it is kept it has a name of its own, which goes when the writer does.
final class WindowFileWriter {
  static let suffix = ".tmp"

  /// A place that can be gone back to.
  struct Mark {
    fileprivate let position: Int
    fileprivate let hash: SHA256
  }

  private let path: String
  private let descriptor: Int32
  private var position = WindowFile.headerBytes
  private var hash = SHA256()
  private var isKept = false

  /// - Throws: `CacheFailure` where no file can be made in `folder`.
  init(in folder: String) throws(CacheFailure) {
    path = "\(folder)/\(String(UInt64.random(in: .min ... .max), radix: 36))\(Self.suffix)"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CacheFailure(folder, errno) }
    // Tells other processes that this file is not abandoned.
    flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    if !isKept { unlink(path) }
    close(descriptor)
  }

  /// Removes the file of a writer that is no more.
  static func removeIfAbandoned(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(descriptor)
  }

  var mark: Mark { Mark(position: position, hash: hash) }

  /// Forgets what came after `mark`.
  func goBack(to mark: Mark) { (position, hash) = (mark.position, mark.hash) }

  /// - Throws: `CacheFailure` where a disk is full, for instance.
  func append(_ bytes: UnsafeRawBufferPointer) throws(CacheFailure) {
    let errorNumber = write(bytes, at: position)
    guard errorNumber == 0 else { throw CacheFailure(path, errorNumber) }
    hash.add(bytes)
    position += bytes.count
  }

  /// The first `count` samples, to be read from now on.
  func map(count: Int) throws(CacheFailure) -> SampleStore {
    guard let store = WindowFile.store(descriptor, samples: count) else { throw CacheFailure(path, errno) }
    return store
  }

  /// Completes the file, whose samples are all there, and gives it its name.
  ///
  /// - Throws: `CacheFailure` where that is impossible; samples that are mapped stay.
  func keep(as name: String, key: String, samples: Int, index: Data) throws(CacheFailure) {
    var errorNumber = index.withUnsafeBytes { bytes in
      hash.add(bytes)
      return write(bytes, at: position)
    }
    position += index.count
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    // In the past, for whatever writes to the file from now on to stamp it with another time.
    let header = WindowFile.Header(
      key: key, samples: samples, indexBytes: index.count, checksum: hash.digest(), sealed: now.tv_sec - 10)
    guard let text = try? JSONText.encode(header) else { throw CacheFailure("\(name): has no header") }
    let start = WindowFile.magic + Array(text.utf8)
    let padded = start + [UInt8](repeating: 0, count: WindowFile.headerBytes - start.count)
    if errorNumber == 0 { errorNumber = padded.withUnsafeBytes { write($0, at: 0) } }
    if errorNumber == 0, ftruncate(descriptor, off_t(position)) != 0 || fsync(descriptor) != 0 { errorNumber = errno }
    guard errorNumber == 0 else { throw CacheFailure(path, errorNumber) }
    WindowFile.seal(descriptor, header.sealed)
    guard rename(path, name) == 0 else { throw CacheFailure(name, errno) }
    isKept = true
  }

  /// Writes all of `bytes`; returns the number of the error, 0 where there was none.
  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    var done = 0
    while done < bytes.count {
      let written = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { return errno }
      done += written
    }
    return 0
  }
}
