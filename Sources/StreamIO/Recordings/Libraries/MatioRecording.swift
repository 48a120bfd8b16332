#if Matio
  import CMatio

  /// A variable of a MATLAB file, version 5, by libmatio: a vector, or a matrix whose longer side is time. It may be
  /// a field of a struct, `bearing.gs`, or of an element of an array of structs, `Y(3).Data`.
  ///
  /// Read as a whole: such files are compressed as a whole.
  struct MatioRecording: RecordingSource {
    /// Structs within structs that are looked into.
    private static let maximumDepth = 8

    private var recording: Recording

    var header: RecordingHeader { recording.header }

    init(path: String, variable: String?) throws(FileError) {
      Mat_LogInitFunc(nil) { _, _ in }
      guard let file = Mat_Open(path, Int32(MAT_ACC_RDONLY.rawValue)) else {
        throw FileError(path: path, message: "not a MATLAB file that can be opened: it is damaged, get it again")
      }
      defer { Mat_Close(file) }
      let places = Self.signals(of: file)
      let name = try OptionalFormats.choose(
        variable, among: Self.candidates(variable, places), what: "variable", path: path)
      guard let place = places.first(where: { $0.name == name }), let read = Mat_VarRead(file, place.variable) else {
        throw FileError(path: path, message: "'\(name)' can't be read: the file is damaged, get it again")
      }
      defer { Mat_VarFree(read) }
      guard let signal = Self.signals(in: read, name: place.variable).first(where: { $0.name == name }),
        let columns = Self.columns(of: signal.variable.pointee)
      else {
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

    /// The names to choose from: fields of structs only where no variable is meant.
    private static func candidates(_ wanted: String?, _ places: [(name: String, variable: String)]) -> [String] {
      let own = places.filter { $0.name == $0.variable }.map(\.name)
      let isOwn = wanted.map { wanted in own.contains { FilePath.matches($0, pattern: wanted) } } ?? !own.isEmpty
      return isOwn ? own : places.map(\.name)
    }

    /// The names of the signals, and of the variables that they are or are in.
    private static func signals(of file: OpaquePointer) -> [(name: String, variable: String)] {
      var found: [(name: String, variable: String)] = []
      Mat_Rewind(file)
      while let info = Mat_VarReadNextInfo(file) {
        if let text = info.pointee.name {
          let variable = String(cString: text)
          found += signals(in: info, name: variable).map { (name: $0.name, variable: variable) }
        }
        Mat_VarFree(info)
      }
      return found
    }

    /// What of a variable is real numbers in two dimensions, more than one of them: itself, or fields of a struct.
    private static func signals(
      in variable: UnsafeMutablePointer<matvar_t>, name: String, depth: Int = 0
    ) -> [(name: String, variable: UnsafeMutablePointer<matvar_t>)] {
      if shape(variable.pointee) != nil { return [(name: name, variable: variable)] }
      guard depth < maximumDepth else { return [] }
      return fields(of: variable, name: name).flatMap { signals(in: $0.variable, name: $0.name, depth: depth + 1) }
    }

    /// The fields of a struct or an array of structs, whose elements count from 1 as in MATLAB; none of anything else.
    private static func fields(
      of variable: UnsafeMutablePointer<matvar_t>, name: String
    ) -> [(name: String, variable: UnsafeMutablePointer<matvar_t>)] {
      guard variable.pointee.class_type == MAT_C_STRUCT, variable.pointee.data != nil,
        let names = Mat_VarGetStructFieldnames(variable)
      else { return [] }
      let fieldCount = Int(Mat_VarGetNumberOfFields(variable))
      guard fieldCount > 0 else { return [] }
      // What is there, whatever the dimensions say: a pointer for each field of each element.
      let elementCount = Int(variable.pointee.nbytes) / MemoryLayout<UnsafeRawPointer>.size / fieldCount
      var found: [(name: String, variable: UnsafeMutablePointer<matvar_t>)] = []
      for element in 0..<elementCount {
        let owner = elementCount == 1 ? name : "\(name)(\(element + 1))"
        for index in 0..<fieldCount {
          guard let field = Mat_VarGetStructFieldByIndex(variable, index, element), let text = names[index] else {
            continue
          }
          found.append((name: "\(owner).\(String(cString: text))", variable: field))
        }
      }
      return found
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
