/// The keys of the file's top.
enum RootKey: String, YAMLKey {
  case model, precision, feeds, batch, workers, queue, output, history, record, security, allowPlaintext, http, log
}

/// The keys of an item of `feeds:`.
enum FeedKey: String, YAMLKey {
  case name, endpoint, socket, mode, topic, format, elementType, channelCount, passTags
  case sampleRate, channels, select, scale, offset, filters, window, maxMessage, model
  case deadline, weight, whenFull, whenLate, silentAfter, forgetAfter, maxStreams, expectedStreams, serverKey
}

/// The keys of a feed's `window:`.
enum WindowKey: String, YAMLKey {
  case length, hop
}

/// The keys of an item of `filters:`.
enum FilterKey: String, YAMLKey {
  case highpass, lowpass, bandpass, notch, order, q
}

/// The keys of `batch:`.
enum BatchKey: String, YAMLKey {
  case maxSize, maxDelay
}

/// The keys of `queue:`.
enum QueueKey: String, YAMLKey {
  case capacity
}

/// The keys of `output:`.
enum OutputKey: String, YAMLKey {
  case endpoint, mode, serverKey, catchUp
}

/// The keys of `output.catchUp:`.
enum CatchUpKey: String, YAMLKey {
  case endpoint
}

/// The keys of `history:`.
enum HistoryKey: String, YAMLKey {
  case path, keep
}

/// The keys of `http:`.
enum HTTPKey: String, YAMLKey {
  case listen
}

/// The keys of `log:`.
enum LogKey: String, YAMLKey {
  case format, level, levels
}

/// The keys of `security:`.
enum SecurityKey: String, YAMLKey {
  case secretKey, allowedClients
}
