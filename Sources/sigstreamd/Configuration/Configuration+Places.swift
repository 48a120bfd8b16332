import Foundation
import Glibc
import StreamIO

extension Configuration {
  /// Looks whether sockets, history and recordings can be where they are to be, as far as that shows without making them.
  ///
  /// - Parameter file: the configuration's path.
  /// - Returns: what only this user can't write, or the service can't, a line each: the daemon may run as another.
  /// - Throws: `ConfigurationError` at the key that names a place where nothing can be, whoever tries.
  func checkPlaces(file: String) throws(ConfigurationError) -> [String] {
    for (endpoint, place) in boundEndpoints {
      if let folder = endpoint.folder { try Self.checkThere(folder, place) }
    }
    var folders: [(String, YAMLLocation)] = []
    if let record { folders.append((record.path, source.location(of: .record))) }
    if let history {
      let (folder, place) = (Self.folder(of: history.path), source.location(of: .history))
      try Self.checkThere(folder, place)
      folders.append((folder, place))
    }
    var warnings: [String] = []
    let state = Self.serviceStateFolder(of: file)
    for (folder, place) in folders {
      let isOfService = state.map { folder == $0 || folder.hasPrefix("\($0)/") } ?? false
      if let state, !isOfService {
        warnings.append(
          "\(place.keyPath): the service can write below \(state) alone, unless its unit allows more: see 'State on another "
            + "disc' in docs/operations.md")
      }
      guard let (path, errorNumber) = Self.obstacle(in: folder) else { continue }
      let problem = "\(path) can't be written (\(String(cString: strerror(errorNumber))))"
      guard [EACCES, EPERM].contains(errorNumber) else { throw place.error("\(problem): name another folder") }
      // The service can, whoever looks.
      if isOfService { continue }
      warnings.append("\(place.keyPath): \(problem): run the daemon as a user who may, or name another folder")
    }
    return warnings
  }

  /// Looks whether a folder is there in which the daemon makes files, but which it does not make.
  private static func checkThere(_ folder: String, _ place: YAMLLocation) throws(ConfigurationError) {
    guard !isMadeBySystemd(folder), access(folder, F_OK) != 0, errno == ENOENT else { return }
    throw place.error("there is no folder \(folder): make it, or name another path")
  }

  /// Of the units: RuntimeDirectory= and StateDirectory= make them at each start.
  private static func isMadeBySystemd(_ folder: String) -> Bool {
    folder.wholeMatch(of: /\/(run|var\/lib)\/sigstreamd(-[^\/]+)?/) != nil
  }

  private static func folder(of path: String) -> String { URL(filePath: path).deletingLastPathComponent().path }

  /// Where and why no file can be made in `folder`, or in the nearest one above it that is there; nil: nothing shows.
  private static func obstacle(in folder: String) -> (path: String, errorNumber: Int32)? {
    var path = folder
    while path != "/", access(path, F_OK) != 0, errno == ENOENT { path = Self.folder(of: path) }
    if access(path, F_OK) == 0, !FileBytes.isFolder(path: path) { return (path, ENOTDIR) }
    return access(path, W_OK | X_OK) == 0 ? nil : (path, errno)
  }
}

extension Endpoint {
  /// Of an `ipc://` socket in the file system.
  fileprivate var folder: String? {
    guard text.hasPrefix("ipc:///") else { return nil }
    return URL(filePath: String(text.dropFirst("ipc://".count))).deletingLastPathComponent().path
  }
}
