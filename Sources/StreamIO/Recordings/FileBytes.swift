import Glibc

/// Whole files in and out, with errors that name the file.
package enum FileBytes {
  /// The bytes of the regular file at `path`: all of them, or the first `maximumBytes`.
  ///
  /// - Throws: `FileError` where there is no such file, it can't be read, or it is no regular file (a directory, a pipe,
  ///   a device: things that have no end).
  package static func read(path: String, maximumBytes: Int = .max) throws(FileError) -> [UInt8] {
    let file = try FileReader(path: path)
    return try file.bytes(0..<min(file.size, maximumBytes))
  }

  /// Whether something stands at `path`, of whatever kind.
  package static func exists(path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Whether a folder stands at `path`.
  package static func isFolder(path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes the folder at `path`, and those it is in, where they are not there.
  ///
  /// - Throws: `FileError`, also where no file can be made in it.
  package static func makeFolder(path: String) throws(FileError) {
    var parent = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      parent += part
      if !part.isEmpty, mkdir(parent, 0o750) != 0, errno != EEXIST {
        let number = errno
        // Folders above may not be ours to make things in.
        if !isFolder(path: parent) { throw failure(path, "can't be made", number) }
      }
      parent += "/"
    }
    guard isFolder(path: path) else { throw FileError(path: path, message: "is no folder: name another") }
    guard access(path, W_OK | X_OK) == 0 else { throw failure(path, "can't be written", errno) }
  }

  /// Writes `bytes` to `path` so that a reader sees the old file or the whole new one, whatever happens in between.
  ///
  /// - Throws: `FileError` where the folder can't be written; a file that was there is then unchanged.
  package static func writeAtomically(_ bytes: [UInt8], path: String) throws(FileError) {
    let temporary = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, "can't be written", errno) }
    var errorNumber = writeAll(bytes, to: descriptor)
    if errorNumber == 0 && fsync(descriptor) != 0 { errorNumber = errno }
    if close(descriptor) != 0 && errorNumber == 0 { errorNumber = errno }
    if errorNumber == 0 && rename(temporary, path) != 0 { errorNumber = errno }
    guard errorNumber == 0 else {
      unlink(temporary)
      throw failure(path, "can't be written", errorNumber)
    }
  }

  /// Writes all of `bytes`; returns the number of the error, 0 where there was none.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let written = Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if written < 0 && errno == EINTR { continue }
        if written < 0 { return errno }
        done += written
      }
      return 0
    }
  }

  static func failure(_ path: String, _ what: String, _ errorNumber: Int32) -> FileError {
    let reason = String(cString: strerror(errorNumber))
    let advice =
      switch errorNumber {
      case ENOENT, ENOTDIR: "check the path"
      case EACCES, EPERM: "check the owner and mode of the file and its folder"
      case ENOSPC: "free some space"
      case EROFS: "a service writes only where its unit allows it (StateDirectory=, ReadWritePaths=)"
      default: "check the file and its folder"
      }
    return FileError(path: path, message: "\(what) (\(reason)): \(advice)")
  }
}

extension [UInt8] {
  /// The bytes of a text without the byte order mark of UTF-8 at its start, which Excel and editors on Windows write.
  var withoutByteOrderMark: ArraySlice<UInt8> { starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self[...] }
}
