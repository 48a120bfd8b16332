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
  ///   - logger: told by the framework of each start, stop and request, too.
  ///   - pages: by their paths.
  ///   - onListening: called with the port when requests can come.
  package init(
    host: String, port: Int, logger: Logger, pages: [String: @Sendable () -> StatusPage],
    onListening: @escaping @Sendable (Int) -> Void
  ) {
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
    service = ServiceGroup(services: [application], logger: logger)
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
