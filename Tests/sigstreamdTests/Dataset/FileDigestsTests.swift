import Foundation
import Glibc
import Testing

@testable import sigstreamd

struct FileDigestsTests {
  private let folder: DatasetFolder

  init() throws { folder = try DatasetFolder() }

  /// Of "abc", from FIPS 180-2.
  private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private let told = String(repeating: "0", count: 64)

  /// A memory in which the file at `path`, as it is, has the digest `told`.
  private func memory(of path: String) throws -> FileDigests {
    let identity = try #require(FileStatus(path: path)).identity
    let lines = ["nonsense", "\(told) 1 2", "\(told) " + identity.map(String.init).joined(separator: " ")]
    return FileDigests(path: try folder.write("memory", lines.joined(separator: "\n")))
  }

  @Test func aFileThatDidNotChangeIsNotReadAgain() throws {
    let path = try folder.write("x", "abc")
    var empty = FileDigests(path: "\(folder.path)/none")
    #expect(empty.digest(of: path) == abc)
    var digests = try memory(of: path)
    #expect(digests.digest(of: path) == told)
    #expect(digests.areUnchanged)
    #expect(digests.digest(of: "\(folder.path)/none") == nil)
    #expect(digests.digest(of: folder.path) == nil, "a folder")
  }

  @Test func aChangeThatKeepsSizeAndTimeIsSeen() throws {
    let path = try folder.write("x", "xyz")
    var digests = try memory(of: path)
    #expect(digests.digest(of: path) == told)
    var status = stat()
    stat(path, &status)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.write(contentsOf: Data("abc".utf8))
    try file.close()
    utimensat(AT_FDCWD, path, [status.st_atim, status.st_mtim], 0)
    #expect(!digests.areUnchanged)
    #expect(digests.digest(of: path) == abc)
  }

  @Test func whatIsYoungIsNotRemembered() throws {
    let young = try folder.write("young", "abc")
    let old = #filePath
    var digests = FileDigests(path: "\(folder.path)/none")
    _ = digests.digest(of: young)
    let digest = digests.digest(of: old)
    let saved = "\(folder.path)/saved"
    digests.save(path: saved)
    let identity = try #require(FileStatus(path: old)).identity.map(String.init).joined(separator: " ")
    #expect(try String(contentsOfFile: saved, encoding: .utf8) == "\(digest ?? "none") \(identity)\n")
  }
}
