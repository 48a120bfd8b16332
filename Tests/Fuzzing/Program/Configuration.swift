import FuzzDriver

@testable import sigstreamd

extension Program {
  /// The daemon's configuration file.
  static let configuration = Fuzzer("configuration") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let configuration = try Configuration(YAMLDocument.parse(text, file: "x.yaml"), folder: "/x", cores: 2)
    let again = try Configuration(YAMLDocument.parse(text, file: "x.yaml"), folder: "/x", cores: 2)
    require(configuration == again, "the same file is the same configuration")
    require(Set(configuration.feeds.map(\.name)).count == configuration.feeds.count, "feeds have names of their own")
    require((1...1024).contains(configuration.workers) && configuration.batch.maxSize >= 1, "workers and batches")
    for feed in configuration.feeds {
      require(feed.window.lengthSamples.isMultiple(of: 8) && feed.window.lengthSamples >= 8, "windows of whole eights")
      require(feed.window.hopSamples >= 1 && feed.sampleRateHz > 0 && feed.sampleRateHz.isFinite, "hop and rate")
      require(feed.overload.deadline.map { $0 > configuration.batch.maxDelay } ?? true, "deadlines that can be met")
      require(try Endpoint(feed.endpoint.text, mode: feed.mode) == feed.endpoint, "an endpoint reads back")
    }
  }

  /// A dataset file.
  static let dataset = Fuzzer("dataset") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let dataset = try DatasetFile(YAMLDocument.parse(text, file: "x.yaml"), path: "x.yaml")
    require(dataset.lengthSamples.isMultiple(of: 8) && dataset.lengthSamples >= 8, "windows of whole eights")
    require(dataset.hopSamples >= 1 && dataset.sampleRateHz ?? 1 > 0, "hop and rate")
    let labelling = dataset.labelling
    require(labelling.classes.count >= 2 && labelling.priority.sorted() == Array(labelling.classes.indices), "classes")
    require(2 * labelling.marginSamples < dataset.lengthSamples, "margins that leave some of a window")
  }
}
