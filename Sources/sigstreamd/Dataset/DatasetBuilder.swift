import Classifier
import StreamIO
import Windowing

/// Cuts the recordings of a dataset, one at a time, so that only their windows stay in memory.
struct DatasetBuilder {
  let file: DatasetFile
  /// The first recording, which the others have to agree with.
  private(set) var first: RecordingHeader?
  private(set) var labelsOfNoClass: [String: Int] = [:]
  private var cutters: [DatasetPart: WindowCutter] = [:]
  private var records: [DatasetPart: [String]] = [:]
  private var groups: [DatasetPart: [String: String]] = [:]
  private var frames: [DatasetPart: Int] = [:]

  init(_ file: DatasetFile) { self.file = file }

  /// Adds the recordings of one file.
  ///
  /// - Throws: `FileError` where one can't be used.
  mutating func add(_ item: RecordingList.Item) throws(FileError) {
    var content = try RecordingReader.open(path: item.path)
    var count = 0
    while var source = try content.next() {
      let recording = try source.readAll()
      let isSeries = recording.header.label != nil
      try add(recording, to: item, name: isSeries ? recording.name : item.name)
      count += 1
    }
    guard count > 0 else { throw FileError(path: item.path, message: "holds no recording: check the file") }
    records[item.part, default: []].append(item.name)
  }

  /// Every part; one without recordings holds no windows.
  var parts: [DatasetPart: Dataset.Part] {
    let channels = first?.channels.count ?? 1
    return Dictionary(
      uniqueKeysWithValues: DatasetPart.allCases.map { part in
        let cutter = cutters[part] ?? cutter(channels: channels)
        return (
          part,
          Dataset.Part(
            records: records[part] ?? [], groups: groups[part] ?? [:], frames: frames[part] ?? 0,
            windows: cutter.windows,
            sources: cutter.sources, unlabelled: cutter.unlabelled, incomplete: cutter.incomplete)
        )
      })
  }

  private mutating func add(_ whole: Recording, to item: RecordingList.Item, name: String) throws(FileError) {
    var spans = try file.labelling.source.spans(of: whole)
    var recording = try selected(whole)
    if let conditioning = try conditioning(of: recording) {
      recording = recording.conditioned(by: conditioning)
      spans = spans.map { $0.placed(by: conditioning.ratio) }
    }
    try check(recording)
    let symbols = Set(file.labelling.classes.flatMap(\.symbols))
    for span in spans where !symbols.contains(span.label) { labelsOfNoClass[span.label, default: 0] += 1 }
    var cutter = cutters.removeValue(forKey: item.part) ?? cutter(channels: recording.channels.count)
    cutter.add(recording, spans: spans, name: name)
    cutters[item.part] = cutter
    groups[item.part, default: [:]][name] = item.group
    frames[item.part, default: 0] += recording.frameCount
  }

  private func cutter(channels: Int) -> WindowCutter {
    WindowCutter(
      geometry: WindowGeometry(lengthSamples: file.lengthSamples, hopSamples: file.hopSamples, channels: channels),
      labelling: file.labelling, placement: file.placement)
  }

  /// The channels asked for; without any all, except one that holds the labels.
  private func selected(_ recording: Recording) throws(FileError) -> Recording {
    if let channels = file.channels { return try recording.selecting(channels: channels) }
    guard case .column(let column) = file.labelling.source else { return recording }
    let names = recording.channels.map(\.name).filter { $0 != column }
    return names.count == recording.channels.count ? recording : try recording.selecting(channels: names)
  }

  private func conditioning(of recording: Recording) throws(FileError) -> SignalConditioning? {
    let filters = file.filters ?? []
    guard file.resampleHz != nil || !filters.isEmpty else { return nil }
    guard let rate = recording.sampleRateHz ?? file.sampleRateHz else {
      throw FileError(
        path: recording.path, message: "has no rate to filter or resample it by: give one with 'sampleRate'")
    }
    return try SignalConditioning(of: recording.path, from: rate, to: file.resampleHz ?? rate, filters: filters)
  }

  private mutating func check(_ recording: Recording) throws(FileError) {
    var header = recording.header
    header.sampleRateHz = header.sampleRateHz ?? file.sampleRateHz
    guard let first else {
      first = header
      return
    }
    let (rate, expected) = (header.sampleRateHz ?? 0, first.sampleRateHz ?? 0)
    guard rate == expected else {
      throw FileError(
        path: recording.path,
        message: "has \(Quantity.text(rate)) samples a second, the recording before it "
          + "(\(first.name)) has \(Quantity.text(expected)): bring all to one with 'resample', or leave it out with 'exclude'"
      )
    }
    let (names, wanted) = (recording.channels.map(\.name), first.channels.map(\.name))
    guard names.count == wanted.count, file.channels != nil || file.variable != nil || names == wanted else {
      throw FileError(
        path: recording.path,
        message: "has the channels \(names.joined(separator: ", ")), the recording before it "
          + "(\(first.name)) has \(wanted.joined(separator: ", ")): choose some with 'channels'")
    }
  }
}
