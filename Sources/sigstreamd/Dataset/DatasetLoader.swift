import Classifier
import StreamIO

/// Makes a dataset: of what the cache has, else of its recordings, and then puts it into the cache.
struct DatasetLoader {
  let file: DatasetFile
  /// Nil: none is used.
  let cache: DatasetCache?
  /// Called with the error of each file that can't be used, which is then left out; nil: it is thrown.
  let onBroken: ((any Error) -> Void)?

  func load() throws -> Dataset {
    let items = try RecordingList(file).items
    guard let cache else { return try build(items, into: nil).dataset(notCached: "none is used") }
    do {
      try cache.makeFolder()
      return try load(items, cache)
    } catch let failure as CacheFailure {
      // Whatever was broken is told in this pass, for the first one may have ended before it.
      return try build(items, into: nil).dataset(notCached: failure.description)
    }
  }

  private func load(_ items: [RecordingList.Item], _ cache: DatasetCache) throws -> Dataset {
    var digests = FileDigests(path: cache.digestsPath)
    let key = DatasetKey.key(of: file, items, &digests)
    digests.save(path: cache.digestsPath)
    if let key, let (index, store) = WindowFile.open(cache.path(of: key), key: key, for: file) {
      return Dataset(file, index, in: store, from: .cache)
    }
    let writer = try WindowFileWriter(in: cache.folder)
    let built = try build(items, into: writer)
    guard let key, built.broken.isEmpty else {
      return built.dataset(notCached: "some of its files can't be used")
    }
    guard digests.areUnchanged else { return built.dataset(notCached: "its files have changed meanwhile") }
    do {
      try writer.keep(as: cache.path(of: key), key: key, samples: built.store.count, index: built.index.encoded())
    } catch let failure as CacheFailure {
      return built.dataset(notCached: failure.description)
    }
    cache.prune(keeping: key)
    return built.dataset(notCached: nil)
  }

  /// What was made of the recordings.
  private struct Built {
    let file: DatasetFile
    let index: DatasetIndex
    let store: SampleStore
    let broken: [any Error]

    func dataset(notCached problem: String?) -> Dataset {
      Dataset(file, index, in: store, from: .recordings(notCached: problem))
    }
  }

  /// - Parameter writer: where the samples go; nil: into memory.
  private func build(_ items: [RecordingList.Item], into writer: WindowFileWriter?) throws -> Built {
    var builder = DatasetBuilder(file, into: SampleSink(writer, path: file.path))
    var broken: [any Error] = []
    for item in items {
      do {
        try builder.add(item)
      } catch  where onBroken != nil && !(error is CacheFailure) {
        broken.append(error)
      }
    }
    guard var index = builder.index else {
      if let error = broken.first { throw error }
      throw FileError(path: file.path, message: "'exclude' leaves no recording: remove one from it")
    }
    let store = try builder.sink.store()
    index.findTraits(in: store, length: file.lengthSamples)
    broken.forEach { onBroken?($0) }
    return Built(file: file, index: index, store: store, broken: broken)
  }
}
