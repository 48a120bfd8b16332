/// What is published about one window.
package struct WindowResult: Codable, Sendable, Equatable {
  package enum Status: String, Codable, Sendable {
    /// The label is the model's.
    case classified
    /// The confidence is below what was asked for.
    case unclassified
    /// The window is unlike anything the model was trained on.
    case outlier
    /// The window could not be classified; label, confidence, probabilities, anomaly and p_value are absent.
    case failed
  }

  package var feed: String
  package var stream: String
  /// Counts the stream's windows from 0; a jump is a window that was dropped, expired or lost on the way.
  package var sequence: Int
  package var epoch: Int
  /// Index in the stream of the first frame.
  package var startSample: Int
  /// Index in the stream behind the last frame.
  package var endSample: Int
  package var startMicroseconds: Int64
  package var endMicroseconds: Int64
  package var publishedMicroseconds: Int64
  /// From the acquisition of the last frame to publication.
  package var ageMicroseconds: Int64
  package var status: Status
  package var label: String?
  /// Probability of the label, 0...1.
  package var confidence: Float?
  /// In the order of the model's labels; their sum is 1.
  package var probabilities: [Float]?
  /// Distance of the window from what the model was trained on, at least 0.
  package var anomaly: Float?
  /// Share of known windows at least as unusual, 0...1.
  package var pValue: Float?
  /// First 16 hex digits of the SHA-256 of the model's file.
  package var model: String
  /// Whether the window was older than its feed allows.
  package var isLate: Bool
  /// True when samples of the window stand in for values that were not finite; else absent.
  package var isMasked: Bool?

  package init(
    feed: String, stream: String, sequence: Int, epoch: Int, startSample: Int, endSample: Int,
    startMicroseconds: Int64, endMicroseconds: Int64, publishedMicroseconds: Int64, ageMicroseconds: Int64,
    status: Status, label: String? = nil, confidence: Float? = nil, probabilities: [Float]? = nil,
    anomaly: Float? = nil, pValue: Float? = nil, model: String, isLate: Bool = false, isMasked: Bool? = nil
  ) {
    self.feed = feed
    self.stream = stream
    self.sequence = sequence
    self.epoch = epoch
    self.startSample = startSample
    self.endSample = endSample
    self.startMicroseconds = startMicroseconds
    self.endMicroseconds = endMicroseconds
    self.publishedMicroseconds = publishedMicroseconds
    self.ageMicroseconds = ageMicroseconds
    self.status = status
    self.label = label
    self.confidence = confidence
    self.probabilities = probabilities
    self.anomaly = anomaly
    self.pValue = pValue
    self.model = model
    self.isLate = isLate
    self.isMasked = isMasked
  }

  // Version of the result's layout.
  private(set) var version = 1

  private enum CodingKeys: String, CodingKey {
    case version = "sig"
    case feed, stream
    case sequence = "seq"
    case epoch
    case startSample = "start"
    case endSample = "end"
    case startMicroseconds = "t_start_us"
    case endMicroseconds = "t_end_us"
    case publishedMicroseconds = "t_pub_us"
    case ageMicroseconds = "age_us"
    case status, label, confidence, probabilities, anomaly
    case pValue = "p_value"
    case model
    case isLate = "late"
    case isMasked = "masked"
  }
}
