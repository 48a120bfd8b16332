import CKernels
import Glibc

/// Rotary position embedding (Su et al. 2021): pairs (i, i + d/2) of a head turn by position · 10000^(−2i/d).
struct RotaryEmbedding {
  private let cosines: UnsafeMutablePointer<Float>  // [T, d/2]
  private let sines: UnsafeMutablePointer<Float>  // [T, d/2]
  private let tokens: Int
  private let half: Int

  init(arena: inout Arena, tokens: Int, headDim: Int) {
    self.tokens = tokens
    half = headDim / 2
    cosines = arena.floats(tokens * half)
    sines = arena.floats(tokens * half)
  }

  /// Fills in the tables; call once, when the arena's memory exists.
  func prepare() {
    for position in 0..<tokens {
      for i in 0..<half {
        let angle = Double(position) * pow(10_000, -Double(i) / Double(half))
        cosines[position * half + i] = Float(cos(angle))
        sines[position * half + i] = Float(sin(angle))
      }
    }
  }

  /// Turns `x [T, d]`, one head of one window, in place; `.inverse` turns gradients back.
  func apply(_ x: Matrix, _ direction: Direction) {
    ck_rotate(x.base, x.stride, cosines, sines, direction.rawValue, x.rows, half)
  }

  enum Direction: Float {
    case forward = 1
    case inverse = -1
  }
}
