import Classifier
import Foundation
import StreamIO
import Windowing

extension Configuration {
  /// Reads the configuration at `path`, with what environment variables put over it, and fills in its defaults.
  /// - Throws: `ConfigurationError` that names file, line and key, or the variable, and says what to write instead.
  ///
  /// - Parameters:
  ///   - purpose: what it is read for.
  ///   - cores: how many workers `auto` stands for.
  ///   - stateFolder: where the daemon keeps what it writes, unless the environment says so; nil for the file's own folder.
  static func read(
    path: String, for purpose: ConfigurationPurpose = .running,
    cores: Int = ProcessInfo.processInfo.activeProcessorCount, stateFolder: String? = nil
  ) throws(ConfigurationError) -> Configuration {
    let environment = ProcessInfo.processInfo.environment
    let overrides = try EnvironmentOverrides(environment, over: YAMLDocument.read(path: path))
    return try Configuration(
      overrides.file, folder: URL(filePath: path).deletingLastPathComponent().path,
      cores: cores,
      stateFolder: environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        ?? stateFolder,
      purpose: purpose)
  }

  /// Where the service writes whose configuration is at `path`, for who looks at it without being the service; nil where no
  /// unit of the package names that path.
  static func serviceStateFolder(of path: String) -> String? {
    guard let match = URL(filePath: path).standardizedFileURL.path.wholeMatch(of: /\/etc\/sigstreamd\/([^\/]+)\.yaml/)
    else { return nil }
    return match.1 == "sigstreamd" ? "/var/lib/sigstreamd" : "/var/lib/sigstreamd-\(match.1)"
  }

  /// Resolves a parsed file.
  /// - Parameters:
  ///   - file: the file's top.
  ///   - folder: what the paths in the file are relative to.
  ///   - cores: how many workers `auto` stands for.
  ///   - stateFolder: where the daemon keeps what it writes; nil for `folder`.
  ///   - purpose: what it is read for.
  init(
    _ file: YAMLValue, folder: String, cores: Int, stateFolder: String? = nil,
    purpose: ConfigurationPurpose = .running
  ) throws(ConfigurationError) {
    let root = try file.mapping(of: RootKey.self)
    let model = try root.optional(.model)
    _ = try model?.path(in: folder)  // wrong even where every feed names its own
    var feeds: [FeedConfiguration] = []
    for item in try root.required(.feeds).list() {
      feeds.append(try FeedConfiguration(item, folder: folder, defaultModel: model, purpose: purpose))
    }
    self.feeds = feeds
    precision = try root.optional(.precision)?.choice() ?? precision
    batch = try root.optional(.batch).map { value throws(ConfigurationError) in try BatchConfiguration(value) } ?? batch
    workers = try Self.workers(root.optional(.workers), cores: cores)
    queue = try root.optional(.queue).map { value throws(ConfigurationError) in try QueueConfiguration(value) } ?? queue
    output = try OutputConfiguration(root.optional(.output))
    history = try root.optional(.history).map { value throws(ConfigurationError) in
      try HistoryConfiguration(value, folder: folder, stateFolder: stateFolder ?? folder)
    }
    source = try ConfigurationSource(root)
    if output.catchUp != nil, history == nil {
      throw source.location(of: .catchUp).error(
        "catchUp gives out what the history has, and there is none: write for example 'history: { keep: 7d }'")
    }
    record = try root.optional(.record).map { value throws(ConfigurationError) in
      try RecordConfiguration(value, folder: folder, stateFolder: stateFolder ?? folder)
    }
    security = try root.optional(.security).map { value throws(ConfigurationError) in
      try SecurityConfiguration(value, folder: folder)
    }
    http = try root.optional(.http).map { value throws(ConfigurationError) in try HTTPConfiguration(value) }
    log = try root.optional(.log).map { value throws(ConfigurationError) in try LogConfiguration(value) } ?? log
    try checkNames()
    try checkDeadlines()
    try checkKeys()
    if try root.optional(.allowPlaintext)?.boolean() != true {
      try checkPlaintext()
      try checkHTTP()
    }
    try checkBoundEndpoints()
  }

  private static func workers(_ value: YAMLValue?, cores: Int) throws(ConfigurationError) -> Int {
    guard let value, try value.string(example: "auto") != "auto" else { return max(1, cores) }
    do {
      return try value.integer(in: 1...1024, example: "auto")
    } catch {
      throw value.mismatch("'auto' (one a core) or a whole number from 1 to 1024", example: "auto")
    }
  }

