import Foundation

/// All that training goes on from after an interruption, to the same bits as without one: random numbers are those of a
/// window's place in its epoch, so the position stands for them.
package struct TrainingState: Sendable {
  /// Where training is.
  package struct Position: Codable, Sendable, Equatable {
    /// Optimiser steps done.
    package var step = 0
    /// The epoch under way, from 1; past the last one when training has ended.
    package var epoch = 1
    /// Batches of that epoch that are done.
    package var batches = 0
    /// Their losses.
    var losses: [Double] = []
  }

  package var position = Position()
  /// What the caller wants to know again, such as its record of the run.
  package var notes = ""
  var batchesTracked: Int
  var parameters: [Float]
  /// AdamW's moments, of the trainable parameters.
  var moments: (first: [Float], second: [Float])
  /// The moving average, where there is one.
  var average: [Float]?
  var best: Best?

  struct Best: Sendable {
    var epoch: Int
    var score: Double
    var loss: Double
    var batchesTracked: Int
    var parameters: [Float]
  }
}

// MARK: The file

extension TrainingState {
  private static let format = "sigstreamd-training-1"

  /// The file's metadata, but for the numbers.
  private struct Header: Codable {
    var position: Position
    var notes: String
    var batchesTracked: Int
    var best: Best?

    struct Best: Codable {
      var epoch: Int
      var score: Double
      var loss: Double
      var batchesTracked: Int
    }
  }

  private enum Name {
    static let (parameters, first, second) = ("parameters", "moments.first", "moments.second")
    static let (average, best) = ("average", "best")
  }

  /// Writes the state atomically; what was there before stays if that fails.
  package func save(path: String) throws(CheckpointError) {
    try AtomicFile.write(path: path) { (append) throws(CheckpointError) in try write(path: path, to: append) }
  }

  /// The state of rank 0 on every rank; the others need none.
  package static func broadcast(_ state: TrainingState?, _ group: any TrainingGroup) throws -> TrainingState {
    if let state, group.count == 1 { return state }
    var bytes = Data()
    try state?.write(path: "the state", to: { bytes.append(contentsOf: $0) })
    return try parse(Data(group.broadcast(Array(bytes))))
  }

  private func write(path: String, to append: (Data) throws(CheckpointError) -> Void) throws(CheckpointError) {
    let header = Header(
      position: position, notes: notes, batchesTracked: batchesTracked,
      best: best.map {
        Header.Best(epoch: $0.epoch, score: $0.score, loss: $0.loss, batchesTracked: $0.batchesTracked)
      })
    let numbers: [(String, [Float]?)] = [
      (Name.parameters, parameters), (Name.first, moments.first), (Name.second, moments.second),
      (Name.average, average), (Name.best, best?.parameters),
    ]
    let tensors = numbers.compactMap { name, values in
      values.map { values in
        Safetensors.Source(
          name: name, dtype: "F32", shape: [values.count], byteCount: 4 * values.count,
          bytes: { TensorBytes.encode(values) })
      }
    }
    let metadata = ["format": Self.format, "state": try json(header, path)]
    try Safetensors.write(metadata: metadata, tensors: tensors, to: append)
  }

  private func json(_ header: Header, _ path: String) throws(CheckpointError) -> String {
    do {
      return String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
    } catch {
      throw CheckpointError(kind: .malformed, path: path, message: "cannot be written: \(Safetensors.reason(error))")
    }
  }

  /// Reads a state that ``save(path:)`` has written.
  package static func load(path: String) throws(CheckpointError) -> TrainingState {
    let bytes = try AtomicFile.read("training state", path: path)
    do {
      return try parse(bytes)
    } catch {
      throw CheckpointError(kind: .malformed, path: path, message: error.message)
    }
  }

  private static func parse(_ bytes: Data) throws(Safetensors.Malformed) -> TrainingState {
    let file = try Safetensors(parsing: bytes)
    guard file.metadata["format"] == format, let json = file.metadata["state"] else {
      throw Safetensors.Malformed(message: "is not the state of a training run of this program")
    }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(json.utf8))
    } catch {
      throw Safetensors.Malformed(message: "has a state that does not read (\(Safetensors.reason(error)))")
    }
    let position = header.position
    guard position.epoch >= 1, position.step >= 0, position.batches == position.losses.count else {
      throw Safetensors.Malformed(message: "is corrupt: its position is \(position)")
    }
    var best: Best?
    if let from = header.best {
      best = Best(
        epoch: from.epoch, score: from.score, loss: from.loss, batchesTracked: from.batchesTracked,
        parameters: try numbers(Name.best, file))
    }
    return TrainingState(
      position: position, notes: header.notes, batchesTracked: header.batchesTracked,
      parameters: try numbers(Name.parameters, file),
      moments: (try numbers(Name.first, file), try numbers(Name.second, file)),
      average: file.entries[Name.average] == nil ? nil : try numbers(Name.average, file), best: best)
  }

  private static func numbers(_ name: String, _ file: Safetensors) throws(Safetensors.Malformed) -> [Float] {
    guard let entry = file.entries[name], entry.dtype == "F32" else {
      throw Safetensors.Malformed(message: "is corrupt: it has no \(name)")
    }
    return TensorBytes.decode(file.bytes(of: entry))
  }

  /// Whether the numbers are as many as those of a network, and an average is there just when one is asked for.
  func fits(_ layout: ParameterLayout, hasAverage: Bool) -> Bool {
    parameters.count == layout.totalCount && moments.first.count == layout.trainableCount
      && moments.second.count == layout.trainableCount && (average != nil) == hasAverage
      && (average?.count ?? layout.totalCount) == layout.totalCount
      && (best?.parameters.count ?? layout.totalCount) == layout.totalCount
  }
}
