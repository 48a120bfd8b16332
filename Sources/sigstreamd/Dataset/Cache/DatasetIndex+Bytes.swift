import Classifier
import Foundation

/// The index in a file of the cache: the length of a JSON object (8 bytes), the object, and the columns of each part's
/// windows one after the other, in this machine's byte order.
extension DatasetIndex {
  private struct Description: Codable {
    var sampleRateHz: Double
    var channels: [String]
    var labelsOfNoClass: [String: Int]
    var parts: [Part]

    struct Part: Codable {
      var part: DatasetPart
      var records: [String]
      var groups: [String: String]
      var rates: [String: Double]
      var frames: Int
      var unlabelled: Int
      var incomplete: Int
      var windows: Int
    }
  }

  /// - Precondition: the traits are known.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let parts = DatasetPart.allCases.compactMap { part in self.parts[part].map { (part, $0) } }
    let description = try encoder.encode(
      Description(
        sampleRateHz: sampleRateHz, channels: channels, labelsOfNoClass: labelsOfNoClass,
        parts: parts.map { part, content in
          Description.Part(
            part: part, records: content.records, groups: content.groups, rates: content.rates, frames: content.frames,
            unlabelled: content.table.unlabelled, incomplete: content.table.incomplete,
            windows: content.table.starts.count)
        }))
    var bytes = Data()
    [description.count].withUnsafeBytes { bytes.append(contentsOf: $0) }
    bytes.append(description)
    for (_, part) in parts { part.appendColumns(to: &bytes) }
    return bytes
  }

  /// - Parameters:
  ///   - samples: that there are.
  ///   - file: whose windows they are.
  /// - Returns: nil where the bytes are no index of such windows.
  init?(_ bytes: Data, samples: Int, for file: DatasetFile) {
    var reader = ColumnReader(bytes: bytes)
    guard let length = reader.next(Int.self, count: 1)?.first, let text = reader.next(UInt8.self, count: length),
      let description = try? JSONDecoder().decode(Description.self, from: Data(text)), !description.channels.isEmpty
    else { return nil }
    self.init(
      sampleRateHz: description.sampleRateHz, channels: description.channels,
      labelsOfNoClass: description.labelsOfNoClass, parts: [:])
    let size = file.lengthSamples * channels.count
    for part in description.parts {
      var content = Part(records: part.records, groups: part.groups, rates: part.rates, frames: part.frames)
      content.table.unlabelled = part.unlabelled
      content.table.incomplete = part.incomplete
      guard content.readColumns(&reader, count: part.windows),
        content.table.starts.allSatisfy({ $0 >= 0 && $0 <= samples - size }),
        content.table.labels.allSatisfy({ file.labelling.classes.indices.contains($0) }),
        content.table.valid.allSatisfy({ (0...file.lengthSamples).contains($0) })
      else { return nil }
      parts[part.part] = content
    }
    guard parts.count == DatasetPart.allCases.count, reader.isAtEnd else { return nil }
  }
}

extension DatasetIndex.Part {
  /// The recordings, in the order in which the columns count them.
  private var names: [String] { groups.keys.sorted() }

  fileprivate func appendColumns(to bytes: inout Data) {
    guard let traits else { preconditionFailure("traits are found before an index is written") }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let records = table.sources.map { places[$0.record] ?? 0 }
    for column in [table.starts, table.labels, table.valid, records, table.sources.map(\.startSample)] {
      column.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    traits.digests.withUnsafeBytes { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: traits.constant.map { $0 ? 1 : 0 })
  }

  /// Returns whether there were such columns.
  fileprivate mutating func readColumns(_ reader: inout ColumnReader, count: Int) -> Bool {
    let names = names
    guard let starts = reader.next(Int.self, count: count), let labels = reader.next(Int.self, count: count),
      let valid = reader.next(Int.self, count: count), let records = reader.next(Int.self, count: count),
      let startSamples = reader.next(Int.self, count: count),
      let digests = reader.next(WindowDigest.self, count: count),
      let constant = reader.next(UInt8.self, count: count), records.allSatisfy(names.indices.contains)
    else { return false }
    (table.starts, table.labels, table.valid) = (starts, labels, valid)
    table.sources = zip(records, startSamples).map { WindowCutter.Source(record: names[$0], startSample: $1) }
    traits = WindowTraits(digests: digests, constant: constant.map { $0 != 0 })
    return true
  }
}

/// Reads numbers that lie one after the other.
private struct ColumnReader {
  let bytes: Data
  private var position = 0

  init(bytes: Data) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// The next numbers; nil where there are fewer.
  mutating func next<Number: BitwiseCopyable>(_ type: Number.Type, count: Int) -> [Number]? {
    guard count >= 0, count <= (bytes.count - position) / MemoryLayout<Number>.stride else { return nil }
    let start = bytes.startIndex + position
    let range = start..<start + count * MemoryLayout<Number>.stride
    position += range.count
    return [Number](unsafeUninitializedCapacity: count) { buffer, filled in
      bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer), from: range)
      filled = count
    }
  }
}
