/// Series of the UEA archive in a `.ts` file: after `@data` a line a series, its channels separated by colons, their samples
/// by commas, and its class at the end. `?` is a sample that is missing.
///
/// Source: Bagnall et al., The UEA multivariate time series classification archive, arXiv 1811.00075; the format is that of
/// sktime and aeon.
struct TimeSeriesFile: RecordingFile {
  private let path: String
  // All of it: such files hold some megabytes.
  private let lines: [ArraySlice<UInt8>]
  private let hasLabels: Bool
  private var index = 0

  init(path: String) throws(FileError) {
    self.path = path
    var hasLabels = false
    var data: [ArraySlice<UInt8>]?
    let text = try FileBytes.read(path: path).withoutByteOrderMark
    for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      if line.first == UInt8(ascii: "#") || line.allSatisfy({ $0 == 0x20 }) { continue }
      if data != nil {
        data?.append(line)
        continue
      }
      let fields = String(decoding: line, as: UTF8.self).split(separator: " ").map { $0.lowercased() }
      guard let key = fields.first, key.hasPrefix("@") else {
        throw FileError(path: path, message: "'\(fields.first ?? "")' before @data: this is no .ts file, check it")
      }
      if key == "@timestamps" && fields.dropFirst().first == "true" {
        throw FileError(path: path, message: "has time stamps in its series, which can't be read: save it without them")
      }
      if key == "@classlabel" { hasLabels = fields.dropFirst().first == "true" }
      if key == "@data" { data = [] }
    }
    guard let data, !data.isEmpty else {
      throw FileError(path: path, message: "holds no series behind @data: the file is incomplete, get it again")
    }
    (lines, self.hasLabels) = (data, hasLabels)
  }

  mutating func next() throws(FileError) -> (any RecordingSource)? {
    guard index < lines.count else { return nil }
    defer { index += 1 }
    var dimensions = lines[index].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let label = hasLabels ? dimensions.popLast() : nil
    guard !dimensions.isEmpty else { throw error("has no class behind its samples") }
    var channels: [[Float]] = []
    for dimension in dimensions {
      var values: [Float] = []
      for field in dimension.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        guard let value = field.withUnsafeBufferPointer({ NumberText.value($0, decimal: 0x2E) }) else {
          throw error("has '\(String(decoding: field, as: UTF8.self))' for a number")
        }
        values.append(Float(value))
      }
      while values.last?.isNaN == true { values.removeLast() }
      channels.append(values)
    }
    guard let length = channels.map(\.count).max(), length > 0 else { throw error("holds no samples") }
    var samples = [Float](repeating: .nan, count: length * channels.count)
    for (channel, values) in channels.enumerated() {
      for (frame, value) in values.enumerated() { samples[frame * channels.count + channel] = value }
    }
    var header = RecordingHeader(
      name: "\(FilePath.stem(path))-\(index)", path: path, sampleRateHz: nil,
      channels: RecordingHeader.Channel.numbered(channels.count), frameCount: length)
    header.label = label.map { String(decoding: $0, as: UTF8.self).trimmingBlanks }
    return Recording(header, samples: samples)
  }

  private func error(_ what: String) -> FileError {
    FileError(path: path, message: "series \(index) \(what): the file is damaged, get it again")
  }
}
