import ArgumentParser
import Classifier

extension Bench {
  /// `sigstreamd bench overload`: the live path under more load than it can carry.
  struct Overload: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What the daemon does under more load than it can carry, against what it promises.",
      discussion: """
        Runs the daemon's pipeline in this process, with sockets over loopback TCP. Measures the capacity, offers a \
        multiple of it with a deadline, then half of it, and prints each promise of docs/reliability.md beside what was \
        seen. Exits with 1 when one is broken. Without a model a stand-in sleeps for each window.

        Examples:
          sigstreamd bench overload
          sigstreamd bench overload --load 3 --duration 10m --deadline 500ms --streams 64
          sigstreamd bench overload --model examples/ecg/ecg.safetensors --batch 8
        """)

    @Option(help: ArgumentHelp("The model to run. (default: a stand-in)", valueName: "file"))
    var model: String?
    @Option(help: ArgumentHelp("Offered load, in capacities.", valueName: "factor"))
    var load = 3.0
    @Option(help: ArgumentHelp("How long the overload lasts.", valueName: "time"))
    var duration = "60s"
    @Option(help: ArgumentHelp("The feed's deadline.", valueName: "time"))
    var deadline = "500ms"
    @Option(help: ArgumentHelp("Streams that are sent, in turn.", valueName: "number"))
    var streams = 64
    @Option(help: ArgumentHelp("Windows per batch.", valueName: "windows"))
    var batch = 32
    @Option(help: ArgumentHelp("Batches at the same time.", valueName: "number"))
    var workers = 1
    @Option(help: ArgumentHelp("How long the stand-in takes for a window.", valueName: "time"))
    var window = "2ms"
    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
      guard (1...4096).contains(batch), (1...1024).contains(workers), (1...4096).contains(streams), load > 1,
        load <= 100,
        let duration = Quantity.duration(duration), let deadline = Quantity.duration(deadline),
        let window = Quantity.duration(window), (.seconds(1) ... .seconds(86400)).contains(duration),
        (.milliseconds(1) ... .seconds(3600)).contains(deadline), (.microseconds(1) ... .seconds(1)).contains(window)
      else {
        throw ValidationError(
          "--batch and --streams must be 1 to 4096, --workers 1 to 1024, --load above 1 up to 100, --duration 1s to 24h, "
            + "--deadline 1ms to 1h, --window 1us to 1s")
      }
    }

    func run() throws {
      guard let duration = Quantity.duration(duration), let deadline = Quantity.duration(deadline),
        let window = Quantity.duration(window)
      else { preconditionFailure("validate() has read these") }
      let bench = OverloadBench(
        model: try model.map { try PackedModel(Model.load(path: $0), precision: .float32) }, batch: batch,
        workers: workers, streams: streams, load: load, deadline: deadline, seconds: duration.inSeconds,
        windowSeconds: window.inSeconds)
      let result = try bench.run()
      try StandardOutput.write(json ? try JSONText.encode(result) : result.text)
      if !result.isKept { throw ExitCode.failure }
    }
  }
}
