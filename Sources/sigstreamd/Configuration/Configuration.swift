import Classifier
import StreamIO
import Windowing

/// All that `run` needs to know, complete and checked: every default is filled in, every path and address is usable as
/// it stands. Made once, by `Configuration.read(path:)`, from the file that the README describes key by key.
struct Configuration: Sendable, Equatable {
  /// The sources of samples, 1 or more, their names all different.
  var feeds: [FeedConfiguration]
  /// The arithmetic of every model.
  var precision = Precision.float32
  var batch = BatchConfiguration()
  /// How many batches are classified at once, one a core: 1…1024.
  var workers: Int
  var queue = QueueConfiguration()
  var output: OutputConfiguration
  /// Where published results are kept; nil where they aren't.
  var history: HistoryConfiguration?
  /// What is kept of the samples; nil: nothing.
  var record: RecordConfiguration?
  /// nil: sockets speak plaintext.
  var security: SecurityConfiguration?
  /// nil: it tells nothing over HTTP.
  var http: HTTPConfiguration?
  var log = LogConfiguration()
  /// Where what is common to the feeds stands in the file, for errors that show only later.
  var source = ConfigurationSource()
}

/// What a configuration is read for.
enum ConfigurationPurpose: Sendable {
  case running
  /// Its feeds need neither model nor window.
  case recording
}

/// One source of samples: a socket, how to read what comes, and the model that classifies it.
struct FeedConfiguration: Sendable, Equatable {
  /// Which of ZeroMQ's patterns the publisher speaks.
  enum Socket: String, CaseIterable, Sendable {
    /// The peer is a PUB: samples that come too fast are lost there.
    case sub
    /// The peer is a PUSH: it waits.
    case pull
    /// The peer is a ROUTER (or a DEALER) that sends as many messages as it is granted, and keeps samples until they are
    /// acknowledged.
    case dealer
  }

  /// What the columns of a message are.
  enum Channels: String, CaseIterable, Sendable {
    /// One signal of as many channels as there are columns.
    case together
    /// As many signals of one channel each.
    case separate
  }

  /// The window that slides over a stream, in samples at the model's rate.
  struct Window: Sendable, Equatable {
    /// How many samples a window has, the model's number: 8 or more, a multiple of 8.
    var lengthSamples: Int
    /// How many samples lie between two windows' beginnings, 1 or more; it may exceed the length.
    var hopSamples: Int

    /// Of a feed that is only recorded.
    static let unused = Window(lengthSamples: 8, hopSamples: WindowGeometry.maximum)
  }

  /// 1 to 64 of `A-Z a-z 0-9 . _ -`, different from every other feed's.
  var name: String
  var endpoint: Endpoint
  var socket = Socket.sub
  var mode = ConnectionMode.connect
  /// The public key of the peer that an encrypted socket connects to.
  var serverKey: CurveKey?
  /// The subscription prefix of a `sub` socket; empty for all.
  var topic = ""
  var format = Format.array
  /// Samples a second of each channel, above 0.
  var sampleRateHz: Double
  var channels = Channels.together
  /// Columns of a message to take, from 0, in this order, each once; nil: all.
  var select: [Int]?
  /// Samples are multiplied by this and then have `offset` added to them.
  var scale = 1.0
  var offset = 0.0
  /// What samples are filtered by, in this order; nil: what the model's training data were.
  var filters: [SignalFilter]?
  /// What is done to each stream before windows are cut: the filters, and the model's rate. Known once the model is
  /// (`ConfigurationReport`); nil: nothing.
  var conditioning: SignalConditioning?
  var window: Window
  /// Larger messages are refused.
  var maximumMessageBytes = 16 << 20
  /// What becomes of windows when more come than the workers can classify.
  var overload = OverloadPolicy()
  /// A stream that says nothing for this long is reported, 10 ms…365 days, …
  var silentAfter = Duration.seconds(10)
  /// … and for this long, at least `silentAfter`, is forgotten.
  var forgetAfter = Duration.seconds(600)
  /// Streams there may be at a time, 1…65536.
  var maximumStreams = 4096
  /// Streams that are expected, for `check` to say whether the machine can carry them: 1…maximumStreams.
  var expectedStreams = 1
  /// Where the checkpoint is, relative to the working folder or absolute.
  var modelPath: String
  /// Where the feed stands in the file, for errors that only its model can show.
  var source = FeedSource()
}

/// When a batch of windows is closed.
struct BatchConfiguration: Sendable, Equatable {
  /// At this many windows, 1…4096, …
  var maxSize = 32
  /// … or when its oldest window has waited this long, 0…60 s.
  var maxDelay = Duration.milliseconds(20)
}

/// The windows that wait for a worker.
struct QueueConfiguration: Sendable, Equatable {
  /// So many of each feed may wait, 1…1048576.
  var capacity = 1024
}

/// Where results go.
struct OutputConfiguration: Sendable, Equatable {
  var endpoint: Endpoint
  var mode = ConnectionMode.bind
  /// The public key of the peer that an encrypted socket connects to.
  var serverKey: CurveKey?
  /// Where subscribers get what they missed, out of the history.
  var catchUp: CatchUpConfiguration?
}

/// The ROUTER socket that answers REPLAY and SNAP; it binds.
struct CatchUpConfiguration: Sendable, Equatable {
  var endpoint: Endpoint
}

/// The SQLite file of published results.
struct HistoryConfiguration: Sendable, Equatable {
  /// Where it is, absolute.
  var path: String
  var keep = HistoryRetention(age: .seconds(7 * 86_400))
}

/// How much of the history is kept; nil is no bound.
struct HistoryRetention: Sendable, Equatable {
  /// By publication.
  var age: Duration?
  /// Of the file, roughly.
  var bytes: Int?
}

/// Where keys stand in the file: those whose values can be wrong though they look right.
struct ConfigurationSource: Sendable, Equatable {
  enum Place: String, Sendable {
    case precision
    case output = "output.endpoint"
    case serverKey = "output.serverKey"
    case catchUp = "output.catchUp.endpoint"
    case history = "history.path"
    case record = "record.path"
    case http = "http.listen"
  }
  var locations: [Place: YAMLLocation] = [:]

  /// The place of a key, or of the nearest one around it that is there; a configuration that came from no file has none
  /// worth naming.
  func location(of place: Place) -> YAMLLocation {
    locations[place] ?? YAMLLocation(file: "configuration", line: 1, keyPath: place.rawValue)
  }
}

/// Where the keys of a feed stand in its file; `window` stands for its length.
struct FeedSource: Sendable, Equatable {
  var locations: [FeedKey: YAMLLocation] = [:]

  /// The place of `key`; a configuration that came from no file has none worth naming.
  func location(of key: FeedKey) -> YAMLLocation {
    locations[key] ?? YAMLLocation(file: "configuration", line: 1, keyPath: key.rawValue)
  }
}
