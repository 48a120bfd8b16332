/// The directory of a zip archive: which members there are, and where.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10. All numbers are little-endian. An archive ends with
///
/// | bytes | end of central directory | | bytes | entry of the directory | | bytes | local header |
/// |---|---|---|---|---|---|---|---|
/// | 0 | 50 4B 05 06 | | 0 | 50 4B 01 02 | | 0 | 50 4B 03 04 |
/// | 10 | number of entries (16 bits) | | 8 | flags (16) | | 26 | bytes of the name (16) |
/// | 12 | bytes of the directory (32) | | 10 | method (16) | | 28 | bytes of the extra field (16) |
/// | 16 | where it begins (32) | | 16 | CRC-32 (32) | | 30 | name, extra field, content |
/// | 20 | bytes of a comment (16) | | 20, 24 | bytes stored, bytes of content (32) | | | |
/// | 22 | the comment | | 28, 30, 32 | bytes of name, extra field, comment (16) | | | |
/// | | | | 42 | where the local header begins (32) | | | |
/// | | | | 46 | name, extra field, comment | | | |
///
/// A field that is too narrow is all ones, and the zip64 extra field (ID 1) or zip64 end record has the 64-bit number.
struct ZipDirectory {
  private(set) var members: [ZipMember] = []

  private let bytes: [UInt8]
  private let path: String

  /// - Throws: `FileError` where `bytes` is no zip archive, is cut off, or its directory points beyond it.
  init(_ bytes: [UInt8], path: String) throws(FileError) {
    self.bytes = bytes
    self.path = path
    var (count, offset) = try end()
    // What members store can't overlap, so together they take no more than the archive.
    var storedBytes = 0
    while count > 0 {
      let (member, size) = try entry(at: offset)
      storedBytes += member.storedBytes
      guard storedBytes <= bytes.count else { throw damaged("its members claim more bytes than it has") }
      members.append(member)
      offset += size
      count -= 1
    }
  }

  private func end() throws(FileError) -> (count: Int, offset: Int) {
    let latest = bytes.count - 22
    let earliest = max(0, latest - 0xFFFF)
    var start = latest
    while start >= earliest {
      if bytes.littleEndian(UInt32.self, at: start) == 0x0605_4B50,
        Int(try number16(start + 20)) == bytes.count - start - 22
      {
        return try directory(endRecord: start)
      }
      start -= 1
    }
    throw FileError(
      path: path, message: "holds no zip directory: the file is incomplete or no .npz, check it or get it again")
  }

  private func directory(endRecord: Int) throws(FileError) -> (count: Int, offset: Int) {
    let count = Int(try number16(endRecord + 10))
    let offset = Int(try number32(endRecord + 16))
    // The zip64 locator (20 bytes, with the place of the zip64 end record at byte 8) stands before the end record.
    guard count == 0xFFFF || offset == 0xFFFF_FFFF, try signature(endRecord - 20) == 0x0706_4B50 else {
      return (count, offset)
    }
    let record = try number64(endRecord - 20 + 8)
    guard try signature(record) == 0x0606_4B50 else { throw damaged("its zip64 directory is not where it should be") }
    return (try number64(record + 32), try number64(record + 48))
  }

  private func entry(at offset: Int) throws(FileError) -> (member: ZipMember, size: Int) {
    guard try signature(offset) == 0x0201_4B50 else { throw damaged("an entry of its directory is missing") }
    let nameBytes = Int(try number16(offset + 28))
    let extraBytes = Int(try number16(offset + 30))
    let commentBytes = Int(try number16(offset + 32))
    let nameStart = offset + 46
    guard nameStart + nameBytes + extraBytes + commentBytes <= bytes.count else {
      throw damaged("an entry of its directory is cut off")
    }
    var member = ZipMember(
      name: String(decoding: bytes[nameStart..<nameStart + nameBytes], as: UTF8.self),
      isEncrypted: try number16(offset + 8) & 1 != 0, method: Int(try number16(offset + 10)),
      checksum: try number32(offset + 16), storedBytes: Int(try number32(offset + 20)),
      contentBytes: Int(try number32(offset + 24)), headerOffset: Int(try number32(offset + 42)))
    let extra = nameStart + nameBytes..<nameStart + nameBytes + extraBytes
    try widen(&member, extra: extra)
    return (member, 46 + nameBytes + extraBytes + commentBytes)
  }

