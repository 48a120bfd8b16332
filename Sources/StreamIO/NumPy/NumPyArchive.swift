import Foundation

/// Reads `.npz` files: zip archives of `.npy` files, as numpy.savez and numpy.savez_compressed write them.
package enum NumPyArchive {
  /// Whether `bytes` begin as a zip archive does.
  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  /// The file and the array's name in `archive.npz:name`; the whole path and nil in any other.
  static func split(_ path: String) -> (file: String, name: String?) {
    guard let extent = path.range(of: ".npz:", options: .backwards) else { return (path, nil) }
    let colon = path.index(before: extent.upperBound)
    return (String(path[..<colon]), String(path[extent.upperBound...]))
  }

  /// The arrays of the archive at `path` by name (without the ".npy").
  ///
  /// - Throws: `FileError` where it can't be read, is no zip archive, is damaged, or holds anything but arrays of numbers.
  package static func read(path: String) throws(FileError) -> [String: NumPyArray] {
    try parse(FileBytes.read(path: path), path: path)
  }

  /// Parses the content of a `.npz` file; `path` names it in errors.
  package static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> [String: NumPyArray] {
    var arrays: [String: NumPyArray] = [:]
    for member in try ZipDirectory(bytes, path: path).members {
      guard member.name.hasSuffix(".npy") else {
        throw FileError(path: path, message: "holds '\(member.name)', which is no .npy array: this is no .npz file")
      }
      let name = String(member.name.dropLast(4))
      let content = try member.content(of: bytes, path: path)
      guard arrays.updateValue(try NumPyArray.parse(content, path: "\(path): \(name)"), forKey: name) == nil else {
        throw FileError(path: path, message: "holds two arrays named '\(name)': save it anew")
      }
    }
    return arrays
  }
}
