import Foundation
import Logging
import StreamIO
import Testing

@testable import sigstreamd

/// What a subscriber gets while the history's file is changed by others.
@Suite(.timeLimit(.minutes(5))) struct CatchUpServerTests {
  private let folder: HistoryFolder
  private let writer: HistoryWriter
  private let server: CatchUpServer

  init() throws {
    folder = try HistoryFolder()
    let logger = Logger(label: "test")
    writer = HistoryWriter(
      HistoryConfiguration(path: folder.path, keep: HistoryRetention()), clock: .system, logger: logger,
      onStored: { _ in }
    )
    server = CatchUpServer(
      configuration: CatchUpConfiguration(endpoint: try Endpoint("tcp://127.0.0.1:*", mode: .bind)), keys: .none,
      history: writer, losses: LossLog(clock: .system, logger: logger), logger: logger)
  }

  private func ask(_ request: [String], _ socket: borrowing ZeroMQSocket) throws -> [String] {
    var message = ZeroMQMessage()
    _ = try socket.send(request.map { Data($0.utf8) })
    #expect(try socket.receive(into: &message))
    return (0..<message.count).map { index in
      message.withFrame(index) { frame in frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }
  }

  /// Runs `body` with a subscriber's socket, once these results are in the history.
  private func serve(
    _ numbers: Range<Int>, _ body: (_ socket: borrowing ZeroMQSocket) throws -> Void
  ) throws {
    let thread = try writer.start()
    for number in numbers { writer.offer(.sample(number), isBounded: true) }
    #expect(writer.flush(within: .seconds(60)))
    let (daemon, subscriber) = (try ZeroMQContext(), try ZeroMQContext())
    let (serving, endpoint) = try server.start(daemon)
    let socket = try ZeroMQSocket(subscriber, .dealer)
    try socket.setLinger(milliseconds: 0)
    try socket.connect(endpoint)
    try body(socket)
    daemon.shutdown()
    #expect(serving.join(untilNanoseconds: .max))
    writer.finish()
    #expect(thread.join(untilNanoseconds: .max))
  }

  /// A disc as slow as can be: another program holds the file. Results that are still to be written are no end of the stream.
  @Test func whatIsNotInTheHistoryYetIsToBeAskedForAgain() throws {
    try serve(0..<1) { socket in
      try folder.hold {
        for number in 1..<4 { writer.offer(.sample(number), isBounded: true) }
        for request in [["SNAP"], ["REPLAY", "ecg/a", "0", "0", "2"]] {
          let answer = try ask(request, socket)
          #expect(answer.count == 1 && answer[0].contains("ask again later"), "\(answer)")
        }
        for request in [["REPLAY", "ecg/a", "0", "0", "0"], ["REPLAY", "ecg/b", "0", "0", "9"]] {
          #expect(try !ask(request, socket)[0].contains("error"), "none of these waits")
        }
      }
      #expect(writer.flush(within: .seconds(60)))
      #expect(try ask(["REPLAY", "ecg/a", "0", "0", "2"], socket).dropFirst() == ["a 0 0", "a 0 1", "a 0 2"])
    }
  }

  @Test func aChangedRowIsAnErrorAndAReplacedFileIsRead() throws {
    try serve(0..<3) { socket in
      #expect(try ask(["SNAP"], socket).dropFirst() == ["a 0 2"])

      try folder.change("UPDATE result SET body = x'ff' WHERE seq = 2")
      for request in [["SNAP"], ["REPLAY", "ecg/a", "0", "0", "9"]] {
        let answer = try ask(request, socket)
        #expect(answer.count == 1 && answer[0].contains("the history can't be read just now"))
      }
      #expect(try ask(["REPLAY", "ecg/a", "0", "0", "1"], socket).dropFirst() == ["a 0 0", "a 0 1"])

      try FileManager.default.removeItem(atPath: folder.path)
      writer.offer(.sample(3), isBounded: true)
      #expect(try ask(["SNAP"], socket).dropFirst() == ["a 0 3"])
    }
  }
}