  private func checkNames() throws(ConfigurationError) {
    var first: [String: YAMLLocation] = [:]
    for feed in feeds {
      let place = feed.source.location(of: .name)
      if let earlier = first.updateValue(place, forKey: feed.name) {
        throw place.error(
          "the feed on line \(earlier.line) is named '\(feed.name)' too: give each feed a name of its own")
      }
    }
  }

  private func checkDeadlines() throws(ConfigurationError) {
    for feed in feeds {
      guard let deadline = feed.overload.deadline, deadline <= batch.maxDelay else { continue }
      throw feed.source.location(of: .deadline).error(
        "not longer than batch.maxDelay (\(Quantity.text(batch.maxDelay))), which a window may wait for its batch alone: "
          + "write a longer one, or a shorter maxDelay")
    }
  }

  private func checkKeys() throws(ConfigurationError) {
    var keyed = feeds.filter { $0.serverKey != nil }.map { ($0.mode, $0.source.location(of: .serverKey)) }
    if output.serverKey != nil { keyed.append((output.mode, source.location(of: .serverKey))) }
    for (mode, place) in keyed {
      if mode == .bind {
        throw place.error("serverKey is of a peer that the socket connects to: remove it, or write 'mode: connect'")
      }
      if security == nil {
        throw place.error(
          "to connect to a server with a key, the daemon needs one of its own: write 'security: { secretKey: FILE }' at the "
            + "file's top ('sigstreamd keygen' makes it)")
      }
    }
  }

  private func checkPlaintext() throws(ConfigurationError) {
    guard security == nil else { return }
    for (endpoint, place) in boundEndpoints where !endpoint.isLocal {
      throw place.error(
        "\(endpoint) would be open to everyone on the network, without a password: bind to 127.0.0.1, encrypt with "
          + "'security: { secretKey: FILE }' ('sigstreamd keygen' makes it), or, on a network that you trust, write "
          + "'allowPlaintext: true' at the file's top")
    }
  }

  private func checkHTTP() throws(ConfigurationError) {
    guard let http, !http.isLocal else { return }
    throw source.location(of: .http).error(
      "\(http.endpoint.address) would be open to everyone on the network: listen at 127.0.0.1 and let a proxy encrypt, or, "
        + "on a network that you trust, write 'allowPlaintext: true' at the file's top")
  }

  /// Of ZeroMQ's sockets.
  var boundEndpoints: [(Endpoint, YAMLLocation)] {
    var bound = feeds.filter { $0.mode == .bind }.map { ($0.endpoint, $0.source.location(of: .endpoint)) }
    if output.mode == .bind { bound.append((output.endpoint, source.location(of: .output))) }
    if let catchUp = output.catchUp { bound.append((catchUp.endpoint, source.location(of: .catchUp))) }
    return bound
  }

  private func checkBoundEndpoints() throws(ConfigurationError) {
    var earlier: [(Endpoint, YAMLLocation)] = []
    let http = http.map { [($0.endpoint, source.location(of: .http))] } ?? []
    for (endpoint, place) in boundEndpoints + http {
      if let (taken, other) = earlier.first(where: { $0.0.excludes(endpoint) }) {
        throw place.error("\(other.text) binds \(taken) too: give each socket an address of its own")
      }
      earlier.append((endpoint, place))
    }
  }
}

extension ConfigurationSource {
  /// Finds the places in a file whose values have been read.
  init(_ root: YAMLMapping<RootKey>) throws(ConfigurationError) {
    let output = try root.optional(.output)?.mapping(of: OutputKey.self)
    let catchUp = try output?.optional(.catchUp)?.mapping(of: CatchUpKey.self)
    let history = try root.optional(.history)?.mapping(of: HistoryKey.self)
    let record = try root.optional(.record)?.mapping(of: RecordKey.self)
    let http = try root.optional(.http)?.mapping(of: HTTPKey.self)
    locations = [
      .precision: root.location(of: .precision),
      .output: output?.location(of: .endpoint) ?? root.location(of: .output),
      .serverKey: output?.location(of: .serverKey) ?? root.location(of: .output),
      .catchUp: catchUp?.location(of: .endpoint) ?? root.location(of: .output),
      .history: history?.location(of: .path) ?? root.location(of: .history),
      .record: record?.location(of: .path) ?? root.location(of: .record),
      .http: http?.location(of: .listen) ?? root.location(of: .http),
    ]
  }
}

