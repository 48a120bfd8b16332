import Foundation

/// The bytes of a file of weights on disk.
enum CheckpointFile {
  /// - Parameter kind: what it should be, for the message where there is none.
  static func read(_ kind: String, path: String) throws(CheckpointError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw CheckpointError(
        kind: .inputOutput, path: path,
        message: exists ? "cannot be read: check that it is a file and its permissions" : "no such \(kind)")
    }
  }

  /// Writes atomically: a temporary file beside it, then a rename.
  static func write(_ bytes: Data, path: String) throws(CheckpointError) {
    do {
      try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CheckpointError(kind: .inputOutput, path: path, message: "cannot be written: \(obstacle(path, error))")
    }
  }

  /// Why a file could not be written; of what is found most often Foundation says too little ("error 512").
  private static func obstacle(_ path: String, _ error: any Error) -> String {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    func isFolder(_ path: String) -> Bool {
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
    if isFolder(path) { return "it is a folder, expected the name of a file" }
    if !isFolder(folder) { return "there is no folder \(folder): create it first" }
    if !FileManager.default.isWritableFile(atPath: folder) { return "no permission to write into \(folder)" }
    return error.localizedDescription
  }
}
