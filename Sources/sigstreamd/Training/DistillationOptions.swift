import ArgumentParser
import Classifier

/// What `train` takes from a larger model.
struct DistillationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Learn from this checkpoint's answers too: a small model gets nearly as good as a large one.", valueName: "file"))
  var teacher: String?
  @Option(
    help: ArgumentHelp(
      "What both models' logits are divided by: the higher, the more the less likely classes count. (default: 4)",
      valueName: "number"))
  var temperature: Double?
  @Option(
    help: ArgumentHelp(
      "Share of the loss that is the teacher's; the rest is the labels'. (default: 0.7)", valueName: "share"))
  var alpha: Double?

  func validate() throws {
    guard teacher != nil || (temperature == nil && alpha == nil) else {
      throw ValidationError("--temperature and --alpha go with --teacher.")
    }
    if let temperature, !(0.1...100).contains(temperature) {
      throw ValidationError("--temperature must be 0.1 to 100.")
    }
    if let alpha, !(0...1).contains(alpha) { throw ValidationError("--alpha must be 0 to 1.") }
  }

  func loadTeacher() throws -> Model? { try teacher.map { try Model.load(path: $0) } }

  func distillation(from teacher: Model) -> Distillation {
    Distillation(teacher: teacher, temperature: temperature ?? 4, alpha: alpha ?? 0.7)
  }
}
