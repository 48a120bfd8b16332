import Testing

@testable import sigstreamd

struct TextTableTests {
  @Test func columnsLineUp() {
    var table = TextTable([.left("FEED"), .right("RATE"), .left("MODEL")])
    table.add(["ecg", "360 Hz", "ecg.safetensors"])
    table.add(["vibration", "25600 Hz"])
    #expect(
      table.text == """
        FEED           RATE  MODEL
        ecg          360 Hz  ecg.safetensors
        vibration  25600 Hz
        """)
  }

  @Test func coloursAreForTerminalsOnly() {
    #expect(TerminalStyle(isColoured: true)(.bad, "x") == "\u{1B}[31mx\u{1B}[0m")
    #expect(TerminalStyle(isColoured: false)(.bad, "x") == "x")
    // No descriptor has this number, so it is no terminal.
    #expect(!TerminalStyle(descriptor: 9999, environment: [:]).isColoured)
  }

  @Test func stopIsAskedForOnce() {
    let stop = StopSignal()
    #expect(!stop.isRequested)
    #expect(stop.request())
    #expect(!stop.request())
    #expect(stop.isRequested)
  }
}
