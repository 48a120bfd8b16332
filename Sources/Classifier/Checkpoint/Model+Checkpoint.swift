import Foundation

/// The checkpoint: one `.safetensors` file, float32 tensors named as in PyTorch's `state_dict`, all else as metadata.
/// The format is described in `docs/model.md`.
extension Model {
  private static let format = "sigstreamd-model"
  private static let version = 1
  private static let membersKey = "members"
  /// Far more than can be trained, and far from overflow.
  private static let mostBatches = 1 << 48

  /// Reads a checkpoint; refuses, naming the key or tensor, what is missing, misshapen, not finite or newer.
  package static func load(path: String) throws(CheckpointError) -> Model {
    let bytes = try AtomicFile.read("model file", path: path)
    do {
      var model = try parse(bytes)
      model.identity = sha256(bytes)
      return model
    } catch {
      throw CheckpointError(kind: .malformed, path: path, message: error.message)
    }
  }

  /// Writes the checkpoint atomically (a temporary file beside it, then a rename) and returns the model with its
  /// identity.
  package func save(path: String) throws(CheckpointError) -> Model {
    let bytes: Data
    do {
      bytes = try encode()
    } catch {
      throw CheckpointError(kind: .malformed, path: path, message: "cannot be written: \(Safetensors.reason(error))")
    }
    try AtomicFile.write(path: path) { (append) throws(CheckpointError) in try append(bytes) }
    var saved = self
    saved.identity = Self.sha256(bytes)
    return saved
  }

  /// Bytes of the checkpoint's file.
  package var byteCount: Int {
    get throws { try encode().count }
  }

  /// Why a checkpoint of the model would be refused when it is read, or nil: training may have diverged.
  package var problem: String? {
    if !parameters.allSatisfy(\.isFinite) || !others.allSatisfy({ $0.parameters.allSatisfy(\.isFinite) }) {
      return "its weights are not finite"
    }
    return novelty?.problem(dim: architecture.dim).map { "its anomaly statistics: \($0)" }
  }

  private static func sha256(_ bytes: Data) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.add($0) }
    return hash.digest()
  }
}

// MARK: Reading

extension Model {
  typealias Malformed = Safetensors.Malformed

  static func parse(_ bytes: Data) throws(Malformed) -> Model { try parse(Safetensors(parsing: bytes)) }

  static func parse(_ file: Safetensors) throws(Malformed) -> Model {
    let format = try value("format", file)
    guard format == Self.format else {
      throw Malformed(message: "metadata key format is \"\(format)\", expected \"\(Self.format)\"")
    }
    let version = try value("version", file)
    guard let number = Int(version), number >= 1 else {
      throw Malformed(message: "metadata key version is \"\(version)\", expected a number")
    }
    guard number <= Self.version else {
      throw Malformed(
        message: "is a model of version \(number), newer than this program's \(Self.version): update sigstreamd")
    }
    let architecture: Architecture = try json("architecture", file)
    do {
      try architecture.validate()
    } catch {
      throw Malformed(message: "metadata key \(error)")
    }
    let labels: [String] = try json("labels", file)
    guard labels.count == architecture.classes else {
      throw Malformed(message: "metadata key labels has \(labels.count) names for \(architecture.classes) classes")
    }
    guard Set(labels).count == labels.count, labels.allSatisfy({ (1...256).contains($0.utf8.count) }) else {
      throw Malformed(message: "metadata key labels must hold different names of 1 to 256 bytes")
    }
    let input: InputSpecification = try json("input", file)
    if let problem = input.problem(channels: architecture.inputChannels) {
      throw Malformed(message: "metadata key input: \(problem)")
    }
    var novelty: NoveltyStatistics?
    if file.metadata["novelty"] != nil {
      novelty = try json("novelty", file)
      if let problem = novelty?.problem(dim: architecture.dim) {
        throw Malformed(message: "metadata key novelty: \(problem)")
      }
    }
    var quantisation: Quantisation?
    if file.metadata["quantisation"] != nil {
      quantisation = try json("quantisation", file)
      if let problem = quantisation?.problem {
        throw Malformed(message: "metadata key quantisation: \(problem)")
      }
    }
    var members = try members(architecture, quantisation, file)
    let first = members.removeFirst()
    var model = Model(
      architecture: architecture, labels: labels, input: input, training: file.metadata["training"] ?? "{}",
      novelty: novelty, quantisation: quantisation, parameters: first.parameters,
      batchesTracked: first.batchesTracked)
    model.others = members
    return model
  }

  /// The members' numbers: one where the file is no ensemble.
  private static func members(
    _ architecture: Architecture, _ quantisation: Quantisation?, _ file: Safetensors
  ) throws(Malformed) -> [Member] {
    guard let text = file.metadata[membersKey] else {
      return [try member("", of: 1, architecture, quantisation, file)]
    }
    guard let count = Int(text), (2...memberLimit).contains(count) else {
      throw Malformed(message: "metadata key \(membersKey) is \"\(text)\", expected 2 to \(memberLimit)")
    }
    guard quantisation == nil else {
      throw Malformed(message: "is an ensemble with the metadata key quantisation, which only single models have")
    }
    var members: [Member] = []
    for index in 0..<count {
      members.append(try member(memberPrefix(index), of: count, architecture, nil, file))
    }
    return members
  }

