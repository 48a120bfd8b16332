import ArgumentParser
import StreamIO

/// `sigstreamd replay`: a recording as a live feed.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send a recording as a live feed.",
    discussion: """
      Publishes the samples of a recording in the 'array' format, at the pace they were recorded or \
      another, as soon as somebody subscribes. Messages carry the samples' index in the recording, so 'sigstreamd watch \
      --recording' can tell results by the recording's time. Nothing is lost on the way: a subscriber that is too slow \
      slows the replay down.

      A 'sub' feed with 'mode: connect' needs --bind here; one with 'mode: bind' does not. 'pull' and 'dealer' feeds \
      can't be sent to.

      Recordings are read in the formats of docs/formats.md.

      Examples:
        sigstreamd replay data/119 --endpoint tcp://127.0.0.1:5555 --bind
        sigstreamd replay data/119 --endpoint tcp://127.0.0.1:5555 --bind --speed 20 --from 5m
        sigstreamd replay data/119 --endpoint tcp://*:5555 --bind --key sender.key_secret
        sigstreamd replay x.npy --rate 25600 --endpoint ipc:///run/x --speed max
      """)

  @Argument(help: ArgumentHelp("A recording: data/119 (WFDB), x.edf, x.npy, ….", valueName: "recording"))
  var recording: String

  @Option(help: ArgumentHelp("Where to publish: tcp://host:port or ipc:///path.", valueName: "endpoint"))
  var endpoint: String

  @Flag(help: "Wait for subscribers at the endpoint instead of connecting to one.")
  var bind = false

  @Option(
    help: ArgumentHelp(
      "Times as fast as recorded, or 'max' for as fast as it is taken. (default: 1)", valueName: "factor|max"),
    transform: {
      guard let speed = ReplaySpeed($0) else {
        throw ValidationError("write a number above 0, such as 1, 0.5 or 20, or 'max'")
      }
      return speed
    })
  var speed = ReplaySpeed.times(1)

  @Option(help: ArgumentHelp("Only these channels, by name or index, in this order.", valueName: "names"))
  var channels: String?

  @Option(help: ArgumentHelp("Begin this far into the recording.", valueName: "time"), transform: parseDuration)
  var from: Duration = .zero

  @Option(help: ArgumentHelp("Send only this much of it.", valueName: "time"), transform: parseDuration)
  var duration: Duration?

  @Option(
    help: ArgumentHelp("Samples of each channel in a message. (default: 64)", valueName: "samples"),
    transform: parsePositive)
  var block = 64

  @Option(help: ArgumentHelp("The stream's name; the recording's if left out.", valueName: "name"))
  var source: String?

  @Option(help: ArgumentHelp("Samples a second, for a recording that does not say (.npy).", valueName: "Hz"))
  var rate: Double?

  @Option(
    help: ArgumentHelp("How long to wait for a subscriber. (default: 10s)", valueName: "time"), transform: parseDuration
  )
  var wait: Duration = .seconds(10)

  @OptionGroup(title: "Encryption") var encryption: CurveOptions
  @Flag(help: "Let everyone on the network subscribe, without encryption.")
  var allowPlaintext = false

  func run() throws {
    let address = try checkedEndpoint()
    guard !bind || address.isLocal || encryption.key != nil || allowPlaintext else {
      throw CommandFailure(
        "\(address) would be open to everyone on the network: bind to 127.0.0.1, encrypt with --key ('sigstreamd keygen' "
          + "makes one), or give --allow-plaintext", exitCode: .usage)
    }
    let sender = try makeSender()
    let context = try ZeroMQContext()
    let stop = StopSignal(handling: StopSignal.standardSignals) { context.shutdown() }
    let socket = try openSocket(context, address)
    if case .nobody(let others) = try sender.waitForSubscriber(on: socket, wait: wait, stop: stop) {
      throw nobodySubscribed(others, source: sender.source)
    }
    let figures = try sender.send(on: socket, stop: stop)
    socket.close()
    context.close()
    print(figures.text)
  }

  private func checkedEndpoint() throws(CommandFailure) -> Endpoint {
    do throws(EndpointError) {
      return try Endpoint(endpoint, mode: bind ? .bind : .connect)
    } catch {
      throw CommandFailure("--endpoint: \(error.message)", exitCode: .usage)
    }
  }

  private func makeSender() throws -> ReplaySender {
    var recording = try RecordingReader.read(path: recording)
    StandardError.warn(of: recording.header.damage)
    if let channels {
      recording = try recording.selecting(channels: channels.split(separator: ",").map(String.init))
    }
    let rate = try sampleRate(of: recording)
    let frames = try ReplaySchedule.frames(
      from: from, duration: duration, sampleRateHz: rate, count: recording.frameCount)
    let source = source ?? recording.name
    do throws(WireError) {
      try StreamName.validate(source)
    } catch {
      throw CommandFailure("'\(source)' can't be a stream's name: give another with --source", exitCode: .usage)
    }
    return ReplaySender(
      recording: recording,
      schedule: ReplaySchedule(frames: frames, blockFrames: block, sampleRateHz: rate, speed: speed), source: source)
  }

  private func sampleRate(of recording: Recording) throws(CommandFailure) -> Double {
    switch (recording.sampleRateHz, rate) {
    case (let own?, let asked?) where own != asked:
      throw CommandFailure(
        "--rate \(Quantity.text(asked)): the recording says \(Quantity.text(own)) Hz, leave --rate out",
        exitCode: .usage)
    case (let own?, _):
      return own
    case (nil, let asked?) where asked.isFinite && asked > 0 && asked <= 1e9:
      return asked
    case (nil, let asked?):
      throw CommandFailure("--rate \(asked): write the samples a second, above 0", exitCode: .usage)
    case (nil, nil):
      throw CommandFailure("\(recording.path) does not say its sample rate: give it with --rate", exitCode: .usage)
    }
  }

  private func openSocket(_ context: ZeroMQContext, _ address: Endpoint) throws -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .extendedPublish)
    try socket.setWaitsForSubscribers()
    // What was sent last still has to leave after the end.
    try socket.setLinger(milliseconds: 10_000)
    try encryption.secure(socket, mode: bind ? .bind : .connect)
    _ = try socket.open(address, mode: bind ? .bind : .connect)
    return socket
  }

  private func nobodySubscribed(_ others: SubscriberList, source: String) -> CommandFailure {
    let within = "within \(Quantity.text(wait))"
    guard others.prefixes.isEmpty else {
      let asked = others.prefixes.map { "'\(String(decoding: $0, as: UTF8.self))'" }.sorted().joined(separator: ", ")
      return CommandFailure(
        "nobody wanted the stream '\(source)' \(within): the subscribers of \(endpoint) ask for \(asked), give a name "
          + "that begins so with --source, or change the feed's topic", exitCode: .unavailable)
    }
    let advice =
      bind
      ? "start the subscriber, such as 'sigstreamd run' with a feed that connects there"
      : "start the subscriber, or use --bind if it connects instead of binding"
    return CommandFailure("nobody subscribed at \(endpoint) \(within): \(advice)", exitCode: .unavailable)
  }
}