  /// Takes from the zip64 extra field those numbers that 32 bits are too narrow for.
  private func widen(_ member: inout ZipMember, extra: Range<Int>) throws(FileError) {
    var offset = extra.lowerBound
    while offset + 4 <= extra.upperBound {
      let (id, size) = (try number16(offset), Int(try number16(offset + 2)))
      guard offset + 4 + size <= extra.upperBound else { throw damaged("an extra field is cut off") }
      if id == 1 {
        var field = offset + 4
        for key in [\ZipMember.contentBytes, \.storedBytes, \.headerOffset] where member[keyPath: key] == 0xFFFF_FFFF {
          guard field + 8 <= offset + 4 + size else { throw damaged("a zip64 field is cut off") }
          member[keyPath: key] = try number64(field)
          field += 8
        }
      }
      offset += 4 + size
    }
  }

  private func signature(_ offset: Int) throws(FileError) -> UInt32 { try number32(offset) }

  private func number16(_ offset: Int) throws(FileError) -> UInt16 { try number(offset) }

  private func number32(_ offset: Int) throws(FileError) -> UInt32 { try number(offset) }

  /// A 64-bit number that, as a size or place in an archive, has to be one that the archive can have.
  private func number64(_ offset: Int) throws(FileError) -> Int {
    let value: UInt64 = try number(offset)
    // Contents may be larger than the archive, but not by more than deflate can compress.
    guard let value = Int(exactly: value), value >> 48 == 0 else { throw damaged("a size in it is beyond all files") }
    return value
  }

  private func number<Value: FixedWidthInteger>(_ offset: Int) throws(FileError) -> Value {
    guard let value: Value = bytes.littleEndian(at: offset) else {
      throw damaged("its directory points beyond its end")
    }
    return value
  }

  private func damaged(_ what: String) -> FileError {
    FileError(path: path, message: "\(what): the archive is damaged, get it again")
  }
}

/// One member of a zip archive, as the directory describes it.
struct ZipMember {
  var name: String
  var isEncrypted: Bool
  /// How the content is stored: 0 as it is, 8 deflated.
  var method: Int
  /// CRC-32 of the content.
  var checksum: UInt32
  /// Bytes in the archive.
  var storedBytes: Int
  /// Bytes of the content.
  var contentBytes: Int
  /// Where in the archive the member's local header begins.
  var headerOffset: Int

  /// The content, from the archive's bytes.
  ///
  /// - Throws: `FileError` where it lies beyond the archive's end, is encrypted, compressed in another way than by deflate,
  ///   or not what it was when its checksum was taken.
  func content(of archive: [UInt8], path: String) throws(FileError) -> [UInt8] {
    func error(_ what: String) -> FileError { FileError(path: path, message: "'\(name)' \(what)") }
    guard !isEncrypted else { throw error("is encrypted, which can't be read: save the archive without a password") }
    guard archive.littleEndian(UInt32.self, at: headerOffset) == 0x0403_4B50,
      let nameBytes = archive.littleEndian(UInt16.self, at: headerOffset + 26),
      let extraBytes = archive.littleEndian(UInt16.self, at: headerOffset + 28)
    else { throw error("is not where the directory says: the archive is damaged, get it again") }
    let start = headerOffset + 30 + Int(nameBytes) + Int(extraBytes)
    guard start <= archive.count, storedBytes <= archive.count - start else {
      throw error("is cut off: the archive is incomplete, get it again")
    }
    let stored = archive[start..<start + storedBytes]
    let content: [UInt8]?
    switch method {
    case 0: content = storedBytes == contentBytes ? Array(stored) : nil
    case 8: content = Inflate.raw(stored, size: contentBytes)
    default: throw error("is compressed by method \(method), only 0 and 8 can be read: save it with numpy.savez")
    }
    guard let content, Inflate.checksum(content) == checksum else {
      throw error("doesn't match its checksum: the archive is damaged, get it again")
    }
    return content
  }
}
