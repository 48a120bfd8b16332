import ArgumentParser
import Foundation
import Testing

@testable import sigstreamd

/// What the program prints and the code it exits with, for each way a command can end.
struct CommandFailureTests {
  private func outcome(_ arguments: [String]) -> CommandOutcome? {
    do {
      var command = try Sigstreamd.parseAsRoot(arguments)
      try command.run()
      return nil
    } catch {
      return CommandOutcome(error: error)
    }
  }

  @Test func failurePrintsOneLineAndItsOwnCode() {
    let outcome = CommandOutcome(
      error: CommandFailure("model.bin: truncated\n  after 8 bytes: train\u{1B}[31m it again", exitCode: .data))
    #expect(outcome.output == "sigstreamd: model.bin: truncated after 8 bytes: train\u{FFFD}[31m it again")
    #expect(outcome.isError)
    #expect(outcome.exitCode == 65)
  }

  @Test func wrongOptionIsAUsageErrorOnOneLine() throws {
    let outcome = try #require(self.outcome(["--no-such-option"]))
    #expect(outcome.output == "sigstreamd: Unknown option '--no-such-option': see 'sigstreamd --help'")
    #expect(outcome.exitCode == 64)
  }

  @Test func helpAndVersionGoToStandardOutput() throws {
    let help = try #require(self.outcome(["--help"]))
    #expect(help.output.contains("USAGE: sigstreamd"))
    #expect(!help.isError)
    #expect(help.exitCode == 0)
    let version = try #require(self.outcome(["--version"]))
    #expect(version == CommandOutcome(output: Sigstreamd.version, isError: false, exitCode: 0))
  }

  @Test func missingFileAndRefusedAccessHaveCodesOfTheirOwn() {
    let missing = CommandOutcome(error: CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: "/x/y"]))
    #expect(missing.output == "sigstreamd: /x/y: no such file or folder: check the path")
    #expect(missing.exitCode == 66)
    #expect(CommandOutcome(error: CocoaError(.fileWriteNoPermission)).exitCode == 77)
  }

  @Test func unknownErrorIsAnInternalOne() {
    struct Surprise: Error {}
    let outcome = CommandOutcome(error: Surprise())
    #expect(outcome.exitCode == 70)
    #expect(outcome.output.contains("please report this"))
  }

  @Test func exitCodeOfACommandPassesThroughWithoutAMessage() {
    #expect(CommandOutcome(error: ExitCode(3)) == CommandOutcome(output: "", isError: true, exitCode: 3))
  }
}
