/// Reads `.npz` files: zip archives of `.npy` files, as numpy.savez and numpy.savez_compressed write them.
package enum NumPyArchive {
  /// Whether `bytes` begin as a zip archive does.
  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  /// The array of that name, or the only one whose name has that pattern; nil: the only array, or the only one that has
  /// more than one number. Others need not be of numbers.
  ///
  /// - Throws: `FileError` where there is none or several, or it is damaged or of no kind of number.
  static func array(_ wanted: String?, of bytes: [UInt8], path: String) throws(FileError) -> NumPyArray {
    let members = try members(of: bytes, path: path)
    let names = members.keys.sorted()
    guard let first = names.first else { throw FileError(path: path, message: "an archive that holds no arrays") }
    var candidates = names
    // What had to be unpacked to choose.
    var contents: [String: [UInt8]] = [:]
    if let wanted {
      candidates = members[wanted] != nil ? [wanted] : names.filter { FilePath.matches($0, pattern: wanted) }
    } else if names.count > 1 {
      for (name, member) in members { contents[name] = try member.content(of: bytes, path: path) }
      candidates.removeAll { !isSignal(contents[$0] ?? [], path: path) }
    }
    guard candidates.count == 1, let member = members[candidates[0]] else {
      throw FileError(
        path: path,
        message: "holds the arrays \(names.joined(separator: ", ")): name one, as in "
          + "\(path):\(candidates.first ?? first)")
    }
    let content =
      if let unpacked = contents[candidates[0]] { unpacked } else { try member.content(of: bytes, path: path) }
    return try NumPyArray.parse(content, path: "\(path): \(candidates[0])")
  }

  /// Whether an array has more than one number.
  private static func isSignal(_ content: [UInt8], path: String) -> Bool {
    guard let header = try? NumPyHeader.parse(content, path: path) else { return false }
    return header.elementCount ?? .max > 1
  }

  /// The arrays' members of the archive, by the arrays' names.
  static func members(of bytes: [UInt8], path: String) throws(FileError) -> [String: ZipMember] {
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
