import Testing

@testable import sigstreamd

@Suite struct ResultOrderTests {
  func batch(_ lane: Int, _ ticket: Int) -> Batch {
    Batch(lane: lane, ticket: ticket)
  }

  /// Takes batches by `take` until there are none, as lane and ticket.
  func all(_ order: inout ResultOrder, _ take: (inout ResultOrder) -> Batch?) -> [[Int]] {
    var taken: [[Int]] = []
    while let batch = take(&order) { taken.append([batch.lane, batch.ticket]) }
    return taken
  }

  @Test func aBatchWaitsForTheOnesBeforeItInItsLane() {
    var order = ResultOrder()
    order.add(batch(0, 1))
    order.add(batch(1, 0))
    #expect(all(&order) { $0.takeReady() } == [[1, 0]])
    order.add(batch(0, 2))
    order.add(batch(0, 0))
    #expect(all(&order) { $0.takeReady() } == [[0, 0], [0, 1], [0, 2]])
  }

  @Test func theEndWaitsForNone() {
    var order = ResultOrder()
    for (lane, ticket) in [(0, 3), (1, 2), (0, 1)] { order.add(batch(lane, ticket)) }
    #expect(all(&order) { $0.takeReady() } == [])
    #expect(all(&order) { $0.takeAny() } == [[0, 1], [0, 3], [1, 2]])
  }
}
