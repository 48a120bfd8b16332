import Glibc

/// Appends blocks to the segments of a folder: begins a new file when one is large enough, and removes the oldest when all
/// are larger than they may be. One writer at a time has a folder.
package final class SegmentWriter {
  private let folder: String
  private let largestFileBytes: Int
  private let keptBytes: Int
  private let folderDescriptor: Int32
  private var descriptor: Int32 = -1
  private var path = ""
  private var fileBytes = 0
  // Of the files before the one that is open.
  private var older: [(path: String, bytes: Int)] = []

  /// Opens a folder, makes it where there is none, and cuts off what a writer that was killed had not finished.
  ///
  /// - Parameters:
  ///   - largestFileBytes: at which a new file is begun.
  ///   - keptBytes: what all files may take, at least twice as much.
  /// - Throws: `FileError` where the folder can't be written, or another writer has it.
  package init(folder: String, largestFileBytes: Int, keptBytes: Int) throws(FileError) {
    (self.folder, self.largestFileBytes, self.keptBytes) = (folder, largestFileBytes, keptBytes)
    try FileBytes.makeFolder(path: folder)
    folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { throw FileBytes.failure(folder, "can't be opened", errno) }
    // From here on `deinit` closes it.
    guard flock(folderDescriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw FileError(path: folder, message: "another recorder writes here: name another folder, or stop it")
    }
    for path in SegmentFolder.files(in: folder) { older.append((path, try Self.cutTornTail(of: path))) }
  }

  deinit {
    closeFile()
    close(folderDescriptor)
  }

  /// Whether what is written can still be found: neither the folder nor the file was removed, or another put in its place.
  package var isInPlace: Bool {
    var (there, own) = (stat(), stat())
    guard stat(folder, &there) == 0, fstat(folderDescriptor, &own) == 0, there.st_ino == own.st_ino,
      there.st_dev == own.st_dev
    else { return false }
    return descriptor < 0 || fstat(descriptor, &own) == 0 && own.st_nlink > 0
  }

  /// Bytes of all files.
  package var totalBytes: Int { older.reduce(fileBytes) { $0 + $1.bytes } }

  /// Appends blocks and has them on the disc: all of them, or none where it throws.
  ///
  /// - Throws: `FileError`, on a full disc for one; a later call may succeed.
  package func append(_ blocks: [SegmentBlock]) throws(FileError) {
    guard let first = blocks.first else { return }
    if descriptor < 0 { try openFile(at: first.microseconds) }
    var bytes: [UInt8] = []
    for block in blocks { block.appendEncoded(to: &bytes) }
    var errorNumber = FileBytes.writeAll(bytes, to: descriptor)
    if errorNumber == 0, fdatasync(descriptor) != 0 { errorNumber = errno }
    guard errorNumber == 0 else {
      // Whatever arrived of it goes, so that it is not there twice when it is written again.
      if ftruncate(descriptor, off_t(fileBytes)) != 0 { closeFile() }
      throw FileBytes.failure(path, "can't be written", errorNumber)
    }
    fileBytes += bytes.count
    if fileBytes >= largestFileBytes { closeFile() }
    prune()
  }

  private func openFile(at microseconds: Int64) throws(FileError) {
    let stem = "\(folder)/\(SegmentTime.text(microseconds))"
    for number in 0..<1_000_000 {
      path = "\(stem)-\(String(String(1_000_000 + number).dropFirst()))\(SegmentFile.suffix)"
      // Appending, so that a cut is where the next block begins.
      descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o640)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw FileBytes.failure(path, "can't be written", errno) }
    fsync(folderDescriptor)
    fileBytes = 0
  }

  private func closeFile() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    if fileBytes > 0 { older.append((path, fileBytes)) } else { unlink(path) }
    fileBytes = 0
  }

  private func prune() {
    while totalBytes > keptBytes, let oldest = older.first {
      unlink(oldest.path)
      older.removeFirst()
    }
  }

  /// Returns the bytes that are left.
  private static func cutTornTail(of path: String) throws(FileError) -> Int {
    let file = try FileReader(path: path)
    let whole = try SegmentFile.scan(file).wholeBytes
    guard whole < file.size else { return file.size }
    guard truncate(path, off_t(whole)) == 0 else { throw FileBytes.failure(path, "can't be mended", errno) }
    return whole
  }
}
