import StreamIO
import Testing

@testable import sigstreamd

struct ConnectionCountTests {
  private func count(_ events: [ConnectionMonitor.Event]) -> (again: Int, refused: Int) {
    var count = ConnectionCount()
    for event in events { count.add(event) }
    return (count.reconnects, count.refused)
  }

  @Test func onlyWhatWasLostIsMadeAnew() {
    #expect(count([.made, .made]) == (0, 0))
    #expect(count([.made, .lost, .made]) == (1, 0))
    #expect(count([.made, .made, .lost, .lost, .made, .made, .made]) == (2, 0))
  }

  /// libzmq tells of a refused peer's loss as well, which no later one makes good.
  @Test func theRefusedAreNeitherLostNorMade() {
    #expect(count([.refused, .lost, .made]) == (0, 1))
    #expect(count([.made, .refused, .lost, .lost, .made]) == (1, 1))
  }
}
