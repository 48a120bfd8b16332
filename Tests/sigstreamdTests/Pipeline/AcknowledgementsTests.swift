import Testing
import Windowing

@testable import sigstreamd

struct AcknowledgementsTests {
  private let acknowledgements = Acknowledgements()

  private func form(_ sequence: Int, start: Int, epoch: Int = 0) {
    acknowledgements.formed(
      Window(
        epoch: epoch, sequence: sequence, startSample: start, endSample: start + 8, startMicroseconds: 0,
        endMicroseconds: 0, isMasked: false), of: "a")
  }

  @Test func aSampleIsAcknowledgedWhenNoWindowNeedsItAnyMore() {
    #expect(acknowledgements.positions["a"] == nil)
    acknowledgements.advance("a", epoch: 0, to: 0)
    #expect(acknowledgements.positions == ["a": 0])
    for number in 0..<3 { form(number, start: 4 * number) }
    acknowledgements.advance("a", epoch: 0, to: 12)
    #expect(acknowledgements.positions["a"] == 0)
    acknowledgements.ended(sequence: 1, of: "a")
    #expect(acknowledgements.positions["a"] == 0, "the first window is still under way")
    acknowledgements.ended(sequence: 0, of: "a")
    #expect(acknowledgements.positions["a"] == 8)
    acknowledgements.ended(sequence: 2, of: "a")
    #expect(acknowledgements.positions["a"] == 12, "where the window to come begins")
    acknowledgements.ended(sequence: 2, of: "a")
    acknowledgements.ended(sequence: 7, of: "nobody")
    #expect(acknowledgements.positions == ["a": 12])
    acknowledgements.forget(["a"])
    #expect(acknowledgements.positions.isEmpty)
  }

  @Test func whatTheConnectionBeganWithStandsUntilTheNextOrAnotherEpoch() {
    #expect(acknowledgements.greeting(of: "a") == 0)
    form(0, start: 8)
    acknowledgements.advance("a", epoch: 0, to: 12)
    acknowledgements.greeted(["a": 8, "nobody": 3])
    acknowledgements.ended(sequence: 0, of: "a")
    #expect(acknowledgements.positions == ["a": 12])
    #expect(acknowledgements.greeting(of: "a") == 8, "the sender may not have heard of more when it began to repeat")
    form(1, start: 0, epoch: 1)
    #expect(acknowledgements.greeting(of: "a") == 0)
  }

  @Test func windowsOfAnEarlierEpochHoldNothingUp() {
    form(0, start: 1000)
    form(1, start: 0, epoch: 1)
    #expect(acknowledgements.positions["a"] == 0)
    acknowledgements.advance("a", epoch: 1, to: 4)
    acknowledgements.ended(sequence: 0, of: "a")
    #expect(acknowledgements.positions["a"] == 0)
    acknowledgements.ended(sequence: 1, of: "a")
    #expect(acknowledgements.positions["a"] == 4)
  }
}
