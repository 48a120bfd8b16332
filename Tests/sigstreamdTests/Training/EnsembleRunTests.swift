import ArgumentParser
import Classifier
import Foundation
import Testing

@testable import sigstreamd

/// `train --ensemble`.
struct EnsembleRunTests {
  private let folder: DatasetFolder
  private let signals: String
  private let labels: String

  init() throws {
    folder = try DatasetFolder()
    (signals, labels) = try folder.sines()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func train(_ model: String, _ options: [String]) throws {
    let arguments = ["train", "--signals", signals, "--labels", labels, "--preset", "tiny", "--epochs", "2"]
    var command = try Sigstreamd.parseAsRoot(arguments + ["--batch", "8", "--model", path(model)] + options)
    try command.run()
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("m.safetensors") }.sorted()
  }

  /// Member n is to the bit the model that the seed S + n gives alone, on the same windows.
  @Test func membersAreTheModelsOfTheFollowingSeeds() throws {
    try train("m.safetensors", ["--ensemble", "3", "--seed", "5", "--validation", "0"])
    let ensemble = try Model.load(path: path("m.safetensors"))
    #expect(ensemble.memberCount == 3)
    for (n, member) in ensemble.members.enumerated() {
      try train("single.safetensors", ["--seed", "\(5 + n)", "--validation", "0"])
      #expect(try Model.load(path: path("single.safetensors")).numbersDigest == member.numbersDigest)
    }
    #expect(try files() == ["m.safetensors"], "nothing is left beside it")
    #expect(ensemble.novelty != nil)
    let inspection = ModelInspection(ensemble)
    let record = try #require(inspection.training)
    #expect(record.members?.map(\.epoch) == [2, 2, 2] && record.validation == nil)
    #expect(inspection.text.contains(" in an ensemble of 3 models\n"))
    #expect(inspection.text.contains("\nepochs kept  "))
  }

  /// Stops an ensemble of three in the first step of a member.
  private func interrupt(in member: Int = 2) throws {
    let stop = StopSignal()
    var run = try ensemble(stop: stop)
    _ = try run.run(from: starts(), resuming: false) { run, _ in
      if run.record.member == member { stop.request() }
    }
    #expect(run.isStopped)
  }

  private func starts() throws -> [Model] { try Array(repeating: folder.model("start.safetensors"), count: 3) }

  private func ensemble(to name: String = "m.safetensors", stop: StopSignal = StopSignal()) throws -> EnsembleRun {
    var data = try DataOptions.parse(["--signals", signals, "--labels", labels]).trainingData(for: nil)
    data.splitValidation(share: 0.25, seed: 1)
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch) = (2, 8, 4)
    let first = TrainingRun(
      data: data, options: options, output: try OutputFile(path(name)), command: "test", parameters: 1,
      stop: stop)
    return try EnsembleRun(first, members: 3, group: SingleProcess())
  }

  @Test func anInterruptedOneGoesOnToTheBytesOfAnUninterruptedOne() throws {
    var whole = try ensemble(to: "whole.safetensors")
    _ = try whole.run(from: starts(), resuming: false) { _, _ in }
    try interrupt()
    #expect(try files() == ["m.safetensors.member-1", "m.safetensors.member-2", "m.safetensors.member-2.training"])
    var rest = try ensemble()
    expectFailure("m.safetensors.member-1: is of an ensemble whose training was interrupted: give --resume") {
      try rest.checkNothingIsLeft()
    }
    var begun: [Int] = []
    _ = try rest.run(from: starts(), resuming: true) { _, steps in begun.append(steps) }
    #expect(begun == [1, 0], "the first is done, the second goes on after its step, the third begins")
    #expect(try bytes(path("m.safetensors")) == bytes(path("whole.safetensors")))
    #expect(try files() == ["m.safetensors"])
  }

  /// As the message about a damaged state advises; what is left of the member is its best epoch so far.
  @Test(arguments: [1, 2]) func aMemberWithoutItsStateIsTrainedAnew(member: Int) throws {
    var whole = try ensemble(to: "whole.safetensors")
    _ = try whole.run(from: starts(), resuming: false) { _, _ in }
    try interrupt(in: member)
    try FileManager.default.removeItem(atPath: path("m.safetensors.member-\(member).training"))
    var rest = try ensemble()
    var begun: [Int] = []
    _ = try rest.run(from: starts(), resuming: true) { _, steps in begun.append(steps) }
    #expect(begun == Array(repeating: 0, count: 4 - member), "this one and those after it")
    #expect(try bytes(path("m.safetensors")) == bytes(path("whole.safetensors")))
    let record = ModelInspection(try Model.load(path: path("m.safetensors"))).training
    #expect(record?.isFinished == nil, "that is the members'")
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test func membersOfAnotherRunDoNotGoOn() throws {
    try interrupt()
    var other = try ensemble()
    try FileManager.default.removeItem(atPath: path("m.safetensors.member-1"))
    try FileManager.default.copyItem(
      atPath: path("m.safetensors.member-2"), toPath: path("m.safetensors.member-1"))
    expectFailure("m.safetensors.member-1: was trained by another command or on other data (test): give the same") {
      _ = try other.run(from: starts(), resuming: true) { _, _ in }
    }
    try FileManager.default.removeItem(atPath: path("m.safetensors.member-1"))
    expectFailure("m.safetensors.member-1.training: there is nothing to resume") {
      _ = try other.run(from: starts(), resuming: true) { _, _ in }
    }
  }

  @Test func eachMemberHasItsLogAndTheReportItsCurves() throws {
    try train("m.safetensors", ["--ensemble", "2", "--log", path("log"), "--report", path("page.html")])
    for n in 1...2 {
      let log = try String(contentsOfFile: path("log.member-\(n)"), encoding: .utf8).split(separator: "\n")
      // 22 of 24 windows, the others for validation: two epochs of three steps.
      #expect(log.count == 6)
    }
    let page = try String(contentsOfFile: path("page.html"), encoding: .utf8)
    let record = ModelInspection(try Model.load(path: path("m.safetensors"))).training
    #expect(record?.validation?.windows == 2 && record?.members?.count == 2)
    #expect(page.contains("Learning curves of member 1") && page.contains("Learning curves of member 2"))
  }

  @Test func whatAnEnsembleCannotDoIsTold() throws {
    try train("m.safetensors", ["--ensemble", "2", "--epochs", "1"])
    let model = path("m.safetensors")
    expectFailure("--ensemble must be 1 to 64") { try train("x.safetensors", ["--ensemble", "0"]) }
    expectFailure("--ensemble goes without --init") {
      try train("x.safetensors", ["--ensemble", "2", "--init", model])
    }
    expectFailure("m.safetensors: is an ensemble of 2 models: start from a single one") {
      var command = try Sigstreamd.parseAsRoot([
        "train", "--signals", signals, "--labels", labels, "--model", path("x.safetensors"), "--init", model,
      ])
      try command.run()
    }
    expectFailure("is an ensemble of 2 models: only a single one is exported") {
      try ModelCommand.Export.parse([model, path("m.onnx")]).run()
    }
    expectFailure("is an ensemble of 2 models: only a single one is made 8-bit") {
      try ModelCommand.Quantize.parse([model, path("q.safetensors"), "--calibrate", signals]).run()
    }
  }
}