extension FeedConfiguration {
  /// Resolves an item of `feeds:`; `defaultModel`, the top's `model:`, is for one that names no model.
  init(
    _ item: YAMLValue, folder: String, defaultModel: YAMLValue?, purpose: ConfigurationPurpose
  ) throws(ConfigurationError) {
    let feed = try item.mapping(of: FeedKey.self)
    name = try Self.name(feed.required(.name))
    mode = try feed.optional(.mode)?.choice() ?? .connect
    serverKey = try feed.optional(.serverKey)?.curveKey()
    endpoint = try feed.required(.endpoint).endpoint(mode: mode)
    socket = try feed.optional(.socket)?.choice() ?? .sub
    topic = try feed.optional(.topic)?.string(example: "\"\"") ?? ""
    format = try Format(feed)
    let rate = try feed.required(.sampleRate).number(in: 0.001...1e9, unit: "Hz", example: "360")
    sampleRateHz = rate
    channels = try feed.optional(.channels)?.choice() ?? .together
    select = try feed.optional(.select).map { value throws(ConfigurationError) in try Self.select(value) }
    scale = try feed.optional(.scale)?.number(in: -1e30...1e30, example: "0.001") ?? scale
    offset = try feed.optional(.offset)?.number(in: -1e30...1e30, example: "-512") ?? offset
    filters = try feed.optional(.filters).map { value throws(ConfigurationError) in
      try SignalFilter.list(value, sampleRateHz: rate)
    }
    window =
      try feed.optional(.window) == nil && purpose == .recording ? .unused : Window(feed.required(.window))
    maximumMessageBytes =
      try feed.optional(.maxMessage)?.byteSize(in: 1024...(1 << 31), example: "16MiB") ?? maximumMessageBytes
    overload = try OverloadPolicy(feed, socket: socket)
    silentAfter = try feed.optional(.silentAfter)?.duration(in: Self.silence, example: "10s") ?? silentAfter
    forgetAfter =
      try feed.optional(.forgetAfter)?.duration(in: Self.silence, example: "10m") ?? max(forgetAfter, silentAfter)
    maximumStreams = try feed.optional(.maxStreams)?.integer(in: 1...65536, example: "4096") ?? maximumStreams
    expectedStreams =
      try feed.optional(.expectedStreams)?.integer(in: 1...maximumStreams, example: "12") ?? expectedStreams
    let model = try feed.optional(.model) ?? defaultModel
    guard model != nil || purpose == .recording else {
      throw feed.location.error("no model: write 'model: file.safetensors' in the feed, or at the file's top for all")
    }
    modelPath = try model?.path(in: folder) ?? ""
    source = FeedSource(
      locations: Dictionary(uniqueKeysWithValues: FeedKey.allCases.map { ($0, feed.location(of: $0)) }))
    source.locations[.model] = model?.location
    if let window = try feed.optional(.window)?.mapping(of: WindowKey.self) {
      source.locations[.window] = window.location(of: .length)
    }
    if socket != .sub, !topic.isEmpty {
      throw feed.location(of: .topic).error(
        "a \(socket.rawValue) socket has no subscriptions: remove 'topic', or write 'socket: sub'")
    }
    if socket == .dealer, mode == .bind {
      throw feed.location(of: .mode).error(
        "a dealer feed goes to its one sender: write 'mode: connect', and a feed for each sender")
    }
    if socket == .dealer, channels == .separate {
      throw feed.location(of: .channels).error(
        "a dealer feed acknowledges whole messages: write 'channels: together', or 'socket: pull'")
    }
    try checkFormat(feed)
    if socket == .sub, overload.whenFull == .block {
      throw feed.location(of: .whenFull).error(
        "a sub socket can't hold up its publisher: write 'whenFull: dropOldest', or 'socket: pull' or 'dealer'")
    }
    if forgetAfter < silentAfter {
      throw feed.location(of: .forgetAfter).error(
        "shorter than silentAfter (\(Quantity.text(silentAfter))): write that or more")
    }
  }

  private static let silence = Duration.milliseconds(10) ... .seconds(365 * 86400)

  private static func select(_ value: YAMLValue) throws(ConfigurationError) -> [Int] {
    var columns: [Int] = []
    for item in try value.list() {
      let column = try item.integer(in: 0...WindowGeometry.maximum - 1, example: "0")
      guard !columns.contains(column) else {
        throw item.location.error("channel \(column) is in the list twice: keep one")
      }
      columns.append(column)
    }
    return columns
  }

