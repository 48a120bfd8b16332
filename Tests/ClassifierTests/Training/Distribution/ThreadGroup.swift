import Foundation

@testable import Classifier

/// Ranks that are threads of this process: what one brings is copied to the others.
final class ThreadGroup: TrainingGroup {
  let rank: Int
  let count: Int
  private let exchange: Exchange

  private init(rank: Int, exchange: Exchange) {
    (self.rank, count, self.exchange) = (rank, exchange.count, exchange)
  }

  /// Runs `body` as each of `count` ranks and returns what each returned or threw.
  static func run<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadGroup) throws -> Value
  ) -> [Result<Value, any Error>] {
    let exchange = Exchange(count)
    let results = Results<Value>(count)
    for rank in 0..<count {
      Thread.detachNewThread {
        results.set(Result { try body(ThreadGroup(rank: rank, exchange: exchange)) }, rank)
      }
    }
    return results.wait()
  }

  func gather(_ bytes: UnsafeMutableRawBufferPointer, _ parts: [Range<Int>]) {
    let all = exchange.turn(rank) { [UnsafeRawBufferPointer(rebasing: bytes[parts[rank]]).map { $0 }] }
    for other in 0..<count where other != rank {
      bytes[parts[other]].copyBytes(from: all[other][0])
    }
  }

  func exchange(sends: [GroupMessage], receives: [GroupMessage]) {
    let all = exchange.turn(rank) {
      // To rank r, in order.
      (0..<count).map { to in
        sends.filter { $0.rank == to }.flatMap { UnsafeRawBufferPointer($0.floats).map { $0 } }
      }
    }
    var taken = Array(repeating: 0, count: count)
    for message in receives {
      let bytes = UnsafeMutableRawBufferPointer(message.floats)
      bytes.copyBytes(from: all[message.rank][rank][taken[message.rank]..<taken[message.rank] + bytes.count])
      taken[message.rank] += bytes.count
    }
    precondition((0..<count).allSatisfy { taken[$0] == all[$0][safe: rank]?.count ?? 0 }, "sent and not received")
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

/// Where ranks meet. All members are under the lock.
private final class Exchange: @unchecked Sendable {
  let count: Int
  private let condition = NSCondition()
  private var brought: [[[UInt8]]]
  private var complete: [[[UInt8]]] = []
  private var arrived = 0
  private var turn = 0

  init(_ count: Int) {
    self.count = count
    brought = Array(repeating: [], count: count)
  }

  /// Brings this rank's bytes and returns those of all when they are there.
  func turn(_ rank: Int, _ bytes: () -> [[UInt8]]) -> [[[UInt8]]] {
    let bytes = bytes()
    condition.lock()
    defer { condition.unlock() }
    brought[rank] = bytes
    arrived += 1
    if arrived == count {
      (complete, arrived, turn) = (brought, 0, turn + 1)
      condition.broadcast()
      return complete
    }
    let waiting = turn
    // Nobody completes another turn before this rank has come to it.
    while turn == waiting { condition.wait() }
    return complete
  }
}

/// What threads leave. All members are under the lock.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var results: [Result<Value, any Error>?]

  init(_ count: Int) { results = Array(repeating: nil, count: count) }

  func set(_ result: Result<Value, any Error>, _ rank: Int) {
    condition.lock()
    results[rank] = result
    condition.broadcast()
    condition.unlock()
  }

  func wait() -> [Result<Value, any Error>] {
    condition.lock()
    defer { condition.unlock() }
    while results.contains(where: { $0 == nil }) { condition.wait() }
    return results.map { $0! }
  }
}
