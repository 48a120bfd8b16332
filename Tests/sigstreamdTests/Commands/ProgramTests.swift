import ArgumentParser
import Foundation
import Testing

@testable import sigstreamd

/// The built program as a user meets it: exit codes, signals and pipes.
struct ProgramTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  /// Runs a line of shell in which `$S` is the program, in the test's folder; no thread is held.
  private func shell(_ line: String) async throws -> (code: Int32, output: String) {
    let program = Bundle.main.bundleURL.appending(path: "sigstreamd").path
    try #require(FileManager.default.isExecutableFile(atPath: program), "no program at \(program)")
    let log = try folder.write("output", "")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", line]
    process.environment = ["S": program, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    process.currentDirectoryURL = URL(filePath: folder.path)
    let file = try FileHandle(forWritingTo: URL(filePath: log))
    (process.standardOutput, process.standardError) = (file, file)
    process.standardInput = FileHandle.nullDevice
    let code = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (code, try String(contentsOfFile: log, encoding: .utf8))
  }

  private let train = "$S train --preset tiny --signals x.npy --labels y.npy --model m.safetensors"

  @Test(.timeLimit(.minutes(5))) func controlCKeepsTheBestCheckpointAndExitsAsShellsExpect() async throws {
    _ = try folder.sines()
    // The log is a pipe: its first line says that a step is done.
    let (code, output) = try await shell(
      """
      mkfifo steps
      \(train) --epochs 1000000 --log steps & P=$!
      exec 3< steps; read -r line <&3; kill -INT $P; cat <&3 > /dev/null
      wait $P; code=$?
      $S model inspect m.safetensors || exit 1
      exit $code
      """)
    #expect(code == 130, "\(output)")
    #expect(output.contains("m.safetensors: epoch "))
    #expect(output.contains("p-values from "), "the anomaly statistics are there: \(output)")
  }

  /// Without validation every epoch, here one step, is saved: each line of the log comes while the last one is written
  /// or soon will be.
  @Test(.timeLimit(.minutes(5)), arguments: [2, 5, 9])
  func aKillAtAnyMomentLeavesAGoodCheckpoint(steps: Int) async throws {
    _ = try folder.sines()
    let (code, output) = try await shell(
      """
      mkfifo steps
      \(train) --epochs 1000000 --validation 0 --log steps 2> progress & P=$!
      exec 3< steps; for i in {1..\(steps)}; do read -r line <&3; done; kill -KILL $P
      wait $P; echo "ended with $?"
      $S model inspect m.safetensors
      """)
    #expect(code == 0 && output.contains("ended with 137"), "\(output)")
    #expect(output.contains("epoch kept "))
  }

  /// A file may have 100 blocks of 1024 bytes, as if the disc were full then; the checkpoint is larger.
  @Test func aDiscThatFillsUpCostsNothingThatWasThere() async throws {
    _ = try folder.sines()
    _ = try folder.model()
    let (code, output) = try await shell(
      """
      cp m.safetensors before
      (trap '' XFSZ; ulimit -f 100; \(train) --epochs 2)
      code=$?
      cmp before m.safetensors || exit 1
      ls -A | grep -c nosync
      exit $code
      """)
    #expect(code == 74, "\(output)")
    #expect(output.contains("best so far, but not saved: m.safetensors: cannot be written"))
    #expect(output.contains("epoch 2/2"), "training goes on")
    #expect(output.hasSuffix("\n0\n"), "nothing is left over: \(output)")
  }

  @Test func closedAndFullStreamsAreNoCrash() async throws {
    _ = try folder.sines()
    _ = try folder.model()
    let training = try await shell("\(train) --epochs 1 2> /dev/full > result; code=$?; cat result; exit $code")
    #expect(training.code == 0)
    #expect(training.output.contains("m.safetensors: epoch 1, SHA-256 "))
    #expect(try await shell("\(train) --epochs 1 2>&- > result").code == 0)
    let full = try await shell("$S evaluate --model m.safetensors --signals x.npy --labels y.npy > /dev/full")
    #expect(full.code == 74)
    #expect(full.output == "sigstreamd: standard output: the disc is full: make room and try again\n")
  }

  @Test func aReaderThatGoesAwayEndsClassifySilently() async throws {
    _ = try folder.model()
    try folder.array("long.npy", shape: [4000], (0..<4000).map { Float($0 % 9) })
    let (code, output) = try await shell(
      "$S classify --model m.safetensors long.npy --hop 1 | head -n 1; exit ${PIPESTATUS[0]}")
    // 128 + SIGPIPE, as for every program of a pipeline.
    #expect(code == 141)
    #expect(output.split(separator: "\n").count == 1)
  }

  @Test func aRateThatIsAssumedIsTold() async throws {
    _ = try folder.model(rate: 100)
    try folder.array("x.npy", shape: [64], (0..<64).map { Float($0 % 9) })
    let told = "x.npy: says no rate, taken to have the model's 100 Hz: give --sample-rate where it has another\n"
    let assumed = try await shell("$S classify --model m.safetensors x.npy > results")
    #expect(assumed.code == 0 && assumed.output == told)
    let given = try await shell("$S classify --model m.safetensors x.npy --sample-rate 100 > results")
    #expect(given.code == 0 && given.output.isEmpty)
  }

  /// A service's log is read by programs, and what ended it is what they look for.
  @Test(.timeLimit(.minutes(5))) func whyTheDaemonEndsIsInItsLog() async throws {
    _ = try folder.model()
    try folder.write(
      "c.yaml",
      """
      model: m.safetensors
      feeds: [ { name: a, endpoint: "ipc://@none", sampleRate: 100, window: { length: 32 } } ]
      output: { endpoint: "ipc:///no/such/folder" }
      log: { format: json, level: critical }
      """)
    let (code, output) = try await shell("$S run --config c.yaml")
    #expect(code == Sysexits.unavailable.rawValue)
    let record = try JSONDecoder().decode([String: String].self, from: Data(output.utf8))
    #expect(record["level"] == "critical" && record["message"]?.contains("there is no such folder") == true)
    let unread = try await shell("$S run --config none.yaml")
    #expect(unread.code == Sysexits.noInput.rawValue)
    #expect(unread.output.hasSuffix(" critical daemon: none.yaml: no such file: check the path\n"))
  }

  /// Writes two recordings of 200 s and `set.yaml`.
  private func dataset() throws {
    for (name, step) in [("a", 3), ("b", 5)] {
      try folder.record(
        name, samples: (0..<20_000).map { Int16($0 * step % 997) },
        annotations: (0..<400).map { ($0 * 50 + 7, $0 / 10 % 2 == 0 ? 1 : 5) })
    }
    try folder.write(
      "set.yaml",
      """
      recordings: [ "*.hea" ]
      filters: [ { highpass: 1Hz } ]
      labels: { classes: { N: [ N ], V: [ V ] } }
      windows: { length: 64, hop: 48 }
      split: { validation: [ b ] }
      """)
  }

  private let trainSet = "$S train --preset tiny --dataset set.yaml --epochs 2 --batch 64 --model"

  @Test(.timeLimit(.minutes(5))) func theCacheChangesNoWeight() async throws {
    try dataset()
    let (code, output) = try await shell(
      """
      set -e
      \(trainSet) none --no-cache
      \(trainSet) cold --cache cache
      \(trainSet) warm --cache=cache --cache-limit 1GB
      cmp none cold; cmp cold warm
      """)
    #expect(code == 0, "\(output)")
    let lines = output.split(separator: "\n").filter { $0.hasPrefix("windows: ") }
    #expect(
      lines == [
        "windows: 832 cut from the recordings, not in the cache: none is used",
        "windows: 832 cut from the recordings, now in the cache", "windows: 832 from the cache",
      ])
  }

  @Test(.timeLimit(.minutes(5))) func whatWasBegunWithoutTheCacheGoesOnWithIt() async throws {
    try dataset()
    // The log is a pipe: its first line says that a step is done.
    let (code, output) = try await shell(
      """
      mkfifo steps
      \(trainSet) whole --no-cache || exit 1
      \(trainSet) parts --no-cache --log steps & P=$!
      exec 3< steps; read -r line <&3; kill -INT $P; cat <&3 > /dev/null
      wait $P; [ $? = 130 ] || exit 2
      $S dataset show set.yaml --cache cache || exit 3
      \(trainSet) parts --cache cache --resume || exit 4
      cmp whole parts
      """)
    #expect(code == 0, "\(output)")
    #expect(output.contains("windows: 832 from the cache") && output.contains("going on after step "))
  }

  /// The model is trained on a; b is new to it.
  @Test(.timeLimit(.minutes(5))) func aModelThatIsMeasuredOnWhatItWasTrainedOnIsToldOf() async throws {
    try dataset()
    let (code, output) = try await shell(
      """
      set -e
      \(trainSet) m --no-cache 2> progress
      for r in a b; do
        sed "s/validation: .*/test: [ $r ] }/" set.yaml > "$r.yaml"
        $S evaluate --model m --dataset "$r.yaml" --no-cache > figures
      done
      $S evaluate --model m --dataset set.yaml --split training --no-cache > figures
      """)
    #expect(code == 0, "\(output)")
    let warnings = output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
    #expect(
      warnings == [
        "warning: the model was trained on 1 of 1 test recordings (a), which flatters the figures there: name others "
          + "in split.test"
      ])
  }

  /// A file may have 16 blocks of 1024 bytes, as if the disc were full then.
  @Test func aFullDiscCostsOnlyTheCache() async throws {
    try dataset()
    let (code, output) = try await shell(
      """
      (trap '' XFSZ; ulimit -f 16; $S dataset show set.yaml --cache cache) || exit 1
      ls -A cache
      $S dataset show set.yaml
      """)
    #expect(code == 0, "\(output)")
    #expect(output.hasPrefix("windows: 832 cut from the recordings, not in the cache: "))
    #expect(output.contains(".tmp: File too large\n"))
    #expect(!output.contains("\nrecordings\n") && !output.contains(".windows\n"), "nothing is left over: \(output)")
  }
}
