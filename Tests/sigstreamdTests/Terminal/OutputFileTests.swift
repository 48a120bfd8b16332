import Foundation
import Testing

@testable import sigstreamd

/// Files to be written are checked before the work that fills them.
struct OutputFileTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  @Test func checkingLeavesTheFolderAsItWas() throws {
    try folder.write("old", "content")
    _ = try OutputFile("\(folder.path)/old")
    _ = try OutputFile("\(folder.path)/new")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old"])
    #expect(try String(contentsOfFile: "\(folder.path)/old", encoding: .utf8) == "content")
  }

  @Test func whatCanNotBeWrittenIsToldWithTheCodeForOutput() throws {
    let missing = #expect(throws: CommandFailure.self) { _ = try OutputFile("\(folder.path)/none/x") }
    #expect(missing?.exitCode == .inputOutput)
    expectFailure("none/x: can't be written (No such file or directory): make its folder first") {
      _ = try OutputFile("\(folder.path)/none/x")
    }
    expectFailure("it is no regular file") { _ = try OutputFile(folder.path) }
    // Moving a file into its place would replace the device.
    expectFailure("/dev/null: can't be written: it is no regular file") { _ = try OutputFile("/dev/null") }
  }

  @Test func anInputIsNotReplacedHoweverItIsSpelt() throws {
    let path = try folder.write("x", "content")
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: path)
    for spelling in [path, "\(folder.path)/./x", "\(folder.path)/../set/x", "\(folder.path)/link"] {
      expectFailure("is given for two files") { _ = try OutputFile(spelling, inputs: [nil, path]) }
    }
  }

  @Test func aFailedWriteIsAFailureOfOutputThoughTheFileIsThere() throws {
    let file = try OutputFile(folder.write("x", "content"))
    let failure = #expect(throws: CommandFailure.self) {
      try file.write { _ in throw CommandFailure("full.", exitCode: .data) }
    }
    #expect(failure == CommandFailure("full", exitCode: .inputOutput))
  }
}
