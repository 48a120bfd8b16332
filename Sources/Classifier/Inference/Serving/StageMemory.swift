/// The memory of one convolutional stage: G windows of `length` rows of C channels.
///
/// A block's input is kept as float32 for the shortcut and, if the convolution that reads it wants other numbers, once
/// more in that format. What stages need one after the other, they share.
struct StageMemory {
  let length: Int
  private let channels: Int
  private let shortcuts: UnsafeMutablePointer<Float>  // G padded windows [length, C]
  private let operands: UnsafeMutableRawPointer  // the same in another format
  private let shared: Shared

  /// Rows around each window, at least what the stem (7) and the largest dilation (4) reach.
  static let padding = 8

  /// Buffers that all stages use in turn, sized for the largest.
  struct Shared {
    let hidden: UnsafeMutableRawPointer  // G padded windows [length, C]
    let plain: UnsafeMutablePointer<Float>  // [G][length, C]
    let means: UnsafeMutablePointer<Float>  // [G, C]
    let squeezed: UnsafeMutablePointer<Float>  // [G, C/4]
    let gates: UnsafeMutablePointer<Float>  // [G, C]
    let scratch: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - shapes: length and channels of each stage.
    ///   - scratchBytes: the most that a convolution asks for.
    init(arena: inout Arena, shapes: [(length: Int, channels: Int)], windows: Int, scratchBytes: Int) {
      let largest = shapes.map { StageMemory.paddedFloats(length: $0, channels: $1, windows: windows) }.max()!
      let channels = shapes.map(\.channels).max()!
      hidden = UnsafeMutableRawPointer(arena.floats(largest))
      plain = arena.floats(largest)
      means = arena.floats(windows * channels)
      squeezed = arena.floats(windows * channels)
      gates = arena.floats(windows * channels)
      scratch = UnsafeMutableRawPointer(arena.floats((scratchBytes + 3) / 4))
    }
  }

  init(arena: inout Arena, length: Int, channels: Int, windows: Int, hasOperands: Bool, shared: Shared) {
    self.length = length
    self.channels = channels
    self.shared = shared
    let count = Self.paddedFloats(length: length, channels: channels, windows: windows)
    shortcuts = arena.floats(count)
    operands = UnsafeMutableRawPointer(arena.floats(hasOperands ? count : 0))
  }

  static func paddedFloats(length: Int, channels: Int, windows: Int) -> Int {
    (padding + windows * (length + padding)) * channels
  }

  private var pitch: Int { length + Self.padding }

  /// The block's input, as a product wants it.
  func input(_ format: FactorFormat) -> Factor {
    factor(format == .float32 ? UnsafeMutableRawPointer(shortcuts) : operands, format)
  }

  /// What comes between the block's convolutions.
  func hidden(_ format: FactorFormat) -> Factor { factor(shared.hidden, format) }

  private func factor(_ base: UnsafeMutableRawPointer, _ format: FactorFormat) -> Factor {
    Factor(base + Self.padding * format.format.rowBytes(channels), format, columns: channels, pitch: pitch)
  }

  /// The block's input of the windows from `window` on, as float32.
  func shortcut(_ window: Int) -> FloatRows {
    FloatRows(
      shortcuts + (Self.padding + window * pitch) * channels, window: pitch * channels, row: channels)
  }

  /// The second convolution's output, without padding.
  func plain(_ window: Int) -> FloatRows {
    FloatRows(shared.plain + window * length * channels, window: length * channels, row: channels)
  }

  var means: UnsafeMutablePointer<Float> { shared.means }
  var squeezed: UnsafeMutablePointer<Float> { shared.squeezed }
  var gates: UnsafeMutablePointer<Float> { shared.gates }
  var scratch: UnsafeMutableRawPointer { shared.scratch }
}
