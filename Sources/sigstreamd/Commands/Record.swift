import ArgumentParser
import Foundation
import StreamIO

/// `sigstreamd record`: live feeds into recordings, without a model.
struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Record live feeds.",
    discussion: """
      Subscribes as the daemon would and writes every sample of the configuration's feeds into a folder for each, until \
      SIGTERM or SIGINT (Ctrl-C). Models and windows are not needed. 'replay', 'classify', 'convert', 'label' and dataset \
      files read the folders. The daemon itself records with 'record:' in its configuration: everything, or only what its \
      model is in doubt about.

      Example:
        sigstreamd record recordings --config sigstreamd.yaml
      """)

  @Argument(help: ArgumentHelp("Where the recordings go: a folder for each feed in it.", valueName: "folder"))
  var folder: String
  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String
  @Option(help: ArgumentHelp("Only this feed.", valueName: "name"))
  var feed: String?
  @Option(help: ArgumentHelp("End after this time.", valueName: "time"), transform: parseDuration)
  var duration: Duration?
  @Option(
    help: ArgumentHelp("Of each feed: the oldest files go when there is more. (default: 10GiB)", valueName: "size"),
    transform: {
      guard let bytes = Quantity.byteSize($0), (1 << 27...1 << 50).contains(bytes) else {
        throw ValidationError("write a size from 128MiB, such as 10GiB")
      }
      return bytes
    })
  var keep = 10 << 30

  func run() throws {
    OpenFileLimit.raise()
    signal(SIGPIPE, SIG_IGN)
    let configuration = try Configuration.read(path: config, for: .recording)
    let feeds = configuration.feeds.filter { $0.name == feed ?? $0.name }
    guard !feeds.isEmpty else {
      let names = configuration.feeds.map(\.name).joined(separator: ", ")
      throw CommandFailure("\(config): no feed '\(feed ?? "")': the feeds are \(names)", exitCode: .usage)
    }
    if let dealer = feeds.first(where: { $0.socket == .dealer }) {
      throw CommandFailure(
        "feed '\(dealer.name)': a dealer feed's sender waits for the daemon's acknowledgements: record it in the daemon, with "
          + "'record:' in \(config)", exitCode: .usage)
    }
    let log = try ServiceLog()
    defer { log.finish() }
    log.configure(configuration.log)
    let session = try RecordSession(
      RecordConfiguration(path: folder, keepBytes: keep), feeds: feeds, keys: SocketKeys(configuration.security),
      clock: .system, logger: log.logger)
    let stop = StopSignal(handling: StopSignal.standardSignals) { session.stop() }
    if let duration { try endSoon(session, after: duration) }
    print("recording \(feeds.map(\.name).joined(separator: ", ")) into \(folder); Ctrl-C ends it")
    try withExtendedLifetime(stop) { try session.run() }
    for (feed, received, recorded) in session.counts {
      print(
        "\(feed): \(recorded.written) samples in \(folder)/\(feed), \(recorded.lost) lost; of those sent "
          + "\(received.missingSamples) never came; bad messages \(received.badMessagesText)")
    }
  }

  private func endSoon(_ session: RecordSession, after duration: Duration) throws {
    let end = MonotonicClock.nanoseconds() + duration.wholeNanoseconds
    try SystemThread.start(name: "duration") {
      MonotonicClock.sleep(until: end) { false }
      session.stop()
    }
  }
}
