import FuzzDriver

/// The decoders of messages, recordings and checkpoints.
@main enum Readers {
  static func main() {
    Fuzzer.run(wire + [checkpoint] + arrays + wfdb + recordings)
  }
}
