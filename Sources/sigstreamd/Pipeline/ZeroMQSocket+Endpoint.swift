import StreamIO

extension ZeroMQSocket {
  /// Binds or connects the socket.
  ///
  /// - Returns: where it is: the endpoint, with the port that the system chose, if it had to.
  borrowing func open(_ endpoint: Endpoint, mode: ConnectionMode) throws(ZeroMQError) -> String {
    switch mode {
    case .connect:
      try connect(endpoint.text)
      return endpoint.text
    case .bind:
      try bind(endpoint.text)
      return try boundEndpoint()
    }
  }
}