  private static func value(_ key: String, _ file: Safetensors) throws(Malformed) -> String {
    guard let value = file.metadata[key] else {
      throw Malformed(message: "is not a sigstreamd model: the metadata key \(key) is missing")
    }
    return value
  }

  private static func json<Value: Decodable>(_ key: String, _ file: Safetensors) throws(Malformed) -> Value {
    let text = try value(key, file)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw Malformed(message: "metadata key \(key) does not read as expected (\(Safetensors.reason(error)))")
    }
  }

  /// Reads the tensors whose names begin with `prefix`.
  private static func member(
    _ prefix: String, of count: Int, _ architecture: Architecture, _ quantisation: Quantisation?, _ file: Safetensors
  ) throws(Malformed) -> Member {
    // The smallest network of this shape must fit into the file before anything is sized by the architecture.
    let layout = Network(architecture).layout
    let available = file.entries.values.reduce(0) { $0 + $1.dataOffsets[1] - $1.dataOffsets[0] }
    let most = (quantisation == nil ? available / 4 : available) / count
    guard layout.totalCount <= most else {
      throw Malformed(
        message: "metadata key architecture describes \(layout.totalCount) numbers, the file holds \(most)")
    }
    var values = [Float](repeating: 0, count: layout.totalCount)
    var batches = 0
    for tensor in layout.tensors {
      let isQuantised = quantisation != nil && tensor.isQuantised
      let dtype = tensor.role == .batchCount ? "I64" : isQuantised ? "I8" : "F32"
      let name = prefix + tensor.name
      let bytes = try self.bytes(name, dtype, tensor.shape, file)
      if tensor.role == .batchCount {
        batches = Int(bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) })
        guard (0...Self.mostBatches).contains(batches) else {
          throw Malformed(message: "tensor \(name) is \(batches), expected a count of batches")
        }
      } else {
        let range = layout.range(of: tensor)
        if isQuantised {
          let scales = try self.bytes(scaleName(tensor), "F32", [tensor.shape[0]], file)
          TensorBytes.decodeQuantised(tensor, bytes, scales: scales, into: &values, at: range.lowerBound)
        } else {
          TensorBytes.decode(tensor, bytes, into: &values, at: range.lowerBound)
        }
        guard values[range].allSatisfy(\.isFinite) else {
          throw Malformed(message: "tensor \(name) holds numbers that are not finite")
        }
        guard !tensor.name.hasSuffix(".running_var") || values[range].allSatisfy({ $0 >= 0 }) else {
          throw Malformed(message: "tensor \(name) holds negative variances")
        }
      }
    }
    return Member(parameters: values, batchesTracked: batches)
  }
}

extension Model {
  private static func bytes(
    _ name: String, _ dtype: String, _ shape: [Int], _ file: Safetensors
  ) throws(Malformed) -> Data {
    guard let entry = file.entries[name] else { throw Malformed(message: "tensor \(name) is missing") }
    guard entry.dtype == dtype else {
      throw Malformed(message: "tensor \(name) is \(entry.dtype), expected \(dtype)")
    }
    guard entry.shape == shape else {
      throw Malformed(message: "tensor \(name) has the shape \(entry.shape), expected \(shape)")
    }
    return file.bytes(of: entry)
  }

  /// What an ensemble's tensor names begin with.
  private static func memberPrefix(_ index: Int) -> String { "members.\(index)." }

  /// The tensor that holds the scales of an 8-bit tensor, one a row.
  private static func scaleName(_ tensor: TensorSpecification) -> String { "\(tensor.name)_scale" }
}

// MARK: Writing

extension Model {
  func encode() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var metadata = [
      "format": Self.format, "version": String(Self.version), "architecture": try json(architecture),
      "labels": try json(labels), "input": try json(input), "training": training,
    ]
    if memberCount > 1 { metadata[Self.membersKey] = String(memberCount) }
    if let novelty {
      metadata["novelty"] = try json(novelty)
    }
    if let quantisation {
      metadata["quantisation"] = try json(quantisation)
    }
    var tensors = tensors(Member(parameters: parameters, batchesTracked: batchesTracked), memberCount > 1 ? 0 : nil)
    for (index, member) in others.enumerated() { tensors += self.tensors(member, index + 1) }
    return Safetensors.encode(metadata: metadata, tensors: tensors)
  }

  private func tensors(
    _ member: Member, _ index: Int?
  ) -> [(name: String, dtype: String, shape: [Int], bytes: Data)] {
    let layout = Network(architecture).layout
    let prefix = index.map(Self.memberPrefix) ?? ""
    var tensors: [(name: String, dtype: String, shape: [Int], bytes: Data)] = []
    for tensor in layout.tensors {
      let name = prefix + tensor.name
      let numbers = member.parameters[layout.range(of: tensor)]
      if tensor.role == .batchCount {
        let count = withUnsafeBytes(of: Int64(member.batchesTracked).littleEndian) { Data($0) }
        tensors.append((name, "I64", tensor.shape, count))
      } else if quantisation != nil, tensor.isQuantised {
        let (integers, scales) = TensorBytes.encodeQuantised(tensor, numbers)
        tensors.append((name, "I8", tensor.shape, integers))
        tensors.append((Self.scaleName(tensor), "F32", [tensor.shape[0]], scales))
      } else {
        tensors.append((name, "F32", tensor.shape, TensorBytes.encode(tensor, numbers)))
      }
    }
    return tensors
  }
}
