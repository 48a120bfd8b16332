/// Reads `.npz` files: zip archives of `.npy` files, as numpy.savez and numpy.savez_compressed write them.
package enum NumPyArchive {
  /// Whether `bytes` begin as a zip archive does.
  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
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
    for (name, member) in try members(of: bytes, path: path) {
      arrays[name] = try NumPyArray.parse(member.content(of: bytes, path: path), path: "\(path): \(name)")
    }
    return arrays
  }

  /// The array of that name, or the only one whose name has that pattern; nil: the only array, or the only one that has
  /// more than one number. Others need not be of numbers.
  ///
  /// - Throws: `FileError` where there is none or several, or it is damaged or of no kind of number.
  static func array(_ wanted: String?, of bytes: [UInt8], path: String) throws(FileError) -> NumPyArray {
    let members = try members(of: bytes, path: path)
    let names = members.keys.sorted()
    guard let first = names.first else { throw FileError(path: path, message: "an archive that holds no arrays") }
    var matching = names
    if let wanted {
      matching = members[wanted] != nil ? [wanted] : names.filter { FilePath.matches($0, pattern: wanted) }
    } else if names.count > 1 {
      matching = try signals(among: members, of: bytes, path: path)
    }
    guard matching.count == 1, let member = members[matching[0]] else {
      throw FileError(
        path: path,
        message: "holds the arrays \(names.joined(separator: ", ")): name one, as in "
          + "\(path):\(matching.first ?? first)")
    }
    return try NumPyArray.parse(member.content(of: bytes, path: path), path: "\(path): \(matching[0])")
  }

  /// The names, in order, of the arrays that have more than one number.
  private static func signals(
    among members: [String: ZipMember], of bytes: [UInt8], path: String
  ) throws(FileError) -> [String] {
    var names: [String] = []
    for (name, member) in members {
      let content = try member.content(of: bytes, path: path)
      guard let header = try? NumPyHeader.parse(content, path: path) else { continue }
      if (header.elementCount ?? .max) > 1 { names.append(name) }
    }
    return names.sorted()
  }

  /// The arrays' members of the archive, by the arrays' names.
  private static func members(of bytes: [UInt8], path: String) throws(FileError) -> [String: ZipMember] {
    var members: [String: ZipMember] = [:]
    for member in try ZipDirectory(bytes, path: path).members {
      guard member.name.hasSuffix(".npy") else {
        throw FileError(path: path, message: "holds '\(member.name)', which is no .npy array: this is no .npz file")
      }
      let name = String(member.name.dropLast(4))
      guard members.updateValue(member, forKey: name) == nil else {
        throw FileError(path: path, message: "holds two arrays named '\(name)': save it anew")
      }
    }
    return members
  }
}
