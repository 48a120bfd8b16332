/// The header of a WFDB record: what a `.hea` file says.
///
/// Source: PhysioNet, WFDB Applications Guide, header(5).
struct WFDBHeader: Sendable {
  /// One signal specification line.
  struct Signal: Sendable, Equatable {
    /// The file with the samples, in the header's folder. Signals of one file follow each other.
    var fileName: String
    var format: WFDBSignalFormat
    /// At least 1; where signals differ, they have different rates.
    var samplesPerFrame = 1
    /// The samples of the record's frame t are this many frames further on in the file.
    var skewFrames = 0
    /// Bytes of the file before the first sample.
    var byteOffset = 0
    /// Units of the analogue-to-digital converter per physical unit, finite and not 0.
    var gain = defaultGain
    /// The converter's output at 0 physical units.
    var baseline = 0
    var units = "mV"
    /// Bits of the converter; nil where not given.
    var resolutionBits: Int?
    /// The converter's output at the middle of its range.
    var zero = 0
    /// The first sample, in the converter's units; nil where not given.
    var initialValue: Int?
    /// The sum of all samples in the file, of which only the low 16 bits count; nil or 0 where not given.
    var checksum: Int?
    /// Bytes of a block of a file that can only be read in blocks; 0 for any other.
    var blockSize = 0
    /// What the signal is, such as "MLII"; empty where not given.
    var description = ""
  }

  /// Rate of a header that gives none, in Hz.
  static let defaultSampleRateHz = 250.0
  /// Gain of a signal whose line gives none, or 0, which means that nobody calibrated it.
  static let defaultGain = 200.0

  var name: String
  /// Frames a second, above 0.
  var sampleRateHz = defaultSampleRateHz
  /// Rate of the counter that the record's times may be given in; nil where not given.
  var counterFrequencyHz: Double?
  /// The counter's value at frame 0.
  var baseCounter = 0.0
  /// Frames; nil where not given: as many as the file holds.
  var frameCount: Int?
  /// Time of day of frame 0, as written (HH:MM:SS); nil where not given.
  var baseTime: String?
  /// Date of frame 0, as written (DD/MM/YYYY); nil where not given.
  var baseDate: String?
  /// At least one; none in a record of segments.
  var signals: [Signal]
  /// The parts of a record of several, in order: the name of another record, or "~" for a gap, and its frames.
  var segments: [(name: String, frames: Int)] = []
  /// The comment lines, without the "#".
  var comments: [String]
}
