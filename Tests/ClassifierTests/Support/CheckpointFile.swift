import Foundation
import Testing

@testable import Classifier

/// A checkpoint taken apart and put together again by hand, so that anything in it can be wrong.
struct CheckpointFile {
  var header: [String: Any]
  var data: Data

  init(_ bytes: Data) throws {
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let object = try JSONSerialization.jsonObject(with: bytes[8..<8 + length])
    header = try #require(object as? [String: Any])
    data = Data(bytes[(8 + length)...])
  }

  var metadata: [String: Any] {
    get { header["__metadata__"] as? [String: Any] ?? [:] }
    set { header["__metadata__"] = newValue }
  }

  /// The tensors' names with dtype and shape.
  var tensors: [String: String] {
    header.filter { $0.key != "__metadata__" }.compactMapValues { entry in
      guard let entry = entry as? [String: Any], let dtype = entry["dtype"], let shape = entry["shape"] else {
        return nil
      }
      return "\(dtype) \(shape)"
    }
  }

  subscript(tensor name: String) -> [String: Any] {
    get { header[name] as? [String: Any] ?? [:] }
    set { header[name] = newValue }
  }

  func offsets(_ name: String) throws -> (start: Int, end: Int) {
    let offsets = try #require(self[tensor: name]["data_offsets"] as? [Int])
    return (offsets[0], offsets[1])
  }

  func bytes() throws -> Data {
    try Self.bytes(header: JSONSerialization.data(withJSONObject: header), data)
  }

  static func bytes(header: Data, _ data: Data, length: UInt64? = nil) -> Data {
    var bytes = withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Data($0) }
    bytes.append(header)
    bytes.append(data)
    return bytes
  }
}

extension Model {
  /// As few numbers as an architecture can have, about a thousand.
  static func smallest(seed: UInt64 = 1) -> Model {
    let architecture = Architecture(
      inputChannels: 1, channels: [4, 4, 4, 4], blocks: [1, 1, 1, 1], dim: 2, heads: 1, layers: 1, feedForward: 1,
      classes: 2)
    let input = InputSpecification(sampleRate: 100, window: 16, normalisation: .fixed, mean: [0.5], std: [2])
    return Model(architecture: architecture, labels: ["calm", "loud"], input: input, seed: seed)
  }
}

/// A folder that goes when its owner does.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("classifier-tests-\(UUID())")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
