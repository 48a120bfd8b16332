import Foundation
import StreamIO
import Testing

@testable import sigstreamd

@Suite(.timeLimit(.minutes(5))) struct PipelineStartTests {
  func configuration(output: String = "tcp://127.0.0.1:*", feed: String = "tcp://127.0.0.1:*") throws -> Configuration {
    var source = try PipelineHarness.feed()
    source.endpoint = try Endpoint(feed, mode: .bind)
    return Configuration(
      feeds: [source], workers: 1, output: OutputConfiguration(endpoint: try Endpoint(output, mode: .bind)))
  }

  func failure(_ configuration: Configuration, model: ServedModel = EchoClassifier.model()) throws -> PipelineError? {
    let pipeline = try Pipeline(configuration, models: ["m": model], logger: LogRecorder.make().logger)
    do throws(PipelineError) {
      try pipeline.start()
      pipeline.drain()
      return nil
    } catch {
      return error
    }
  }

  @Test func anOutputAddressInUseIsNamed() throws {
    let context = try ZeroMQContext()
    let other = try ZeroMQSocket(context, .publish)
    try other.bind("tcp://127.0.0.1:0")
    let endpoint = try other.boundEndpoint()
    let error = try #require(try failure(configuration(output: endpoint)))
    #expect(error.description.hasPrefix("output: bind \(endpoint): the address is in use"))
  }

  @Test func aFeedAddressInUseIsNamedAndTheRestIsStopped() throws {
    let context = try ZeroMQContext()
    let other = try ZeroMQSocket(context, .publish)
    try other.bind("tcp://127.0.0.1:0")
    let endpoint = try other.boundEndpoint()
    let error = try #require(try failure(configuration(feed: endpoint)))
    #expect(error.description.hasPrefix("feed 'ecg': bind \(endpoint): the address is in use"))
  }

  @Test func aModelThatCannotBeSetUpIsNamed() throws {
    struct NoMemory: Error {}
    let model = ServedModel(labels: ["a"], channels: 1, identity: "") { throw NoMemory() }
    #expect(try failure(configuration(), model: model)?.description == "worker 0: NoMemory()")
  }

  @Test func anAddressIsFreeAgainAfterTheStop() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "sigstreamd-\(UUID().uuidString)").path
    for _ in 0..<3 {
      #expect(try failure(configuration(output: "ipc://\(path).out", feed: "ipc://\(path).in")) == nil)
    }
  }
}
