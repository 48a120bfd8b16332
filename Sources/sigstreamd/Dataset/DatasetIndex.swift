import Classifier

/// All that a dataset is, but for the samples.
struct DatasetIndex: Sendable {
  struct Part: Sendable {
    /// As ``Dataset/Part`` has them.
    var records: [String] = []
    var groups: [String: String] = [:]
    var rates: [String: Double] = [:]
    var frames = 0
    var table = WindowTable()
    /// Of the table's windows; nil: not known.
    var traits: WindowTraits?
  }

  var sampleRateHz: Double
  /// At least one.
  var channels: [String]
  var labelsOfNoClass: [String: Int] = [:]
  /// Every part.
  var parts: [DatasetPart: Part]

  /// Finds out the traits of all windows, which are read from `store` for it.
  mutating func findTraits(in store: SampleStore, length: Int) {
    parts = parts.mapValues { part in
      var part = part
      part.traits = part.table.windows(in: store, length: length, channels: channels.count).findTraits()
      return part
    }
  }
}

extension DatasetIndex.Part {
  /// Adds what a file holds.
  mutating func append(_ other: DatasetIndex.Part) {
    records += other.records
    groups.merge(other.groups) { _, new in new }
    rates.merge(other.rates) { _, new in new }
    frames += other.frames
    table.starts += other.table.starts
    table.labels += other.table.labels
    table.valid += other.table.valid
    table.sources += other.table.sources
    table.unlabelled += other.table.unlabelled
    table.incomplete += other.table.incomplete
  }
}
