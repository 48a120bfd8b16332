import Testing

@testable import sigstreamd

/// A configuration file that has every key, a key a line, to be broken by the tests one line at a time.
struct ConfigurationSample {
  /// A line of the sample: its key, the value, and how deep it stands.
  struct Line: Sendable, CustomTestStringConvertible {
    var index: Int
    var prefix: String
    var key: String
    var value: String
    var testDescription: String { "line \(index + 1): \(key)" }
  }

  static let text = """
    model: ecg.safetensors
    feeds:
      - name: ecg
        endpoint: tcp://127.0.0.1:5555
        socket: sub
        mode: connect
        topic: ""
        format: gnuradio
        elementType: "<i2"
        channelCount: 12
        passTags: true
        sampleRate: 360
        channels: together
        select: [ 2 ]
        scale: 0.001
        offset: -1.5
        filters: [ { highpass: 0.5Hz } ]
        maxMessage: 1MiB
        model: models/own.safetensors
        window:
          length: 1024
          hop: 128
        deadline: 500ms
        weight: 3
        whenFull: dropNewest
        whenLate: flag
        silentAfter: 5s
        forgetAfter: 1m
        maxStreams: 100
        serverKey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    batch:
      maxSize: 8
      maxDelay: 5ms
    workers: 2
    queue:
      capacity: 64
    output:
      endpoint: tcp://127.0.0.1:5556
      mode: bind
      catchUp:
        endpoint: tcp://127.0.0.1:5557
    history:
      path: history.sqlite
      keep: 7d
    security:
      secretKey: daemon.key_secret
      allowedClients: clients
    allowPlaintext: false
    http:
      listen: "[::1]:9470"
    """

  static let lines: [Line] = text.split(separator: "\n").enumerated().map { index, text in
    let parts =
      text.firstRange(of: ": ").map { (text[..<$0.lowerBound], text[$0.upperBound...]) } ?? (text.dropLast(), "")
    let prefix = parts.0.prefix { " -".contains($0) }
    return Line(
      index: index, prefix: String(prefix), key: String(parts.0.dropFirst(prefix.count)), value: String(parts.1))
  }

  /// The sample with its line `index` replaced.
  static func replacing(_ index: Int, by line: String) -> String {
    var lines = text.split(separator: "\n").map(String.init)
    lines[index] = line
    return lines.joined(separator: "\n")
  }

  /// The configuration that `text` gives, as if read from `/etc/sigstreamd/sigstreamd.yaml` on 4 cores.
  static func parse(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration(YAMLDocument.parse(text, file: "sigstreamd.yaml"), folder: "/etc/sigstreamd", cores: 4)
  }

  /// What is wrong with `text`, or nil.
  static func error(_ text: String) -> ConfigurationError? {
    do {
      _ = try parse(text)
      return nil
    } catch {
      return error
    }
  }
}
