internal import Hummingbird
package import Logging
internal import NIOCore

/// What a page says.
package struct StatusPage: Sendable {
  /// As HTTP numbers them.
  let status: Int
  let type: String
  let body: String

  package init(status: Int = 200, type: String = "text/plain; charset=utf-8", _ body: String) {
    (self.status, self.type, self.body) = (status, type, body)
  }
}

/// An HTTP server of a few pages that are made when they are asked for.
///
/// A module of its own, so that the web framework stays behind it.
package struct StatusHTTPServer: Sendable {
  private let host: String
  private let port: Int
  private let logger: Logger
  private let pages: [String: @Sendable () -> StatusPage]

  /// - Parameters:
  ///   - port: 0: any free one.
  ///   - pages: by their paths.
  package init(
    host: String, port: Int, logger: Logger, pages: [String: @Sendable () -> StatusPage]
  ) {
    (self.host, self.port, self.pages) = (host, port, pages)
    var logger = logger
    // The framework tells of each start and stop, which its user does itself.
    logger.logLevel = .warning
    self.logger = logger
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter onListening: called with the port when requests can come.
  /// - Throws: where the address can't be had.
  package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
    let router = Router()
    for (path, page) in pages {
      router.get("\(path)") { _, _ in
        let page = page()
        return Response(
          status: .init(code: page.status), headers: [.contentType: page.type, .cacheControl: "no-store"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: page.body)))
      }
    }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "sigstreamd", reuseAddress: true),
      onServerRunning: { onListening($0.localAddress?.port ?? port) }, logger: logger)
    try await application.run()
  }
}
