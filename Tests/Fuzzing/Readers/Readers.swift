import FuzzDriver

/// The decoders of messages, recordings and checkpoints.
@main enum Readers {
  static func main() {
    Fuzzer.run(wire + checkpoints + arrays + wfdb + recordings)
  }
}
