/// Runs a model on raw windows. Made and used on one thread.
///
/// A window's result is the same to the bit whatever windows it is called with: nothing that the kernels do to one
/// window's rows depends on another's.
package final class Predictor {
  package let packed: PackedModel
  /// Watches every pass; see ``ServingObserver``.
  package var observer: (any ServingObserver)?
  var factors: (any FactorObserver)?
  private let memory: ServingMemory
  /// nil for a model that is no ensemble.
  private var average: MemberAverage?
  /// Valid tokens of each window of the pass.
  private let validTokens: UnsafeMutablePointer<Int>

  /// Samples that are run together: windows of this length one by one, which keeps them in the core's cache; of shorter
  /// ones as many as make up as much work for each time that the weights are read.
  private static let samplesPerPass = 1024

  private static func windowsPerPass(_ window: Int) -> Int { max(1, samplesPerPass / window) }

  /// - Parameter window: samples per window; the model's own unless given (a multiple of 8).
  package init(_ packed: PackedModel, window: Int? = nil) {
    self.packed = packed
    let window = window ?? packed.model.input.window
    memory = ServingMemory(packed, windows: Self.windowsPerPass(window), window: window)
    average = packed.others.isEmpty ? nil : MemberAverage(packed.model, windows: memory.windows)
    validTokens = .allocate(capacity: memory.windows)
    validTokens.initialize(repeating: 0, count: memory.windows)
  }

  deinit {
    validTokens.deallocate()
  }

  /// Serves in float32.
  package convenience init(model: Model, window: Int? = nil) {
    self.init(PackedModel(model), window: window)
  }

  package var model: Model { packed.model }

  /// Samples per window.
  package var window: Int { memory.window }

  /// Classifies `windows`, each raw samples `[L, C]`.
  ///
  /// - Parameter valid: for each window the samples that are not padding, 1 ... L; all of them unless given.
  package func predict(_ windows: [[Float]], valid: [Int]? = nil) -> Predictions {
    var predictions = Predictions(model.architecture)
    predict(windows, valid: valid, into: &predictions)
    return predictions
  }

  /// The same into `predictions`, whose memory is used again.
  package func predict(_ windows: [[Float]], valid: [Int]? = nil, into predictions: inout Predictions) {
    precondition(valid == nil || valid?.count == windows.count)
    predictions.removeAll()
    forGroups(windows.count) { group in
      for (place, index) in group.enumerated() {
        windows[index].withUnsafeBufferPointer { load($0, valid: valid?[index] ?? window, at: place) }
      }
      run(group.count, into: &predictions)
    }
  }

  /// Classifies the windows `indices` of a set.
  package func predict(_ set: LabelledWindows, _ indices: some RandomAccessCollection<Int>) -> Predictions {
    var predictions = Predictions(model.architecture)
    forGroups(indices.count) { group in
      for (place, offset) in group.enumerated() {
        let index = indices[indices.index(indices.startIndex, offsetBy: offset)]
        set.withWindow(index) { load($0, valid: set.validSamples(index), at: place) }
      }
      run(group.count, into: &predictions)
    }
    return predictions
  }

  /// Classifies one window, raw samples `[L, C]` of which `valid` are no padding.
  func predict(_ samples: UnsafeBufferPointer<Float>, valid: Int, addingTo predictions: inout Predictions) {
    load(samples, valid: valid, at: 0)
    run(1, into: &predictions)
  }

  /// Bytes that a predictor takes beside the model, without taking them.
  static func byteCount(_ packed: PackedModel, window: Int) -> Int {
    ServingMemory.byteCount(packed, windows: windowsPerPass(window), window: window)
  }

  /// `0 ..< count` in pieces of as many windows as are run together.
  private func forGroups(_ count: Int, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < count {
      let end = min(count, start + memory.windows)
      body(start..<end)
      start = end
    }
  }

  /// Scales one raw window into place `place` of the pass.
  private func load(_ samples: UnsafeBufferPointer<Float>, valid: Int, at place: Int) {
    let input = memory.input
    let rows = (input.data + place * input.windowBytes).assumingMemoryBound(to: Float.self)
    model.input.scale(samples, valid: valid, into: Matrix(rows, rows: window, columns: input.columns))
    validTokens[place] = max(1, valid / Architecture.samplesPerToken)
  }

  private func run(_ windows: Int, into predictions: inout Predictions) {
    let pass = ServingPass(windows: windows, validTokens: validTokens, observer: observer, factors: factors)
    packed.run(memory, pass)
    if average != nil {
      average?.begin(memory, windows)
      for member in packed.others {
        member.run(memory, pass)
        average?.add(memory, windows)
      }
      average?.end(memory, windows)
    }
    predictions.append(logits: memory.logits, embeddings: memory.embedding, count: windows)
  }
}
