import Testing

@testable import sigstreamd

@Suite struct ResultOrderTests {
  func batch(_ lane: Int, _ ticket: Int) -> CompletedBatch {
    CompletedBatch(lane: lane, ticket: ticket, results: [])
  }

  @Test func aBatchWaitsForTheOnesBeforeItInItsLane() {
    var order = ResultOrder(lanes: 2)
    order.add(batch(0, 1))
    order.add(batch(1, 0))
    #expect(order.takeReady().map { [$0.lane, $0.ticket] } == [[1, 0]])
    #expect(order.takeReady().isEmpty)
    order.add(batch(0, 2))
    order.add(batch(0, 0))
    #expect(order.takeReady().map { [$0.lane, $0.ticket] } == [[0, 0], [0, 1], [0, 2]])
  }

  @Test func theEndWaitsForNone() {
    var order = ResultOrder(lanes: 1)
    order.add(batch(0, 3))
    order.add(batch(0, 1))
    #expect(order.takeAll().map(\.ticket) == [1, 3])
    #expect(order.takeAll().isEmpty)
  }
}
