import ArgumentParser

// Readers of option values whose errors say what to write: for the `transform` of options and arguments.

/// Reads a time such as `10s`.
func parseDuration(_ text: String) throws -> Duration {
  guard let duration = Quantity.duration(text) else {
    throw ValidationError("write a time with its unit, such as 500ms, 10s or 5m")
  }
  return duration
}

/// Reads a rate in samples a second.
func parseSampleRate(_ text: String) throws -> Double {
  guard let rate = Double(text), (1e-6...1e9).contains(rate) else {
    throw ValidationError("write samples a second, such as 360")
  }
  return rate
}

/// Reads an endpoint to connect to.
func parseConnectEndpoint(_ text: String) throws -> Endpoint {
  do throws(EndpointError) {
    return try Endpoint(text, mode: .connect)
  } catch {
    throw ValidationError(error.message)
  }
}

/// Reads a whole number of 1 or more.
func parsePositive(_ text: String) throws -> Int {
  guard let value = Int(text), value > 0 else { throw ValidationError("write a whole number of 1 or more") }
  return value
}
