#if Matio
  import CMatio

  /// A variable of a MATLAB file, version 5, by libmatio: a vector, or a matrix whose longer side is time.
  ///
  /// Read as a whole: such files are compressed as a whole.
  struct MatioRecording: RecordingSource {
    private var recording: Recording

    var header: RecordingHeader { recording.header }

    init(path: String, variable: String?) throws(FileError) {
      Mat_LogInitFunc(nil) { _, _ in }
      guard let file = Mat_Open(path, Int32(MAT_ACC_RDONLY.rawValue)) else {
        throw FileError(path: path, message: "not a MATLAB file that can be opened: it is damaged, get it again")
      }
      defer { Mat_Close(file) }
      let name = try OptionalFormats.choose(variable, among: Self.signals(of: file), what: "variable", path: path)
      guard let read = Mat_VarRead(file, name) else {
        throw FileError(path: path, message: "'\(name)' can't be read: the file is damaged, get it again")
      }
      defer { Mat_VarFree(read) }
      guard let columns = Self.columns(of: read.pointee) else {
        throw FileError(path: path, message: "'\(name)' is incomplete or no numbers: the file is damaged, get it again")
      }
      var samples = [Float](repeating: 0, count: columns.count * columns[0].count)
      for (channel, column) in columns.enumerated() {
        for (frame, value) in column.enumerated() { samples[frame * columns.count + channel] = value }
      }
      var channels = RecordingHeader.Channel.numbered(columns.count)
      if columns.count == 1 { channels[0].name = name }
      recording = Recording(
        RecordingHeader(
          name: FilePath.stem(path), path: path, sampleRateHz: nil, channels: channels, frameCount: columns[0].count),
        samples: samples)
    }

    func read(frames: Range<Int>) -> [Float] { recording.read(frames: frames) }

    /// The names of the variables that are real numbers in two dimensions, more than one of them.
    private static func signals(of file: OpaquePointer) -> [String] {
      var names: [String] = []
      Mat_Rewind(file)
      while let info = Mat_VarReadNextInfo(file) {
        if let name = info.pointee.name, shape(info.pointee) != nil { names.append(String(cString: name)) }
        Mat_VarFree(info)
      }
      return names
    }

    private static func shape(_ variable: matvar_t) -> (rows: Int, columns: Int)? {
      guard variable.rank == 2, let dims = variable.dims, variable.isComplex == 0, variable.class_type.rawValue >= 6,
        variable.class_type.rawValue <= 15, let count = checkedProduct(Int(dims[0]), Int(dims[1])), count > 1
      else { return nil }
      return (Int(dims[0]), Int(dims[1]))
    }

    /// The channels; nil where the data are not what the header says.
    private static func columns(of variable: matvar_t) -> [[Float]]? {
      guard let (rows, columns) = shape(variable), let data = variable.data, variable.nbytes >= 1,
        let values = floats(data, type: variable.data_type, count: rows * columns, bytes: Int(variable.nbytes))
      else { return nil }
      // Columns lie one behind the other.
      if rows >= columns { return (0..<columns).map { Array(values[$0 * rows..<($0 + 1) * rows]) } }
      return (0..<rows).map { row in (0..<columns).map { values[$0 * rows + row] } }
    }

    private static func floats(
      _ data: UnsafeMutableRawPointer, type: matio_types, count: Int, bytes: Int
    ) -> [Float]? {
      func converted<Value: Sendable>(_: Value.Type, _ convert: (Value) -> Float) -> [Float]? {
        guard let needed = checkedProduct(count, MemoryLayout<Value>.size), needed <= bytes else { return nil }
        return (0..<count).map {
          convert(data.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self))
        }
      }
      switch type {
      case MAT_T_DOUBLE: return converted(Double.self) { Float($0) }
      case MAT_T_SINGLE: return converted(Float.self) { $0 }
      case MAT_T_INT8: return converted(Int8.self) { Float($0) }
      case MAT_T_UINT8: return converted(UInt8.self) { Float($0) }
      case MAT_T_INT16: return converted(Int16.self) { Float($0) }
      case MAT_T_UINT16: return converted(UInt16.self) { Float($0) }
      case MAT_T_INT32: return converted(Int32.self) { Float($0) }
      case MAT_T_UINT32: return converted(UInt32.self) { Float($0) }
      case MAT_T_INT64: return converted(Int64.self) { Float($0) }
      case MAT_T_UINT64: return converted(UInt64.self) { Float($0) }
      default: return nil
      }
    }
  }
#endif
