import Glibc

/// A regular file that is open for reading at any place.
final class FileReader: Sendable {
  let path: String
  /// Bytes, when it was opened.
  let size: Int
  private let descriptor: Int32

  /// - Throws: `FileError` where there is no such file, it can't be opened, or it is no regular file (a directory, a pipe,
  ///   a device: things that have no end).
  init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileBytes.failure(path, "can't be opened", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw FileBytes.failure(path, "can't be examined", number)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(path: path, message: "not a regular file: give the path of a file")
    }
    (self.path, self.descriptor, size) = (path, descriptor, Int(status.st_size))
  }

  deinit { close(descriptor) }

  /// The bytes of `range`; fewer where the file ends before.
  ///
  /// - Throws: `FileError` where the system can't read them.
  func bytes(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    var errorNumber: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let received = pread(
          descriptor, buffer.baseAddress! + count, range.count - count, off_t(range.lowerBound + count))
        if received < 0 && errno == EINTR { continue }
        if received < 0 { errorNumber = errno }
        if received <= 0 { break }
        count += received
      }
    }
    guard errorNumber == 0 else { throw FileBytes.failure(path, "can't be read", errorNumber) }
    return bytes
  }

  /// The bytes of `range`, all of them.
  ///
  /// - Throws: `FileError` also where the file ends before.
  func wholeBytes(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    let bytes = try bytes(range)
    guard bytes.count == range.count else {
      throw FileError(path: path, message: "ends before byte \(range.upperBound): the file is incomplete, get it again")
    }
    return bytes
  }
}
