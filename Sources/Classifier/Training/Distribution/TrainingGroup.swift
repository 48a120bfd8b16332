/// The processes that train one model together, each a rank of 0 ..< ``count``; most often the only one there is.
///
/// All ranks make the same calls in the same order, each from the thread that made its group. A call returns when this
/// rank has what it asked for.
package protocol TrainingGroup: AnyObject {
  var rank: Int { get }
  var count: Int { get }

  /// Completes `bytes` on every rank: rank r brings what lies in `parts[r]`.
  func gather(_ bytes: UnsafeMutableRawBufferPointer, _ parts: [Range<Int>])

  /// Sends and receives. What one rank sends to another arrives in the order of sending; the sizes must agree.
  func exchange(sends: [GroupMessage], receives: [GroupMessage])
}

/// Floats to or from another rank.
package struct GroupMessage {
  package let rank: Int
  package let floats: UnsafeMutableBufferPointer<Float>

  package init(rank: Int, floats: UnsafeMutableBufferPointer<Float>) {
    self.rank = rank
    self.floats = floats
  }
}

/// The group of a process that trains alone.
package final class SingleProcess: TrainingGroup {
  package let (rank, count) = (0, 1)

  package init() {}

  package func gather(_ bytes: UnsafeMutableRawBufferPointer, _ parts: [Range<Int>]) {}
  package func exchange(sends: [GroupMessage], receives: [GroupMessage]) {}
}

/// Thrown where the work of another rank failed, which has the error.
package struct PeerFailure: Error {
  package let rank: Int
}

extension TrainingGroup {
  /// The part of `0 ..< total` that is `rank`'s: ranks follow each other, and no two differ by more than one.
  package func share(of total: Int, rank: Int) -> Range<Int> {
    total * rank / count..<total * (rank + 1) / count
  }

  /// This rank's part.
  package func share(of total: Int) -> Range<Int> { share(of: total, rank: rank) }

  /// The parts of all ranks.
  func shares(of total: Int) -> [Range<Int>] { (0..<count).map { share(of: total, rank: $0) } }

  /// Completes `values` on every rank: rank r brings `parts[r]`.
  func gather<Value: BitwiseCopyable>(_ values: UnsafeMutableBufferPointer<Value>, _ parts: [Range<Int>]) {
    let size = MemoryLayout<Value>.stride
    gather(
      UnsafeMutableRawBufferPointer(values), parts.map { $0.lowerBound * size..<$0.upperBound * size })
  }

  /// What each rank brings.
  package func gather<Value: BitwiseCopyable>(_ value: Value) -> [Value] {
    var values = [Value](repeating: value, count: count)
    values.withUnsafeMutableBufferPointer { gather($0, (0..<count).map { $0..<$0 + 1 }) }
    return values
  }

  /// The bytes that rank 0 brings, on all ranks.
  package func broadcast(_ bytes: [UInt8]) -> [UInt8] {
    let size = gather(bytes.count)[0]
    var result = rank == 0 ? bytes : Array(repeating: 0, count: size)
    result.withUnsafeMutableBufferPointer { result in
      gather(result, (0..<count).map { $0 == 0 ? 0..<size : size..<size })
    }
    return result
  }

  /// Whether any rank says so.
  package func any(_ flag: Bool) -> Bool { gather(flag ? 1 as UInt8 : 0).contains(1) }

  /// Runs `body` on every rank. Where it throws on some, it throws on all: on the first of those its own error, on the
  /// others ``PeerFailure``. So none waits for one that has given up.
  package func together<Value>(_ body: () throws -> Value) throws -> Value {
    let outcome = Result { try body() }
    var failed: UInt8 = 0
    if case .failure(let error) = outcome, !(error is PeerFailure) { failed = 1 }
    guard let first = gather(failed).firstIndex(of: 1) else { return try outcome.get() }
    guard first != rank else { return try outcome.get() }
    throw PeerFailure(rank: first)
  }
}
