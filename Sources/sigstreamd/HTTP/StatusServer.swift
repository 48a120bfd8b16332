import Logging
import StatusHTTP

/// Tells over HTTP how the daemon is: `/healthz`, `/readyz` and `/metrics`.
struct StatusServer: Sendable {
  private let http: HTTPConfiguration
  private let server: StatusHTTPServer
  private let logger: Logger
  private let events: AsyncStream<Result<Int, any Error>>
  private let continuation: AsyncStream<Result<Int, any Error>>.Continuation

  /// The server of a pipeline; nil where none is configured.
  init?(
    _ configuration: Configuration, _ pipeline: Pipeline, _ reloads: Reloads, isDraining: Monitor<Bool>, logger: Logger
  ) {
    guard let http = configuration.http else { return nil }
    self.http = http
    self.logger = logger
    (events, continuation) = AsyncStream.makeStream(of: Result<Int, any Error>.self)
    let obstacle: @Sendable () -> String? = { isDraining.withLock { $0 } ? "draining" : pipeline.obstacle }
    server = StatusHTTPServer(
      host: http.host, port: http.port, logger: logger.of(.http),
      pages: [
        "/healthz": { StatusPage("alive\n") },
        "/readyz": { obstacle().map { StatusPage(status: 503, "\($0)\n") } ?? StatusPage("ready\n") },
        "/metrics": {
          StatusPage(
            type: "text/plain; version=0.0.4; charset=utf-8",
            PipelineMetrics(pipeline, reload: reloads.last, isReady: obstacle() == nil).text)
        },
      ], onListening: { [continuation] in continuation.yield(.success($0)) })
  }

  /// Serves in the background until `stop`.
  ///
  /// - Throws: `PipelineError` where the address can't be had.
  func start() async throws {
    // Detached from the daemon's task: a graceful shutdown must not end it before the drain.
    Task.detached { [server, continuation] in
      do {
        try await server.run()
      } catch {
        continuation.yield(.failure(error))
      }
      continuation.finish()
    }
    for await event in events {
      let bound = try event.mapError { PipelineError(part: "http \(http.endpoint.address)", cause: $0) }.get()
      let address = HTTPConfiguration(host: http.host, port: bound).endpoint.address
      logger.info("health and metrics at http://\(address)")
      return
    }
  }

  func stop() async { await server.stop() }
}
