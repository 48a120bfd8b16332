import Classifier
import StreamIO
import Windowing

/// Cuts the recordings of a dataset, one at a time and block by block: what stays in memory is where windows lie.
struct DatasetBuilder {
  let file: DatasetFile
  /// Where the samples go.
  private(set) var sink: SampleSink
  // Of segments, that of the last recording.
  private var folder: SegmentFolder?
  /// The first recording, which the others have to agree with.
  private var first: RecordingHeader?
  private var labelsOfNoClass: [String: Int] = [:]
  private var parts = Dictionary(uniqueKeysWithValues: DatasetPart.allCases.map { ($0, DatasetIndex.Part()) })

  init(_ file: DatasetFile, into sink: SampleSink) { (self.file, self.sink) = (file, sink) }

  /// What was found; nil where no recording was added.
  var index: DatasetIndex? {
    first.map { first in
      DatasetIndex(
        sampleRateHz: first.sampleRateHz ?? 0, channels: first.channels.map(\.name), labelsOfNoClass: labelsOfNoClass,
        parts: parts)
    }
  }

  /// What one file adds.
  private struct Addition {
    var first: RecordingHeader?
    var cutter: WindowCutter?
    var part = DatasetIndex.Part()
    var labelsOfNoClass: [String: Int] = [:]
  }

  /// Adds the recordings of one file; where one can't be used, none of them.
  ///
  /// - Throws: `FileError` where one can't be used; what the sink throws.
  mutating func add(_ item: RecordingList.Item) throws {
    let mark = sink.mark
    do {
      try merge(addition(of: item), into: item.part)
    } catch {
      sink.goBack(to: mark)
      throw error
    }
  }

  private mutating func addition(of item: RecordingList.Item) throws -> Addition {
    var content = try RecordingReader.open(path: item.path, folder: &folder)
    var addition = Addition(first: first)
    while let source = try content.next() {
      try add(source, named: Self.name(of: source.header, in: item), of: item.group, to: &addition)
    }
    guard let cutter = addition.cutter else {
      throw FileError(path: item.path, message: "holds no recording: check the file")
    }
    addition.part.records = [item.name]
    addition.part.table = cutter.table
    return addition
  }

  /// Series have names of their own behind that of their file, which the dataset may have made longer.
  private static func name(of header: RecordingHeader, in item: RecordingList.Item) -> String {
    guard header.label != nil else { return item.name }
    let stem = FilePath.stem(header.path)
    return header.name.hasPrefix(stem) ? item.name + header.name.dropFirst(stem.count) : header.name
  }

  private mutating func merge(_ addition: Addition, into part: DatasetPart) {
    first = addition.first
    labelsOfNoClass.merge(addition.labelsOfNoClass, uniquingKeysWith: +)
    parts[part, default: DatasetIndex.Part()].append(addition.part)
  }

  private mutating func add(
    _ source: any RecordingSource, named name: String, of group: String, to addition: inout Addition
  ) throws {
    var header = source.header
    header.sampleRateHz = file.sampleRateHz(of: header)
    var spans = try file.labelling.source.spans(
      of: source, sampleRateHz: header.sampleRateHz, named: name)
    let columns = try columns(of: header)
    if let columns { header.channels = columns.map { source.header.channels[$0] } }
    addition.part.groups[name] = group
    addition.part.rates[name] = header.sampleRateHz
    let conditioning = try conditioning(of: header)
    if let conditioning {
      header.sampleRateHz = conditioning.outputRateHz
      spans = spans.map { $0.placed(by: conditioning.ratio) }
    }
    if let first = addition.first { try check(header, agreesWith: first) } else { addition.first = header }
    let symbols = Set(file.labelling.classes.flatMap(\.symbols))
    for span in spans where !symbols.contains(span.label) { addition.labelsOfNoClass[span.label, default: 0] += 1 }
    var cutter = addition.cutter.take() ?? cutter(channels: header.channels.count)
    cutter.begin(name, spans: spans, at: sink.count)
    addition.part.frames += try cut(
      RecordingBlocks(source, columns: columns, conditioning: conditioning), with: &cutter)
    addition.cutter = cutter
  }

  /// Cuts a recording; returns its frames.
  private mutating func cut(_ blocks: consuming RecordingBlocks, with cutter: inout WindowCutter) throws -> Int {
    let channels = blocks.channels
    var frames = 0
    try blocks.forEach { block in
      let stored = cutter.append(block)
      try sink.append(block[stored.lowerBound * channels..<stored.upperBound * channels])
      frames += block.count / channels
    }
    StandardError.warn(of: blocks.damage)
    try sink.append([Float](repeating: 0, count: cutter.finish() * channels)[...])
    return frames
  }

  private func cutter(channels: Int) -> WindowCutter {
    WindowCutter(
      geometry: WindowGeometry(lengthSamples: file.lengthSamples, hopSamples: file.hopSamples, channels: channels),
      labelling: file.labelling, placement: file.placement)
  }

  /// The columns of the channels asked for; without any asked for all, except one that holds the labels. Nil: all.
  private func columns(of header: RecordingHeader) throws(FileError) -> [Int]? {
    if let channels = file.channels { return try header.columns(of: channels) }
    guard case .column(let column) = file.labelling.source else { return nil }
    let names = header.channels.map(\.name).filter { $0 != column }
    return names.count == header.channels.count ? nil : try header.columns(of: names)
  }

  private func conditioning(of header: RecordingHeader) throws(FileError) -> SignalConditioning? {
    let filters = file.filters ?? []
    guard file.resampleHz != nil || !filters.isEmpty else { return nil }
    guard let rate = header.sampleRateHz else {
      throw FileError(
        path: header.path, message: "has no rate to filter or resample it by: give one with 'sampleRate'")
    }
    return try SignalConditioning(of: header.path, from: rate, to: file.resampleHz ?? rate, filters: filters)
  }

  private func check(_ header: RecordingHeader, agreesWith first: RecordingHeader) throws(FileError) {
    let (rate, expected) = (header.sampleRateHz ?? 0, first.sampleRateHz ?? 0)
    guard rate == expected else {
      throw FileError(
        path: header.path,
        message: "has \(Quantity.text(rate)) samples a second, the recording before it "
          + "(\(first.name)) has \(Quantity.text(expected)): bring all to one with 'resample', or leave it out with 'exclude'"
      )
    }
    let (names, wanted) = (header.channels.map(\.name), first.channels.map(\.name))
    guard names.count == wanted.count, file.channels != nil || file.variable != nil || names == wanted else {
      throw FileError(
        path: header.path,
        message: "has the channels \(names.joined(separator: ", ")), the recording before it "
          + "(\(first.name)) has \(wanted.joined(separator: ", ")): choose some with 'channels'")
    }
  }
}