  private static func name(_ value: YAMLValue) throws(ConfigurationError) -> String {
    let name = try value.string(example: "ecg")
    guard name.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) != nil else {
      throw value.mismatch("a name of 1 to 64 letters (A-Z, a-z), digits, '.', '_' and '-'", example: "ecg")
    }
    // It is the name of a folder too.
    guard name.contains(where: { $0 != "." }) else { throw value.mismatch("a name of more than dots", example: "ecg") }
    return name
  }
}

extension OverloadPolicy {
  /// - Parameter socket: the feed's: a dealer's sender waits, where nothing else is asked for.
  init(_ feed: YAMLMapping<FeedKey>, socket: FeedConfiguration.Socket) throws(ConfigurationError) {
    deadline = try feed.optional(.deadline)?.duration(in: .milliseconds(1) ... .seconds(3600), example: "500ms")
    weight = try feed.optional(.weight)?.integer(in: 1...1000, example: "1") ?? weight
    whenFull = try feed.optional(.whenFull)?.choice() ?? (socket == .dealer ? .block : whenFull)
    whenLate = try feed.optional(.whenLate)?.choice() ?? whenLate
    if deadline == nil, let value = try feed.optional(.whenLate) {
      throw value.location.error("without a deadline nothing is late: write for example 'deadline: 500ms'")
    }
  }
}

extension FeedConfiguration.Window {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let window = try value.mapping(of: WindowKey.self)
    let length = try window.required(.length)
    lengthSamples = try length.integer(in: 8...(1 << 20), example: "1024")
    guard lengthSamples.isMultiple(of: 8) else {
      throw length.mismatch("a multiple of 8", example: "\((lengthSamples + 7) / 8 * 8)")
    }
    hopSamples =
      try window.optional(.hop)?.integer(in: 1...WindowGeometry.maximum, example: "\(lengthSamples / 4)")
      ?? lengthSamples / 4
  }
}

extension BatchConfiguration {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let batch = try value.mapping(of: BatchKey.self)
    maxSize = try batch.optional(.maxSize)?.integer(in: 1...4096, example: "32") ?? maxSize
    maxDelay = try batch.optional(.maxDelay)?.duration(in: .zero ... .seconds(60), example: "20ms") ?? maxDelay
  }
}

extension QueueConfiguration {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let queue = try value.mapping(of: QueueKey.self)
    capacity = try queue.optional(.capacity)?.integer(in: 1...(1 << 20), example: "1024") ?? capacity
  }
}

extension OutputConfiguration {
  init(_ value: YAMLValue?) throws(ConfigurationError) {
    let output = try value?.mapping(of: OutputKey.self)
    mode = try output?.optional(.mode)?.choice() ?? .bind
    serverKey = try output?.optional(.serverKey)?.curveKey()
    endpoint = try output?.optional(.endpoint)?.endpoint(mode: mode) ?? .defaultOutput
    catchUp = try output?.optional(.catchUp).map { value throws(ConfigurationError) in try CatchUpConfiguration(value) }
  }
}

extension CatchUpConfiguration {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    endpoint = try value.mapping(of: CatchUpKey.self).required(.endpoint).endpoint(mode: .bind)
  }
}

extension YAMLValue {
  /// The value as a ZeroMQ address for a socket of `mode`.
  fileprivate func endpoint(mode: ConnectionMode) throws(ConfigurationError) -> Endpoint {
    let text = try string(example: "tcp://127.0.0.1:5555")
    do throws(EndpointError) {
      return try Endpoint(text, mode: mode)
    } catch {
      throw location.error(error.message)
    }
  }

  /// The value as a public key.
  fileprivate func curveKey() throws(ConfigurationError) -> CurveKey {
    let text = try string(example: "\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"")
    guard let key = CurveKey(z85: text) else {
      throw location.error("'\(text)' is no public key: write its 40 characters, in quotes, as in the file NAME.key")
    }
    return key
  }

  /// The value as a path, taken from `folder` where it is relative.
  func path(in folder: String, example: String = "model.safetensors") throws(ConfigurationError) -> String {
    let text = try string(example: example)
    guard !text.isEmpty else { throw mismatch("a path", example: example) }
    return URL(filePath: text, relativeTo: URL(filePath: folder, directoryHint: .isDirectory)).standardizedFileURL.path
  }
}
