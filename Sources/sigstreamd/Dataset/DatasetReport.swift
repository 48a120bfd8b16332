import Classifier
import Foundation

/// What is in a dataset: counts by class, group and part, durations, files that can't be used, and what looks like a leak.
struct DatasetReport {
  let dataset: Dataset
  /// Why files were left out.
  let broken: [String]

  /// For people to read.
  var text: String {
    var sections = [summary, classTable, groupTable]
    if !broken.isEmpty { sections.append("files that can't be used:\n" + Self.list(broken)) }
    if !warnings.isEmpty { sections.append("note:\n" + Self.list(warnings)) }
    return sections.joined(separator: "\n\n")
  }

  private static func list(_ lines: [String]) -> String { lines.map { "  - \($0)" }.joined(separator: "\n") }

  private var usedParts: [DatasetPart] { DatasetPart.allCases.filter { !dataset[$0].records.isEmpty } }

  private var summary: String {
    let rate = dataset.sampleRateHz
    let windows = dataset.file.lengthSamples
    let seconds = rate > 0 ? " (\(Quantity.text((Double(windows) / rate * 1000).rounded() / 1000)) s)" : ""
    let length = "\(windows) samples\(seconds)"
    return "\(dataset.file.name): \(dataset.labels.count) classes, windows of \(length), "
      + "\(dataset.channels.count) channel\(dataset.channels.count == 1 ? "" : "s") (\(dataset.channels.joined(separator: ", ")))"
      + (rate > 0 ? ", \(Quantity.text(rate)) Hz" : "")
  }

  private var classTable: String {
    var table = TextTable([.left("CLASS")] + usedParts.map { .right($0.rawValue.uppercased()) })
    for (index, name) in dataset.labels.enumerated() {
      table.add([name] + usedParts.map { String(dataset[$0].windows.labels.count { $0 == index }) })
    }
    table.add(["without a class"] + usedParts.map { String(dataset[$0].unlabelled) })
    table.add(["with missing samples"] + usedParts.map { String(dataset[$0].incomplete) })
    table.add(["files"] + usedParts.map { String(dataset[$0].records.count) })
    table.add(["groups"] + usedParts.map { String(Set(dataset[$0].groups.values).count) })
    let rate = dataset.sampleRateHz
    if rate > 0 {
      table.add(["minutes"] + usedParts.map { Quantity.text((Double(dataset[$0].frames) / rate / 6).rounded() / 10) })
    }
    return table.text
  }

  private var groupTable: String {
    var table = TextTable([.left("GROUP"), .left("PART")] + dataset.labels.map { .right($0) })
    for part in usedParts {
      let counts = classCounts(part)
      for group in counts.keys.sorted() {
        table.add([group, part.rawValue] + (counts[group] ?? []).map { String($0) })
      }
    }
    return table.text
  }

  /// Windows by class, for each group of a part.
  private func classCounts(_ part: DatasetPart) -> [String: [Int]] {
    let content = dataset[part]
    let none = [Int](repeating: 0, count: dataset.labels.count)
    var counts = Dictionary(content.groups.values.map { ($0, none) }, uniquingKeysWith: { first, _ in first })
    for (source, label) in zip(content.sources, content.windows.labels) {
      counts[content.groups[source.record] ?? "", default: none][label] += 1
    }
    return counts
  }

  /// What looks like a leak, or like a class that can't be learnt.
  var warnings: [String] {
    var warnings: [String] = []
    let counts = usedParts.map(classCounts)
    for (index, name) in dataset.labels.enumerated() {
      let groups = counts.flatMap { part in part.filter { $0.value[index] > 0 }.keys }
      if groups.count == 1 {
        warnings.append(
          "class \(name) is in one group only (\(groups[0])): a model may learn the group instead, add another")
      }
    }
    let training = dataset[.training].windows
    var known = WindowIndex(training)
    for n in 0..<training.count { _ = known.insert(n) }
    for part in [DatasetPart.validation, .test] {
      let windows = dataset[part].windows
      let copies = (0..<windows.count).count { known.contains(windows, $0) }
      if copies > 0 {
        warnings.append(
          "\(copies) of \(windows.count) \(part.rawValue) windows are also in the training part: its figures will flatter"
        )
      }
    }
    warnings += [ratesOfClasses].compactMap { $0 }
    if !dataset.annotationsOfNoClass.isEmpty {
      let labels = dataset.annotationsOfNoClass.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      warnings.append("labels that stand for no class: " + labels.map { "\($0) \($1)" }.joined(separator: ", "))
    }
    return warnings
  }

  /// A class of recordings that were taken at other rates than another's can be told by their band alone.
  private var ratesOfClasses: String? {
    var rates = [Set<Double>](repeating: [], count: dataset.labels.count)
    for part in usedParts {
      let content = dataset[part]
      for (source, label) in zip(content.sources, content.windows.labels) {
        if let rate = content.rates[source.record] { rates[label].insert(rate) }
      }
    }
    let known = dataset.labels.indices.filter { !rates[$0].isEmpty }
    guard Set(known.map { rates[$0] }).count > 1 else { return nil }
    let texts = known.map { label in
      "\(dataset.labels[label]) of \(rates[label].sorted().map(Quantity.text).joined(separator: " and ")) Hz"
    }
    return "classes were recorded at other rates (\(texts.joined(separator: ", "))): a model may learn the rate instead"
  }
}
