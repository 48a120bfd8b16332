/// The memory of one forward and backward pass over at most `batch` windows of `window`
/// samples. Made once and used again for every batch, by one thread at a time.
final class Workspace {
  let batch: Int
  let window: Int
  /// Valid tokens of each window of the current batch, 1 ... T; the caller sets them.
  var validTokens: [Int]
  let activations: Activations
  private let memory: ArenaMemory

  /// - Parameter checkpoints: keep only what stages and layers put out and work the rest out again in backward.
  init(_ network: Network, batch: Int, window: Int, checkpoints: Bool) {
    precondition(batch >= 1 && window >= 1 && window % Architecture.samplesPerToken == 0)
    self.batch = batch
    self.window = window
    validTokens = Array(repeating: window / Architecture.samplesPerToken, count: batch)
    (activations, memory) = Arena.lay { arena in
      Activations(network, arena: &arena, batch: batch, window: window, sharing: checkpoints)
    }
    activations.constants.prepare()
    activations.encoder.attention.rotary.prepare()
  }

  /// Transformer tokens T per window.
  var tokens: Int { window / Architecture.samplesPerToken }

  /// Bytes that a workspace takes, without taking them.
  static func byteCount(_ network: Network, batch: Int, window: Int, checkpoints: Bool) -> Int {
    MemoryLayout<Float>.stride
      * Arena.floatCount { arena in
        Activations(network, arena: &arena, batch: batch, window: window, sharing: checkpoints)
      }
  }

  /// Scales one raw window `[L, C]` into place `b` of the batch.
  func load(_ samples: UnsafeBufferPointer<Float>, valid: Int, at b: Int, scaling: InputSpecification) {
    scaling.scale(samples, valid: valid, into: activations.input.window(b))
    validTokens[b] = max(1, valid * tokens / window)
  }
}
