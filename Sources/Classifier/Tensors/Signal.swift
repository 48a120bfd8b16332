/// Activations of the convolutional part: a batch of windows, channels last, each window followed by `padding` rows.
///
///     base ─► window 0: length rows · padding rows · window 1: length rows · padding rows · …
///
/// `padding` rows lie before `base` too, so a convolution is plain matrix products on shifted views of the whole batch:
/// what it reads beyond a window is padding. In buffers that direct convolutions read, the padding is zero: as the arena
/// left it, or after ``clearPadding(batch:)``; in others it holds numbers that nobody reads.
struct Signal {
  let base: UnsafeMutablePointer<Float>
  let channels: Int
  let length: Int
  let padding: Int

  init(arena: inout Arena, batch: Int, length: Int, channels: Int, padding: Int) {
    let rows = padding + batch * (length + padding) + padding
    base = arena.floats(rows * channels) + padding * channels
    self.channels = channels
    self.length = length
    self.padding = padding
  }

  /// Rows from one window's start to the next's.
  var pitch: Int { length + padding }

  /// The data rows of one window: `[length, channels]`.
  func window(_ index: Int) -> Matrix {
    Matrix(base + index * pitch * channels, rows: length, columns: channels)
  }

  /// Sets the rows before, between and after the first `batch` windows to zero.
  func clearPadding(batch: Int) {
    let count = padding * channels
    (base - count).update(repeating: 0, count: count)
    for index in 0..<batch {
      (base + (index * pitch + length) * channels).update(repeating: 0, count: count)
    }
    (base + batch * pitch * channels).update(repeating: 0, count: count)
  }

  /// All rows of the first `batch` windows, padding included, read from `offset` rows on: `[batch * pitch, channels]`.
  func rows(batch: Int, from offset: Int = 0) -> Matrix {
    assert(abs(offset) <= padding)
    return Matrix(base + offset * channels, rows: batch * pitch, columns: channels)
  }
}
