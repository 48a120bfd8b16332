import ArgumentParser
import Classifier

/// How training computes: numbers that products are formed from, and what is kept between forward and backward.
struct TrainingArithmetic: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Numbers that matrix products are formed from: float32, or bf16 where the processor has it. Sums are float32.",
      valueName: "precision"))
  var precision = Precision.float32
  @Flag(
    help: "Keep fewer activations and work the others out again: less memory, more time, the same result to the bit.")
  var checkpointActivations = false

  func validate() throws {
    if precision == .int8 {
      throw ValidationError(
        "--precision must be float32 or bf16: int8 is made from a trained model by `model quantize`")
    }
    if let obstacle = precision.obstacle { throw ValidationError(obstacle) }
  }

  func apply(to options: inout TrainingOptions) {
    options.precision = precision
    options.checkpointActivations = checkpointActivations
  }
}
