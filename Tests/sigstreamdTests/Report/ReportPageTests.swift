import ArgumentParser
import Classifier
import Foundation
import FoundationXML
import StreamIO
import Testing

@testable import sigstreamd

/// The page that `train --report` and `evaluate --report` write.
struct ReportPageTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// The elements of a page that is well-formed, which a text that was not escaped would break, and its text.
  private func parsed(_ html: String) throws -> PageContent {
    let content = PageContent()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = content
    try #require(parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    return content
  }

  private func train(_ arguments: String..., report: String = "r.html") throws -> String {
    let (signals, labels) = try folder.sines()
    let files = ["--signals", signals, "--labels", labels, "--model", path("m.safetensors")]
    try Train.parse(files + ["--preset", "tiny", "--report", path(report)] + arguments).run()
    return try String(contentsOfFile: path(report), encoding: .utf8)
  }

  @Test func trainingIsShownWithItsCurvesAndFigures() throws {
    let html = try train("--epochs", "3", "--batch", "8", "--validation", "0.5", "--sample-rate", "50")
    let page = try parsed(html)
    #expect(
      page.texts("h2") == [
        "The run", "Learning curves", "Validation part: figures", "Validation part: confusion matrix",
        "Validation part: precision and recall", "Validation part: reliability",
        "Validation part: most confident mistakes",
      ])
    let identity = try Model.load(path: path("m.safetensors")).identity
    #expect(html.contains(identity) && html.contains("3 epochs, batches of 8"))
    for outside in ["<script", "src=", "href=", "url(", "http"] { #expect(!html.contains(outside)) }
    for number in ["nan", "inf"] { #expect(!html.contains("\"\(number)\"") && !html.contains(",\(number)")) }
  }

  @Test func withoutValidationWindowsTheCurvesAreLeft() throws {
    let page = try parsed(train("--epochs", "1", "--validation", "0"))
    #expect(page.texts("h2") == ["The run", "Learning curves"])
    #expect(page.texts("figcaption") == ["training loss", "learning rate"])
  }

  @Test func aMeasuredModelIsShownWithoutCurves() throws {
    _ = try train("--epochs", "1")
    let arguments = ["--model", path("m.safetensors"), "--signals", path("x.npy"), "--labels", path("y.npy")]
    try Evaluate.parse(arguments + ["--report", path("e.html")]).run()
    let page = try parsed(String(contentsOfFile: path("e.html"), encoding: .utf8))
    #expect(page.texts("h2").prefix(2) == ["The run", "All windows: figures"])
    #expect(page.texts("h1") == ["m.safetensors measured"])
  }

  @Test func theMostConfidentMistakesAreDrawnAndNamedWhateverTheNames() throws {
    let labels = ["<b>&\"'", String(repeating: "long ", count: 40), "c\u{7}\n"]
    let model = try folder.model(channels: 6, labels: labels)
    // Four windows of 6 channels; the second is padded, the third is not finite in places.
    var samples = (0..<4 * 32 * 6).map { Float($0 % 17) }
    for place in stride(from: 2 * 32 * 6, to: 2 * 32 * 6 + 60, by: 1) { samples[place] = .nan }
    let windows = LabelledWindows(
      samples: samples, windowSamples: 32, channels: 6, labels: [0, 1, 2, 2], valid: [32, 8, 32, 1])
    let scores = ScoredWindows(
      truth: [0, 1, 2, 2], predicted: [1, 0, 0, 2],
      probabilities: [[0.1, 0.8, 0.1], [0.9, 0.1, 0], [0.4, 0.3, 0.3], [0, 0, 1]])
    let part = MeasuredPart(
      name: "Test <part>", windows: windows, sources: .numbered("<x>.npy"), scores: scores,
      evaluation: Evaluation(labels: labels, truth: scores.truth, predicted: scores.predicted))
    let html = ReportPage(title: "a <title>", model: model, path: "<m>&", parts: [part]).html
    let page = try parsed(html)
    #expect(page.texts("h1") == ["a <title>"])
    let mistakes = page.texts("figcaption").filter { $0.contains("taken for") }
    #expect(mistakes.count == 3)
    #expect(mistakes[0].hasPrefix("<b>&\"' taken for") == false && mistakes[0].contains("90.0\u{A0}% sure"))
    #expect(mistakes[0].hasSuffix("window 1 of <x>.npy") && mistakes[1].hasSuffix("window 0 of <x>.npy"))
    #expect(html.contains(">padding</text>") && html.contains("2 more channels are not drawn"))
    #expect(!html.contains("nan"))
  }

  @Test func outputsThatCanNotBeWrittenAreToldBeforeTraining() throws {
    expectFailure("make its folder first") { _ = try train(report: "none/r.html") }
    expectFailure("is given for two files") { _ = try train(report: "x.npy") }
    expectFailure("is given for two files") { _ = try train(report: "m.safetensors") }
    expectFailure("is given for two files") { _ = try train("--log", path("r.html")) }
    expectFailure("x.npy: can't be made a directory") { _ = try train("--tensorboard", path("x.npy")) }
    #expect(!FileManager.default.fileExists(atPath: path("m.safetensors")))
  }

  /// The curves of a run that was cut short and resumed are those of one that was not.
  @Test func aResumedRunKeepsItsHistory() throws {
    let (signals, labels) = try folder.sines()
    var data = try DataOptions.parse(["--signals", signals, "--labels", labels]).trainingData(for: nil)
    data.splitValidation(share: 0.25, seed: 1)
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch) = (3, 8, 4)
    let start = try folder.model("start.safetensors")
    func run(_ name: String, stop: StopSignal = StopSignal()) throws -> TrainingRun {
      TrainingRun(
        data: data, options: options, output: try OutputFile(path(name)), command: "test", parameters: 1, stop: stop)
    }
    var whole = try run("whole")
    _ = try whole.run(from: start)

    let stop = StopSignal()
    var cut = try run("cut", stop: stop)
    cut.logs = [StopAfter(step: 5, stop: stop)]
    _ = try cut.run(from: start)
    #expect(cut.history.epochs.count == 2, "the second epoch is cut short")
    var resumed = try run("cut")
    #expect(try resumed.resume() == 5)
    #expect(resumed.history.epochs.count == 1)
    _ = try resumed.run(from: start)
    #expect(resumed.history == whole.history && whole.history.epochs.count == 3 && whole.history.steps == 9)
  }
}

/// Asks for a stop after a step.
private struct StopAfter: TrainingLog {
  let step: Int
  let stop: StopSignal

  func append(_ step: TrainingStep) { if step.step == self.step { stop.request() } }
  func append(_ epoch: TrainingEpoch) {}
}

/// The text of each element, by the element's name.
private final class PageContent: NSObject, XMLParserDelegate {
  private var found: [(name: String, text: String)] = []
  private var open: [Int] = []

  func texts(_ name: String) -> [String] {
    found.filter { $0.name == name }.map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(found.count)
    found.append((element, ""))
  }

  func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    for index in open { found[index].text += string }
  }
}
