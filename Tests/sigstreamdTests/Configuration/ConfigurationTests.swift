import Foundation
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// The configuration file, resolved into the struct that the daemon uses.
struct ConfigurationTests {
  static let minimal = """
    model: ecg.safetensors
    feeds:
      - { name: ecg, endpoint: "tcp://127.0.0.1:5555", sampleRate: 360, window: { length: 1024 } }
    """

  @Test func everyKeyIsRead() throws {
    let configuration = try ConfigurationSample.parse(ConfigurationSample.text)
    let feed = try #require(configuration.feeds.first)
    #expect(feed.name == "ecg")
    #expect(feed.endpoint.text == "tcp://127.0.0.1:5555")
    #expect(feed.sampleRateHz == 360)
    #expect(feed.format == .gnuRadio(try #require(SampleLayout(elementType: "int16", channels: 12)), hasTags: true))
    #expect(feed.select == [2] && feed.scale == 0.001 && feed.offset == -1.5)
    #expect(feed.filters == [.highpass(0.5, order: 2)])
    #expect(feed.maximumMessageBytes == 1 << 20)
    #expect(feed.modelPath == "/etc/sigstreamd/models/own.safetensors")
    #expect(feed.window == .init(lengthSamples: 1024, hopSamples: 128))
    #expect(
      feed.overload
        == OverloadPolicy(deadline: .milliseconds(500), weight: 3, whenFull: .dropNewest, whenLate: .flag))
    #expect(feed.silentAfter == .seconds(5) && feed.forgetAfter == .seconds(60) && feed.maximumStreams == 100)
    #expect(configuration.batch == BatchConfiguration(maxSize: 8, maxDelay: .milliseconds(5)))
    #expect(configuration.workers == 2)
    #expect(configuration.queue.capacity == 64)
    #expect(configuration.output.endpoint.text == "tcp://127.0.0.1:5556")
    #expect(feed.serverKey?.z85 == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
    #expect(
      configuration.security
        == SecurityConfiguration(
          secretKeyPath: "/etc/sigstreamd/daemon.key_secret", allowedClientsPath: "/etc/sigstreamd/clients"))
    #expect(configuration.http == HTTPConfiguration(host: "::1", port: 9470))
  }

  @Test func whatIsLeftOutHasItsDefault() throws {
    let configuration = try ConfigurationSample.parse(Self.minimal)
    let feed = try #require(configuration.feeds.first)
    #expect(feed.socket == .sub)
    #expect(feed.mode == .connect)
    #expect(feed.topic == "")
    #expect(feed.format == .array)
    #expect(feed.channels == .together)
    #expect(feed.select == nil && feed.scale == 1 && feed.offset == 0 && feed.filters == nil)
    #expect(feed.window.hopSamples == 256)
    #expect(feed.maximumMessageBytes == 16 << 20)
    #expect(feed.modelPath == "/etc/sigstreamd/ecg.safetensors")
    #expect(feed.overload == OverloadPolicy(deadline: nil, weight: 1, whenFull: .dropOldest, whenLate: .expire))
    #expect(feed.silentAfter == .seconds(10) && feed.forgetAfter == .seconds(600) && feed.maximumStreams == 4096)
    #expect(configuration.batch == BatchConfiguration(maxSize: 32, maxDelay: .milliseconds(20)))
    #expect(configuration.workers == 4)
    #expect(configuration.queue.capacity == 1024)
    #expect(configuration.output == OutputConfiguration(endpoint: .defaultOutput, mode: .bind))
  }

  @Test func pathsAreRelativeToTheFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "configuration-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "sigstreamd.yaml")
    try Self.minimal.write(to: file, atomically: true, encoding: .utf8)
    let configuration = try Configuration.read(path: file.path)
    #expect(configuration.feeds.first?.modelPath == folder.appending(path: "ecg.safetensors").standardizedFileURL.path)
    #expect(configuration.workers == ProcessInfo.processInfo.activeProcessorCount)
  }

  @Test func missingFileIsSaidToBeMissing() {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.read(path: "/no/such/sigstreamd.yaml") }
    #expect(error?.description == "/no/such/sigstreamd.yaml: no such file: check the path")
    #expect(error?.exitCode == .noInput)
  }

  @Test func whatKeepsAFileFromBeingReadIsSaid() {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.read(path: "/") }
    #expect(error?.description == "/: can't be read (Is a directory): check that it is a file")
    #expect(error?.exitCode == .inputOutput)
  }

  @Test(arguments: ["no", "on", "010", "1e3", "~x", "a.b_c-d"])
  func nameIsTakenAsWritten(name: String) throws {
    let text = Self.minimal.replacing("name: ecg", with: "name: \(name)")
    if name == "~x" {
      #expect(ConfigurationSample.error(text)?.keyPath == "feeds[0].name")
    } else {
      #expect(try ConfigurationSample.parse(text).feeds.first?.name == name)
    }
  }

  @Test(arguments: [".", "..", "..."]) func nameOfAFolderAboveIsRefused(name: String) {
    let error = ConfigurationSample.error(Self.minimal.replacing("name: ecg", with: "name: \"\(name)\""))
    #expect(error?.keyPath == "feeds[0].name" && error?.message.contains("more than dots") == true)
  }

  @Test func twoFeedsOfOneNameAreRefused() {
    let text = Self.minimal + "\n" + Self.minimal.split(separator: "\n")[2].replacing("5555", with: "5557")
    #expect(
      ConfigurationSample.error(text)?.description
        == "sigstreamd.yaml:4: feeds[1].name: the feed on line 3 is named 'ecg' too: give each feed a name of its own")
  }

  @Test func twoSocketsBoundToOneAddressAreRefused() {
    let text = Self.minimal.replacing(
      "\"tcp://127.0.0.1:5555\"", with: "\"tcp://127.0.0.1:5556\", mode: bind")
    #expect(
      ConfigurationSample.error(text)?.description
        == "sigstreamd.yaml:1: output: feeds[0].endpoint on line 3 binds tcp://127.0.0.1:5556 too: "
        + "give each socket an address of its own")
  }

  @Test func severalSocketsMayBindEphemeralPorts() throws {
    let text = Self.minimal.replacing("\"tcp://127.0.0.1:5555\"", with: "\"tcp://127.0.0.1:0\", mode: bind")
    _ = try ConfigurationSample.parse(text + "\noutput: { endpoint: \"tcp://127.0.0.1:0\" }")
  }

  @Test func topicOfAPullSocketIsRefused() {
    let text = Self.minimal.replacing("name: ecg", with: "name: ecg, socket: pull, topic: bed")
    #expect(
      ConfigurationSample.error(text)?.description
        == "sigstreamd.yaml:3: feeds[0].topic: a pull socket has no subscriptions: remove 'topic', or write 'socket: sub'"
    )
  }

  @Test(arguments: [
    (
      "whenFull: block",
      "whenFull: a sub socket can't hold up its publisher: write 'whenFull: dropOldest', or 'socket: pull'"
    ),
    ("whenLate: flag", "whenLate: without a deadline nothing is late: write for example 'deadline: 500ms'"),
    (
      "deadline: 20ms",
      "deadline: not longer than batch.maxDelay (20ms), which a window may wait for its batch alone: write a longer one, "
        + "or a shorter maxDelay"
    ),
    ("silentAfter: 5s, forgetAfter: 2s", "forgetAfter: shorter than silentAfter (5s): write that or more"),
    (
      "whenFull: dropoldest",
      "whenFull: expected one of dropOldest, dropNewest, block, got 'dropoldest': write for example "
        + "'whenFull: dropOldest'"
    ),
    ("weight: 0", "weight: expected a whole number from 1 to 1000, got '0': write for example 'weight: 1'"),
    ("deadlin: 1s", "deadlin: unknown key: did you mean 'deadline'?"),
  ])
  func wrongOverloadPolicyIsExplained(keys: String, message: String) throws {
    let text = Self.minimal.replacing("name: ecg", with: "name: ecg, \(keys)")
    let error = try #require(ConfigurationSample.error(text))
    #expect(error.description.hasPrefix("sigstreamd.yaml:3: feeds[0].\(message)"))
  }

  @Test func aPullSocketMayBlockAndALongSilenceIsNotForgottenSooner() throws {
    let text = Self.minimal.replacing("name: ecg", with: "name: ecg, socket: pull, whenFull: block, silentAfter: 1h")
    let feed = try #require(ConfigurationSample.parse(text).feeds.first)
    #expect(feed.overload.whenFull == .block && feed.forgetAfter == .seconds(3600))
  }

  @Test func feedWithoutAModelIsRefused() {
    let text = Self.minimal.replacing("model: ecg.safetensors", with: "workers: auto")
    #expect(
      ConfigurationSample.error(text)?.description
        == "sigstreamd.yaml:3: feeds[0]: no model: write 'model: file.safetensors' in the feed, or at the file's top for all"
    )
  }

  @Test func exampleOfTheSystemdUnitIsValidAndHasTheDefaults() throws {
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    let example = try Configuration.read(path: root.appending(path: "systemd/sigstreamd.yaml").path)
    var minimal = try ConfigurationSample.parse(Self.minimal)
    minimal.workers = example.workers
    minimal.feeds[0].modelPath = root.appending(path: "systemd/ecg.safetensors").path
    minimal.feeds[0].source = try #require(example.feeds.first).source
    minimal.source = example.source
    #expect(example == minimal)
  }
}
