import ArgumentParser
import Classifier
import Testing

@testable import sigstreamd

struct DistillationOptionsTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  @Test(arguments: [
    ("--temperature 4", "--temperature and --alpha go with --teacher"),
    ("--alpha 0.5", "--temperature and --alpha go with --teacher"),
    ("--teacher t --temperature 0", "--temperature must be 0.1 to 100"),
    ("--teacher t --temperature nan", "--temperature must be 0.1 to 100"),
    ("--teacher t --alpha 1.1", "--alpha must be 0 to 1"), ("--teacher t --alpha=-0.1", "--alpha must be 0 to 1"),
  ])
  func whatMakesNoSenseIsRefused(arguments: String, part: String) {
    expectFailure(part) { _ = try DistillationOptions.parse(arguments.split(separator: " ").map(String.init)) }
  }

  /// Runs `train` on windows of the classes 3 and 5, one epoch.
  private func train(_ options: [String]) throws {
    let (signals, labels) = try folder.sines()
    let arguments = [
      "train", "--signals", signals, "--labels", labels, "--model", "\(folder.path)/m.safetensors", "--preset", "tiny",
      "--epochs", "1",
    ]
    var command = try Sigstreamd.parseAsRoot(arguments + options)
    try command.run()
  }

  @Test func aTeacherOfOtherWindowsIsRefusedByName() throws {
    let path = "\(folder.path)/t.safetensors"
    expectFailure("t.safetensors: ") { try train(["--teacher", path]) }
    _ = try folder.model("t.safetensors", labels: ["3", "7"])
    expectFailure("y.npy: holds the class 5, the model has 3, 7") { try train(["--teacher", path]) }
    _ = try folder.model("t.safetensors", channels: 2)
    expectFailure("x.npy: has 1 channel, the model takes 2") { try train(["--teacher", path]) }
  }

  @Test func theTeacherIsNeverReplacedByTheStudent() throws {
    let model = try folder.model()
    expectFailure("m.safetensors") { try train(["--teacher", "\(folder.path)/m.safetensors"]) }
    #expect(try Model.load(path: "\(folder.path)/m.safetensors").identity == model.identity)
  }

  @Test func theRecordNamesTheTeacher() throws {
    let teacher = try folder.model("t.safetensors")
    try train(["--teacher", "\(folder.path)/t.safetensors"])
    let record = try #require(ModelInspection(Model.load(path: "\(folder.path)/m.safetensors")).training)
    #expect(record.teacher == teacher.identity)
  }
}
