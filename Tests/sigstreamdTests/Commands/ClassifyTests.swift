import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// `classify --windows`: arrays in, arrays out.
struct ClassifyTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func classify(_ windows: String, _ more: String...) throws {
    try Classify.parse(["--model", path("m.safetensors"), "--windows", windows, "--logits", path("z.npy")] + more).run()
  }

  @Test func logitsAndEmbeddingsAreThePredictors() throws {
    let model = try folder.model(channels: 2)
    // (N, C, L) in the file, (L, C) for the predictor.
    let frames = (0..<3).map { n in (0..<64).map { Float(($0 * 7 + n * 3) % 11) } }
    let numbers = frames.flatMap { window in (0..<2).flatMap { c in (0..<32).map { window[$0 * 2 + c] } } }
    try classify(folder.array("w.npy", shape: [3, 2, 32], numbers), "--embeddings", path("e.npy"))
    let expected = Predictor(model: model).predict(frames)
    let (logits, embeddings) = (try NumPyArray.read(path: path("z.npy")), try NumPyArray.read(path: path("e.npy")))
    #expect((logits.shape, embeddings.shape) == ([3, 2], [3, 32]))
    #expect(logits.floats() == expected.logits)
    #expect(embeddings.floats() == expected.embeddings)
  }

  @Test func paddingIsGivenByNaNOrByNumbers() throws {
    _ = try folder.model()
    let numbers = (0..<32).map { Float($0 % 7) }
    try classify(folder.array("a.npy", shape: [1, 32], numbers.prefix(20) + [Float](repeating: .nan, count: 12)))
    let byNaN = try NumPyArray.read(path: path("z.npy"))
    let valid = try folder.array("v.npy", shape: [1], [20])
    try classify(folder.array("b.npy", shape: [1, 32], numbers), "--valid", valid)
    #expect(try NumPyArray.read(path: path("z.npy")) == byNaN)
    try classify(path("b.npy"))
    #expect(try NumPyArray.read(path: path("z.npy")) != byNaN)
  }

  @Test func windowsThatDoNotFitAreRefused() throws {
    _ = try folder.model()
    expectFailure("w.npy: has 2 channels, the model takes 1") {
      try classify(folder.array("w.npy", shape: [1, 2, 32], [Float](repeating: 0, count: 64)))
    }
    let windows = try folder.array("x.npy", shape: [2, 32], [Float](repeating: 0, count: 64))
    expectFailure("v.npy: holds 33: write samples per window, 1 to 32") {
      try classify(windows, "--valid", folder.array("v.npy", shape: [2], [1, 33]))
    }
    expectFailure("v.npy: has the shape (1,), expected (2,)") {
      try classify(windows, "--valid", folder.array("v.npy", shape: [1], [1]))
    }
    #expect(!FileManager.default.fileExists(atPath: path("z.npy")))
  }

  @Test func outputsAreCheckedBeforeAnythingIsWritten() throws {
    _ = try folder.model()
    let windows = try folder.array("x.npy", shape: [2, 32], [Float](repeating: 0, count: 64))
    expectFailure("make its folder first") { try classify(windows, "--embeddings", path("none/e.npy")) }
    expectFailure("is given for two files") { try classify(windows, "--embeddings", path("z.npy")) }
    expectFailure("is given for two files") { try classify(windows, "--embeddings", windows) }
    #expect(!FileManager.default.fileExists(atPath: path("z.npy")))
  }

  @Test(arguments: [
    ([], "Give a recording, or --windows and --logits"),
    (["119", "--windows", "w", "--logits", "z"], "Give a recording, or --windows and --logits"),
    (["--windows", "w"], "--windows and --logits go together"),
    (["119", "--logits", "z"], "--windows and --logits go together"),
    (["119", "--valid", "v"], "--embeddings and --valid go with --windows"),
    (["119", "--threads", "0"], "--threads must be 1 to 1024"),
  ])
  func optionsThatDoNotGoTogetherAreUsageErrors(arguments: [String], part: String) {
    expectFailure(part) { _ = try Classify.parse(["--model", "m"] + arguments) }
  }
}
