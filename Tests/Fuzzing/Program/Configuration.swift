import FuzzDriver

@testable import sigstreamd

extension Program {
  /// The daemon's configuration file.
  static let configuration = Fuzzer("configuration", seeds: [Array(everyKey.utf8)]) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let document = try YAMLDocument.parse(text, file: "x.yaml")
    let configuration = try Configuration(document, folder: "/x", cores: 2)
    let again = try Configuration(document, folder: "/x", cores: 2)
    require(configuration == again, "the same file is the same configuration")
    require(Set(configuration.feeds.map(\.name)).count == configuration.feeds.count, "feeds have names of their own")
    require((1...1024).contains(configuration.workers) && configuration.batch.maxSize >= 1, "workers and batches")
    for feed in configuration.feeds {
      require(feed.window.lengthSamples.isMultiple(of: 8) && feed.window.lengthSamples >= 8, "windows of whole eights")
      require(feed.window.hopSamples >= 1 && feed.sampleRateHz > 0 && feed.sampleRateHz.isFinite, "hop and rate")
      require(feed.overload.deadline.map { $0 > configuration.batch.maxDelay } ?? true, "deadlines that can be met")
      require(feed.format.channels.map { (1...65536).contains($0) } ?? true, "channels of a message")
      require(try Endpoint(feed.endpoint.text, mode: feed.mode) == feed.endpoint, "an endpoint reads back")
    }
  }

  /// A dataset file.
  static let dataset = Fuzzer("dataset", seeds: [Array(everyDatasetKey.utf8)]) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let dataset = try DatasetFile(YAMLDocument.parse(text, file: "x.yaml"), path: "x.yaml")
    require(dataset.lengthSamples.isMultiple(of: 8) && dataset.lengthSamples >= 8, "windows of whole eights")
    require(dataset.hopSamples >= 1 && dataset.sampleRateHz ?? 1 > 0, "hop and rate")
    let labelling = dataset.labelling
    require(labelling.classes.count >= 2 && labelling.priority.sorted() == Array(labelling.classes.indices), "classes")
    require(2 * labelling.marginSamples < dataset.lengthSamples, "margins that leave some of a window")
  }

  private static let everyKey = """
    model: x.safetensors
    precision: bf16
    feeds:
      - name: ecg
        endpoint: "tcp://127.0.0.1:5555"
        socket: dealer
        mode: connect
        serverKey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
        format: array
        sampleRate: 360
        channels: together
        select: [ 2, 0 ]
        scale: 0.005
        offset: -5.12
        filters: [ { highpass: 0.5Hz, order: 2 }, { notch: 50Hz, q: 30 }, { lowpass: 100Hz } ]
        window: { length: 1024, hop: 256 }
        maxMessage: 16MiB
        deadline: 500ms
        weight: 2
        whenFull: block
        whenLate: expire
        silentAfter: 10s
        forgetAfter: 10m
        maxStreams: 4096
        expectedStreams: 12
      - { name: eeg, endpoint: "ipc:///run/eeg", socket: sub, topic: ward, sampleRate: 1e3, window: { length: 64 },
          filters: [ { bandpass: [ 0.5Hz, 40Hz ] } ], model: y.safetensors }
      - { name: radio, endpoint: "ipc:///run/radio", sampleRate: 1e3, window: { length: 64 }, format: gnuradio,
          elementType: float32, channelCount: 2, passTags: true, mode: bind }
      - { name: bare, endpoint: "ipc:///run/bare", sampleRate: 1e3, window: { length: 64 }, format: raw,
          elementType: ">i2", socket: pull, channels: separate }
    batch: { maxSize: 8, maxDelay: 20ms }
    workers: auto
    queue: { capacity: 1024 }
    output: { endpoint: "tcp://127.0.0.1:5556", mode: bind, catchUp: { endpoint: "tcp://127.0.0.1:5557" } }
    history: { path: history.sqlite, keep: [ 7d, 2GiB ] }
    record: { path: r, what: uncertain, below: 0.6, margin: 2s, segment: 1MiB, keep: 1GiB }
    security: { secretKey: x.key_secret, allowedClients: clients }
    http: { listen: "127.0.0.1:9470" }
    log: { format: json, level: notice, levels: { feeds: debug, http: error } }
    allowPlaintext: false
    """

  private static let everyDatasetKey = """
    name: x
    recordings: [ "a/*.hea", b.edf ]
    channels: [ MLII, "1" ]
    sampleRate: 360
    filters: [ { bandpass: [ 0.5Hz, 40Hz ], order: 4 } ]
    resample: 250
    exclude: [ "102" ]
    labels:
      from: file
      pattern: '([A-Z]+)_.*'
      classes: { N: [ N, L ], V: [ V, E ] }
      rule: worst
      priority: [ V, N ]
      margin: 10
    windows: { length: 1024, at: events, offset: -512 }
    group: { from: folder, pattern: 'p([0-9]+)' }
    split: { validation: 0.2, test: 0.1, seed: 1 }
    augmentation:
      mixup: { probability: 0.5, alpha: 0.2 }
      crop: { probability: 0.5, share: [ 0.85, 1 ] }
      timeWarp: { probability: 0.5, speed: [ 0.8, 1.25 ] }
      baselineWander: { probability: 0.2, snr: [ -5, 15 ], frequency: [ 0.05, 0.5 ] }
      mainsHum: { probability: 0.2, snr: [ 5, 30 ], frequencies: [ 50 ] }
      channelDropout: { probability: 0.1, channels: [ 1, 2 ] }
      cutout: { probability: 0.1, share: [ 0.02, 0.1 ] }
    """
}
