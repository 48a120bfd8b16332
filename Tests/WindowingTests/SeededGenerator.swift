/// SplitMix64: the same numbers for the same seed on every machine (Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Cuts `0..<count` at random places into pieces of `sizes` frames.
func randomPieces(of count: Int, sizes: ClosedRange<Int>, using generator: inout SeededGenerator) -> [Range<Int>] {
  var pieces: [Range<Int>] = []
  var start = 0
  while start < count {
    let end = min(count, start + Int.random(in: sizes, using: &generator))
    pieces.append(start..<end)
    start = end
  }
  return pieces
}

/// `[frames, channels]` where every sample tells where it came from.
func ramp(frames: Int, channels: Int) -> [Float] {
  (0..<frames * channels).map { Float($0) }
}
