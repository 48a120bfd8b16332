/// A recording in memory: the samples of some channels at one rate, and what people noted about them.
package struct Recording: Sendable {
  /// One column of the samples.
  package typealias Channel = RecordingHeader.Channel

  /// All but the samples; its `frameCount` is that of `samples`.
  package private(set) var header: RecordingHeader
  /// `[frames, channels]` in physical units; missing samples are NaN.
  package private(set) var samples: [Float]

  /// - Precondition: `samples` hold the frames that `header` states.
  package init(_ header: RecordingHeader, samples: [Float]) {
    precondition(samples.count == header.frameCount * header.channels.count, "samples must come in whole frames")
    self.header = header
    self.samples = samples
  }

  package init(
    name: String, path: String, sampleRateHz: Double?, channels: [Channel], samples: [Float],
    annotations: [Annotation] = []
  ) {
    precondition(!channels.isEmpty && samples.count.isMultiple(of: channels.count), "samples must come in whole frames")
    var header = RecordingHeader(
      name: name, path: path, sampleRateHz: sampleRateHz, channels: channels,
      frameCount: samples.count / channels.count)
    header.annotations = annotations
    self.init(header, samples: samples)
  }

  package var name: String { header.name }
  package var path: String { header.path }
  package var sampleRateHz: Double? { header.sampleRateHz }
  package var channels: [Channel] { header.channels }
  package var annotations: [Annotation] { header.annotations }
  /// Frames, that is samples of one channel.
  package var frameCount: Int { header.frameCount }

  /// The recording with only the channels asked for, in the order asked for.
  ///
  /// - Parameter wanted: names, exact to the case, or decimal indices from 0; a name goes before an index.
  /// - Throws: `FileError`, listing the channels there are, where one is not there, or its name is that of several.
  package func selecting(channels wanted: [String]) throws(FileError) -> Recording {
    let columns = try header.columns(of: wanted)
    var result = self
    result.header.channels = columns.map { channels[$0] }
    if columns != Array(channels.indices) { result.samples = samples.gathering(columns, of: channels.count) }
    return result
  }
}

extension Recording: RecordingSource {
  package func read(frames: Range<Int>) -> [Float] {
    Array(samples[frames.lowerBound * channels.count..<frames.upperBound * channels.count])
  }
}

extension [Float] {
  /// The `columns` of samples that come in frames of `channels`.
  package func gathering(_ columns: [Int], of channels: Int) -> [Float] {
    var gathered: [Float] = []
    gathered.reserveCapacity(count / channels * columns.count)
    for frameStart in stride(from: 0, to: count, by: channels) {
      for column in columns { gathered.append(self[frameStart + column]) }
    }
    return gathered
  }
}

/// What someone noted about a moment or a part of a recording: WFDB's annotation, annot(5), and the notes of other formats,
/// which are comments (`"`) with a text.
package struct Annotation: Sendable, Hashable {
  /// The frame it is about, from 0.
  package var sample: Int
  /// How many frames it lasts; 0 for a moment.
  package var durationSamples: Int
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
    sample: Int, symbol: String, subtype: Int = 0, channel: Int = 0, number: Int = 0, auxiliary: String = "",
    durationSamples: Int = 0
  ) {
    self.sample = sample
    self.durationSamples = durationSamples
    self.symbol = symbol
    self.subtype = subtype
    self.channel = channel
    self.number = number
    self.auxiliary = auxiliary
  }

  /// Whether it is WFDB's mark of a rhythm, which holds until the next one.
  package var isRhythm: Bool { symbol == "+" && durationSamples == 0 && !auxiliary.isEmpty }
}

extension [Annotation] {
  /// The annotations, rhythms lasting until the next one, the last until `end`.
  package func withLastingRhythms(until end: Int) -> [Annotation] {
    var annotations = self
    let marks = indices.filter { self[$0].isRhythm }
    let ends = marks.dropFirst().map { self[$0].sample } + [end]
    for (mark, end) in zip(marks, ends) {
      annotations[mark].durationSamples = Swift.max(0, end - self[mark].sample)
    }
    return annotations
  }
}
