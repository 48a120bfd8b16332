/// How samples lie in a payload, `[frames, channels]`, and what makes physical values of them: raw · scale + offset.
package struct SampleLayout: Sendable, Equatable {
  package var type: ElementType
  package var order = ElementType.ByteOrder.little
  /// Samples of one frame, at least 1.
  package var channels: Int
  var scale = 1.0
  var offset = 0.0

  /// - Parameters:
  ///   - elementType: a name or NumPy's code: `float32`, `<f4`, `>i2`; nil comes of any other.
  ///   - channels: samples of one frame, at least 1.
  package init?(elementType: String, channels: Int) {
    guard let (type, order) = ElementType.parse(elementType) else { return nil }
    self.init(type: type, order: order ?? .little, channels: channels)
  }

  init(
    type: ElementType, order: ElementType.ByteOrder = .little, channels: Int, scale: Double = 1, offset: Double = 0
  ) {
    (self.type, self.order, self.channels) = (type, order, channels)
    (self.scale, self.offset) = (scale, offset)
  }

  /// The same with its physical values multiplied by `scale`, and then `offset` added.
  func scaled(by scale: Double, plus offset: Double) -> SampleLayout {
    var layout = self
    (layout.scale, layout.offset) = (self.scale * scale, self.offset * scale + offset)
    return layout
  }

  var frameBytes: Int { channels * type.byteCount }

  /// Bytes of a payload of `frames` frames; nil when they are beyond counting.
  func byteCount(frames: Int) -> Int? {
    let (count, countOverflow) = frames.multipliedReportingOverflow(by: channels)
    let (bytes, bytesOverflow) = count.multipliedReportingOverflow(by: type.byteCount)
    return countOverflow || bytesOverflow ? nil : bytes
  }

  /// `float32`, `2 x int16`, `3 x float64 (big-endian)`.
  package var text: String {
    let count = channels == 1 ? "" : "\(channels) x "
    return "\(count)\(type.rawValue)\(order == .big && type.byteCount > 1 ? " (big-endian)" : "")"
  }
}
