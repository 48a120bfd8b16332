/// A recording in memory: the samples of some channels at one rate, and what people noted about them.
package struct Recording: Sendable {
  /// One column of the samples.
  package struct Channel: Sendable, Hashable {
    /// As the file has it: "MLII". A file that names no channels has "0", "1", ….
    package var name: String
    /// Of the samples, such as "mV"; empty where the file doesn't say.
    package var units: String

    package init(name: String, units: String) {
      self.name = name
      self.units = units
    }
  }

  /// The record's name: "119".
  package var name: String
  /// The file it was read from, for messages.
  package var path: String
  /// Frames a second, above 0; nil where the format does not say (.npy).
  package var sampleRateHz: Double?
  /// At least one.
  package var channels: [Channel]
  /// `[frames, channels]` in physical units; missing samples are NaN.
  package var samples: [Float]
  /// In time order; empty where there is no annotation file.
  package var annotations: [Annotation]

  package init(
    name: String, path: String, sampleRateHz: Double?, channels: [Channel], samples: [Float],
    annotations: [Annotation] = []
  ) {
    precondition(!channels.isEmpty && samples.count.isMultiple(of: channels.count), "samples must come in whole frames")
    self.name = name
    self.path = path
    self.sampleRateHz = sampleRateHz
    self.channels = channels
    self.samples = samples
    self.annotations = annotations
  }

  /// Frames, that is samples of one channel.
  package var frameCount: Int { samples.count / channels.count }

  /// The recording with only the channels asked for, in the order asked for.
  ///
  /// - Parameter wanted: names, exact to the case, or decimal indices from 0; a name goes before an index.
  /// - Throws: `FileError`, listing the channels there are, where one is not there, or its name is that of several.
  package func selecting(channels wanted: [String]) throws(FileError) -> Recording {
    guard !wanted.isEmpty else { throw error("no channels were asked for: name at least one of \(channelList)") }
    var columns: [Int] = []
    for name in wanted { columns.append(try column(of: name)) }
    var result = self
    result.channels = columns.map { channels[$0] }
    if columns != Array(channels.indices) { result.samples = gathering(columns) }
    return result
  }

  private func gathering(_ columns: [Int]) -> [Float] {
    var gathered: [Float] = []
    gathered.reserveCapacity(frameCount * columns.count)
    for frameStart in stride(from: 0, to: samples.count, by: channels.count) {
      for column in columns { gathered.append(samples[frameStart + column]) }
    }
    return gathered
  }

  private func column(of wanted: String) throws(FileError) -> Int {
    let matches = channels.indices.filter { channels[$0].name == wanted }
    if matches.count == 1 { return matches[0] }
    if matches.count > 1 {
      let indices = matches.map(String.init).joined(separator: ", ")
      throw error("\(matches.count) channels are named '\(wanted)': give an index instead (one of \(indices))")
    }
    guard let index = Int(wanted), channels.indices.contains(index) else {
      throw error("no channel '\(wanted)': the channels are \(channelList)")
    }
    return index
  }

  private var channelList: String {
    channels.enumerated().map { $1.name == String($0) ? $1.name : "\($0) '\($1.name)'" }.joined(separator: ", ")
  }

  private func error(_ message: String) -> FileError { FileError(path: path, message: message) }
}

/// What someone noted about one moment of a recording: WFDB's annotation, annot(5).
package struct Annotation: Sendable, Hashable {
  /// The frame it is about, from 0.
  package var sample: Int
  /// The mnemonic of its type: "N" a normal beat, "V" a premature ventricular one, "+" a change of rhythm, ….
  package var symbol: String
  /// -128...127, what it means depends on the type.
  package var subtype: Int
  /// The channel it is about, 0...255.
  package var channel: Int
  /// -128...127, for the annotator's own use.
  package var number: Int
  /// Text that comes with it: "(AFIB" with a change of rhythm. Mostly empty.
  package var auxiliary: String

  package init(
    sample: Int, symbol: String, subtype: Int = 0, channel: Int = 0, number: Int = 0, auxiliary: String = ""
  ) {
    self.sample = sample
    self.symbol = symbol
    self.subtype = subtype
    self.channel = channel
    self.number = number
    self.auxiliary = auxiliary
  }
}
