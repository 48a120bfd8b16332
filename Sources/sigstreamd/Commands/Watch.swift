import ArgumentParser
import Foundation
import Glibc
import StreamIO

/// `sigstreamd watch`: results as readable lines.
struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show results as they come, a readable line each, and sum up at the end.",
    discussion: """
      Subscribes to one or several daemons and prints, for each window: when it ended, its stream, the label with the \
      model's confidence, the anomaly score with its p-value, and how old the window was when the result was sent. Ends \
      on Ctrl-C, --count or --idle with a summary: labels, losses, ages, the daemon's own counters.

      With --recording, for one that 'sigstreamd replay' sends, lines show the time in it. With --dataset too, the \
      recording's own label of each window stands beside the result, and the summary says how well they agree.

      Examples:
        sigstreamd watch tcp://127.0.0.1:5556
        sigstreamd watch tcp://127.0.0.1:5556 --feed ecg --stream bed-3 --json
        sigstreamd watch tcp://127.0.0.1:5556 --recording data/119 --dataset mitdb.yaml
      """)

  @Argument(
    help: ArgumentHelp("Where daemons publish their results.", valueName: "endpoint"), transform: parseConnectEndpoint)
  var endpoints: [Endpoint]

  @Option(help: ArgumentHelp("Only this feed.", valueName: "name"))
  var feed: String?

  @Option(help: ArgumentHelp("Only this stream, or its channels.", valueName: "name"))
  var stream: String?

  @Flag(help: "Print results as the JSON that came; the summary goes to stderr.")
  var json = false

  @Option(help: ArgumentHelp("End after so many results.", valueName: "number"), transform: parsePositive)
  var count: Int?

  @Option(
    help: ArgumentHelp("End when no result has come for this long after the last.", valueName: "time"),
    transform: parseDuration)
  var idle: Duration?

  @Option(
    help: ArgumentHelp("Fail when no result has come at all for this long.", valueName: "time"),
    transform: parseDuration)
  var wait: Duration?

  @Option(help: ArgumentHelp("The recording that is replayed, for its time and labels.", valueName: "path"))
  var recording: String?

  @Option(help: ArgumentHelp("What the recording's annotations mean.", valueName: "dataset.yaml"))
  var dataset: String?

  @OptionGroup(title: "Encryption") var encryption: CurveOptions

  @Option(help: ArgumentHelp("Also write the summary to this file, as JSON.", valueName: "file"))
  var summary: String?

  func validate() throws {
    if endpoints.isEmpty { throw ValidationError("Name an endpoint, such as tcp://127.0.0.1:5556") }
    if dataset != nil, recording == nil { throw ValidationError("--dataset needs --recording too") }
  }

  func run() throws {
    var session = try makeSession()
    let context = try ZeroMQContext()
    let stop = StopSignal(handling: StopSignal.standardSignals) { context.shutdown() }
    let end = try receive(into: &session, context: context, stop: stop)
    if end == .nothingCame { throw nothingCame(session.summary) }
    let text = "\n" + session.text + "\n"
    try (json ? FileHandle.standardError : .standardOutput).write(contentsOf: Data(text.utf8))
    if let summary { try WatchReport(session).write(path: summary) }
  }

  private func makeSession() throws -> WatchSession {
    let style = TerminalStyle(descriptor: STDOUT_FILENO)
    let filter = WatchFilter(feed: feed, stream: stream)
    guard let recording else {
      return WatchSession(filter: filter, showsJSON: json, formatter: WatchFormatter(style: style))
    }
    let read = try RecordingReader.read(path: recording)
    StandardError.warn(of: read.header.damage)
    let truth = try dataset.map { try RecordingTruth(read, datasetPath: $0) }
    let formatter = WatchFormatter(style: style, recordingRateHz: read.sampleRateHz, comparesLabels: truth != nil)
    return WatchSession(filter: filter, showsJSON: json, formatter: formatter, truth: truth)
  }

  /// Receives until a limit is reached or the user stops it, which gives nil.
  private func receive(
    into session: inout WatchSession, context: ZeroMQContext, stop: StopSignal
  ) throws -> WatchLimits.End? {
    let socket = try openSocket(context, session.filter)
    let limits = WatchLimits(count: count, idle: idle, wait: wait)
    var message = ZeroMQMessage()
    var last = MonotonicClock.nanoseconds()
    while !stop.isRequested {
      let elapsed = Duration.nanoseconds(MonotonicClock.nanoseconds() - last)
      if let end = limits.end(results: session.summary.results, elapsed: elapsed) { return end }
      do throws(ZeroMQError) {
        guard try socket.receive(into: &message) else { continue }
      } catch {
        if error.isTerminated { return nil }
        throw error
      }
      guard message.count == 2 else {
        session.skip()
        continue
      }
      let event = session.take(topic: message.data(0), payload: message.data(1))
      if case .result(let line) = event {
        last = MonotonicClock.nanoseconds()
        let isFirst = session.summary.results == 1
        let header = isFirst && !json ? session.formatter.header() + "\n" : ""
        try FileHandle.standardOutput.write(contentsOf: Data((header + line + "\n").utf8))
      }
    }
    return nil
  }

  // A heartbeat names every stream there is: some 100 bytes each, of up to 65536 in each feed.
  private static let maximumMessageBytes = 64 << 20

  private func openSocket(_ context: ZeroMQContext, _ filter: WatchFilter) throws -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .subscribe)
    // A terminal is slow: what it can't show yet waits here instead of being lost.
    try socket.setHighWaterMark(100_000)
    try socket.setReceiveTimeout(milliseconds: 100)
    try socket.setMaximumMessageBytes(Self.maximumMessageBytes)
    try socket.setKeepAlive()
    try encryption.secure(socket, mode: .connect)
    for prefix in filter.subscriptions { try socket.subscribe(prefix: prefix) }
    for endpoint in endpoints { try socket.connect(endpoint.text) }
    return socket
  }

  private func nothingCame(_ summary: WatchSummary) -> CommandFailure {
    let places = endpoints.map(\.text).joined(separator: ", ")
    let within = "within \(Quantity.text(wait ?? .zero))"
    let problem =
      if summary.unreadable > 0 {
        "no result came from \(places) \(within), but \(summary.unreadable) messages that are none of this version's: check "
          + "that it is the output of a sigstreamd, and watch it with the same version"
      } else if !summary.feeds.isEmpty {
        "no result came from \(places) \(within), though the daemon is alive: check that samples reach its feeds and "
          + "that --feed and --stream are names it has"
      } else {
        "nothing came from \(places) \(within): check that the daemon runs and publishes there"
      }
    return CommandFailure(problem, exitCode: .unavailable)
  }
}

extension ZeroMQMessage {
  /// A copy of frame `index`.
  fileprivate borrowing func data(_ index: Int) -> Data {
    withFrame(index) { bytes in bytes.withUnsafeBytes { Data($0) } }
  }
}
