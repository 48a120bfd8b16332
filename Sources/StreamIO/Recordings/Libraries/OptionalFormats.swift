import Foundation

/// Formats that a C library reads: each is there in a build with the trait of that library.
enum OptionalFormats {
  #if HDF5
    /// HDF5 is not made for several threads at a time.
    static let hdf5Lock = NSLock()
  #endif

  static func audio(path: String) throws(FileError) -> any RecordingFile {
    #if Sndfile
      return SingleRecordingFile(try SndfileRecording(path: path))
    #else
      throw missing("WAV or FLAC", trait: "Sndfile", path)
    #endif
  }

  /// - Parameter signals: those in the file, at least one, all of the same format and offset.
  static func wfdbFLAC(path: String, signals: [WFDBHeader.Signal]) throws(FileError) -> any WFDBSampleFile {
    #if Sndfile
      return try WFDBFLACFile(path: path, signals: signals)
    #else
      throw missing("FLAC-compressed WFDB signal", trait: "Sndfile", path)
    #endif
  }

  /// - Parameter variable: its name; nil: the only one that is a signal.
  static func matlab(path: String, variable: String?) throws(FileError) -> any RecordingFile {
    #if Matio
      return SingleRecordingFile(try MatioRecording(path: path, variable: variable))
    #else
      throw missing("MATLAB", trait: "Matio", path)
    #endif
  }

  /// - Parameter dataset: its name with the groups it is in (`group/name`); nil: the only one that is a signal.
  static func hdf5(path: String, dataset: String?) throws(FileError) -> any RecordingFile {
    #if HDF5
      return SingleRecordingFile(try HDF5Recording(path: path, dataset: dataset))
    #else
      throw missing("HDF5 or MATLAB 7.3", trait: "HDF5", path)
    #endif
  }

  /// - Throws: `FileError` where this build has no `zstd`.
  static func requireZstd(path: String) throws(FileError) {
    #if !Zstd
      throw missing("zstd-compressed BLOW5", trait: "Zstd", path)
    #endif
  }

  /// What `compressed`, a frame of zstd (RFC 8878), stands for; nil where it is damaged, or stands for more than
  /// `maximumBytes`.
  static func zstd(_ compressed: [UInt8], maximumBytes: Int) -> [UInt8]? {
    #if Zstd
      return Zstd.decompress(compressed, maximumBytes: maximumBytes)
    #else
      return nil
    #endif
  }

  #if !(Sndfile && Matio && HDF5 && Zstd)
    private static func missing(_ format: String, trait: String, _ path: String) -> FileError {
      FileError(
        path: path,
        message:
          "a \(format) file, which this build of sigstreamd can't read: build with 'swift build --traits \(trait)' "
          + "(docs/formats.md), or use the Debian package")
    }
  #endif

  /// The one name that is asked for, exactly or as a pattern (`*_DE_time`), among those there are.
  static func choose(_ wanted: String?, among names: [String], what: String, path: String) throws(FileError) -> String {
    let matching =
      wanted.map { wanted in names.filter { $0 == wanted || FilePath.matches($0, pattern: wanted) } } ?? names
    if matching.count == 1 { return matching[0] }
    let listed = names.prefix(20).joined(separator: ", ")
    guard !names.isEmpty else {
      throw FileError(
        path: path, message: "holds no \(what) that is a signal (numbers in one or two dimensions): check the file")
    }
    throw FileError(
      path: path,
      message:
        "\(wanted.map { "'\($0)' is \(matching.isEmpty ? "none" : "several") of its \(what)s" } ?? "holds several \(what)s"), "
        + "there are \(listed): name one, as in \(path):\(names[0])")
  }
}
