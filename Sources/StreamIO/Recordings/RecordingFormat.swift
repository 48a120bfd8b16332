/// The formats of recordings that files are recognised as, by how they begin.
enum RecordingFormat: Sendable {
  case array, archive, edf, audio, matlab, hdf5, slow5, blow5, timeSeries

  /// Bytes of a file's start that `init(start:)` looks at.
  static let startBytes = 1 << 16

  /// - Parameter start: a file's first `startBytes` bytes, or all it has; nil where they are those of no format that has a
  ///   mark: WFDB and tables of numbers have none.
  init?(start: [UInt8]) {
    func begins(_ mark: some Sequence<UInt8>) -> Bool { start.starts(with: mark) }
    func begins(_ mark: String, at offset: Int = 0) -> Bool { start.dropFirst(offset).starts(with: mark.utf8) }
    if NumPyArray.isArray(start) {
      self = .array
    } else if NumPyArchive.isArchive(start) {
      self = .archive
    } else if begins("0       ") || begins([0xFF] + Array("BIOSEMI".utf8)) {
      self = .edf
    } else if begins("fLaC") || (["RIFF", "RIFX", "RF64"].contains { begins($0) } && begins("WAVE", at: 8)) {
      self = .audio
    } else if begins("MATLAB 5.0 MAT-file") {
      self = .matlab
    } else if begins([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]) || begins("MATLAB 7.3 MAT-file") {
      // MATLAB's version 7.3 is HDF5 behind 512 bytes.
      self = .hdf5
    } else if begins("#slow5_version") {
      self = .slow5
    } else if begins(Blow5File.mark) {
      self = .blow5
    } else if Self.isTimeSeries(start) {
      self = .timeSeries
    } else {
      return nil
    }
  }

  /// A `.ts` file has keys that begin with "@", behind comments.
  private static func isTimeSeries(_ start: [UInt8]) -> Bool {
    let text = start.withoutByteOrderMark
    guard let first = text.first, first == UInt8(ascii: "#") || first == UInt8(ascii: "@") else { return false }
    let lines = text.split { $0 == 0x0A || $0 == 0x0D }
    return lines.first { $0.first != UInt8(ascii: "#") }?.first == UInt8(ascii: "@")
  }
}
