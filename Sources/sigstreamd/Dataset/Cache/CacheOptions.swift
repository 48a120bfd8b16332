import ArgumentParser
import Foundation

/// Where the windows of datasets are kept for the next run.
struct CacheOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Keep the windows of dataset files in this folder for the next run. (default: $XDG_CACHE_HOME/sigstreamd, else \
      ~/.cache/sigstreamd)
      """, valueName: "folder"))
  var cache: String?
  @Option(
    help: ArgumentHelp(
      "What that folder may take: windows that were not used for longest go first. (default: 50GB)", valueName: "size"))
  var cacheLimit: String?
  @Flag(help: "Cut the windows from the recordings, hold them in memory and keep nothing.")
  var noCache = false

  func validate() throws {
    guard !noCache || cache == nil && cacheLimit == nil else {
      throw ValidationError("--no-cache goes without --cache and --cache-limit.")
    }
    if let cacheLimit, Quantity.byteSize(cacheLimit) == nil {
      throw ValidationError("--cache-limit must be a size with its unit, such as 20GB.")
    }
  }

  /// Nil where none is to be used.
  var datasetCache: DatasetCache? {
    guard !noCache, let folder = cache ?? DatasetCache.defaultFolder() else { return nil }
    var result = DatasetCache(folder: URL(filePath: folder).path)
    if let limit = cacheLimit.flatMap(Quantity.byteSize) { result.limitBytes = limit }
    return result
  }
}
