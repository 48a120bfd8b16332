internal import Glibc
internal import Hummingbird
package import Logging
internal import NIOCore
internal import ServiceLifecycle

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

/// Why pages can't be served; the text says what to do.
package struct StatusHTTPError: Error, CustomStringConvertible {
  package let description: String
}

/// An HTTP server of a few pages that are made when they are asked for.
///
/// A module of its own, so that the web framework stays behind it.
package struct StatusHTTPServer: Sendable {
  private let service: ServiceGroup

  /// - Parameters:
  ///   - port: 0: any free one.
  ///   - idleTimeout: after so long a connection on which nothing is asked is closed, or nothing of an answer taken.
  ///   - maximumConnections: at a time, or a few more; others wait until one of them is closed.
  ///   - logger: told by the framework of each start, stop and request, too.
  ///   - pages: by their paths.
  ///   - onListening: called with the port when requests can come.
  package init(
    host: String, port: Int, idleTimeout: Duration = .seconds(60), maximumConnections: Int = 100, logger: Logger,
    pages: [String: @Sendable () -> StatusPage], onListening: @escaping @Sendable (Int) -> Void
  ) {
    let application = Application(
      responder: CallbackResponder<BasicRequestContext> { request, _ in Self.answer(request, pages) },
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [StalledReader(limit: TimeAmount(idleTimeout))],
          idleTimeout: TimeAmount(idleTimeout)
        )),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "sigstreamd", reuseAddress: true,
        availableConnectionsDelegate: .maximum(maximumConnections, logger: logger)),
      onServerRunning: { channel in
        await Self.closeInChildren(channel)
        onListening(channel.localAddress?.port ?? port)
      }, logger: logger)
    service = ServiceGroup(services: [application], logger: logger)
  }

  private static func answer(_ request: Request, _ pages: [String: @Sendable () -> StatusPage]) -> Response {
    guard let page = pages[request.uri.path] else { return Response(status: .notFound) }
    switch request.method {
    case .get: return response(page())
    case .head: return response(page()).createHeadResponse()
    default: return Response(status: .methodNotAllowed, headers: [.allow: "GET, HEAD"])
    }
  }

  private static func response(_ page: StatusPage) -> Response {
    Response(
      status: .init(code: page.status), headers: [.contentType: page.type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: page.body)))
  }

  /// Keeps the listener from the programs that this one starts: one that outlives it, as swift-backtrace does after a crash,
  /// would hold the port. NIO leaves that to its users.
  private static func closeInChildren(_ channel: any Channel) async {
    let marking = channel.eventLoop.submit {
      _ = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (descriptor: NIOBSDSocket.Handle) in
        fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      }
    }
    // A channel that is closed by now has no descriptor to mark.
    try? await marking.get()
  }

  /// Serves until `stop`.
  ///
  /// - Throws: `StatusHTTPError` where the address can't be had.
  package func run() async throws {
    do {
      try await service.run()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw StatusHTTPError(
        description: "the address is in use by another program: stop it, or listen at another port")
    } catch let error as IOError {
      throw StatusHTTPError(description: "can't listen there (\(String(cString: strerror(error.errnoCode))))")
    } catch let error as SocketAddressError {
      throw StatusHTTPError(description: "is no address of this machine (\(error))")
    }
  }

  /// Answers the requests at hand, and no more.
  package func stop() async { await service.triggerGracefulShutdown() }
}
