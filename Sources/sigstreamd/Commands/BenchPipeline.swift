import ArgumentParser
import Classifier

extension Bench {
  /// `sigstreamd bench pipeline`: the daemon's live path.
  struct Pipeline: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Windows per second of the live path, and the ages of results.",
      discussion: """
        Runs the daemon's pipeline in this process, with sockets over loopback TCP: samples are sent, decoded, cut into \
        windows, classified and published, and the results received. Measures the capacity, then the ages at a share of \
        it. With a model, 'bench inference' runs in the same rounds; without one a stand-in answers at once, so that the \
        rest is measured. The sender and the subscriber share the machine's cores with the pipeline.

        Examples:
          sigstreamd bench pipeline
          sigstreamd bench pipeline --model examples/ecg/ecg.safetensors --batch 32 --workers 2
        """)

    @Option(help: ArgumentHelp("The model to run. (default: a stand-in that answers at once)", valueName: "file"))
    var model: String?
    @Option(help: ArgumentHelp("Arithmetic of the model.", valueName: "name"))
    var precision = Precision.float32
    @Option(help: ArgumentHelp("Windows per batch.", valueName: "windows"))
    var batch = 32
    @Option(help: ArgumentHelp("Batches at the same time.", valueName: "number"))
    var workers = 1
    @Option(help: ArgumentHelp("Streams that are sent, in turn.", valueName: "number"))
    var streams = 8
    @Option(help: ArgumentHelp("Samples per message. (default: the hop, a quarter of a window)", valueName: "samples"))
    var message: Int?
    @Option(help: ArgumentHelp("Share of the capacity at which ages are measured.", valueName: "share"))
    var load = 0.5
    @Option(
      help: ArgumentHelp("How long each of five rounds measures the capacity, and the ages.", valueName: "seconds"))
    var seconds = 2.0
    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
      guard (1...4096).contains(batch), (1...1024).contains(workers), (1...4096).contains(streams),
        (1...1_000_000).contains(message ?? 1), load > 0, load < 1, seconds > 0, seconds <= 3600
      else {
        throw ValidationError(
          "--batch and --streams must be 1 to 4096, --workers 1 to 1024, --message up to 1000000, --load between 0 and "
            + "1, --seconds up to 3600")
      }
    }

    func run() throws {
      let bench = PipelineBench(
        model: try model.map { try PackedModel(Model.load(path: $0), precision: precision) }, batch: batch,
        workers: workers, streams: streams,
        messageFrames: message, load: load, seconds: seconds)
      let result = try bench.run()
      try StandardOutput.write(json ? try JSONText.encode(result) : result.text)
    }
  }
}
