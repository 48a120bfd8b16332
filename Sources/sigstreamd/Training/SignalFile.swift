import Classifier
import StreamIO

/// Windows from a NumPy file: `(N, L)` or `(N, C, L)` numbers.
///
/// NaN at the end of every channel of a window is padding, as archives of series of unequal length have it; NaN or
/// infinity elsewhere is refused. Windows are padded with zeros at the end to the length asked for.
struct SignalFile {
  /// `[N, windowSamples, channels]`
  let samples: [Float]
  let windowSamples: Int
  let channels: Int
  /// `[N]`, 1 ... windowSamples; nil when no window is padded.
  let valid: [Int]?
  let count: Int

  /// - Parameter window: the model's samples per window, which the file's must be, but for rounding up to a multiple of
  ///   8; nil: any.
  init(path: String, window: Int? = nil) throws(FileError) {
    let array = try NumPyArray.read(path: path)
    let shape = array.shape
    guard shape.count == 2 || shape.count == 3, !shape.contains(0) else {
      throw FileError(
        path: path,
        message: "has the shape \(array.shapeText): write windows as (N, L), or (N, C, L) with C channels, N windows")
    }
    (count, channels) = (shape[0], shape.count == 3 ? shape[1] : 1)
    let length = shape[shape.count - 1]
    windowSamples = (length + 7) / 8 * 8
    guard windowSamples == window ?? windowSamples else {
      throw FileError(
        path: path,
        message: "has windows of \(length) samples, the model takes \(window ?? 0): cut longer ones, fill shorter ones "
          + "up with NaN at the end")
    }
    var samples = [Float](repeating: 0, count: count * windowSamples * channels)
    var valid = [Int](repeating: 0, count: count)
    let numbers = array.floats()
    for n in 0..<count {
      let window = numbers[n * channels * length..<(n + 1) * channels * length]
      valid[n] = Self.lengthWithoutPadding(window, channels: channels, length: length)
      guard valid[n] > 0 else {
        throw FileError(path: path, message: "window \(n) holds no numbers, only NaN: leave it out")
      }
      for c in 0..<channels {
        for t in 0..<valid[n] {
          let value = window[window.startIndex + c * length + t]
          guard value.isFinite else {
            throw FileError(
              path: path,
              message: "window \(n) has \(value) at sample \(t): fill it in or leave the window out (NaN is taken as "
                + "padding at the end only)")
          }
          samples[(n * windowSamples + t) * channels + c] = value
        }
      }
    }
    self.samples = samples
    self.valid = valid.contains { [windowSamples] in $0 != windowSamples } ? valid : nil
  }

  private static func lengthWithoutPadding(_ window: ArraySlice<Float>, channels: Int, length: Int) -> Int {
    var end = length
    while end > 0, (0..<channels).allSatisfy({ window[window.startIndex + $0 * length + end - 1].isNaN }) {
      end -= 1
    }
    return end
  }

  /// The windows with class indices `[N]`.
  ///
  /// - Parameter valid: for each window the samples that are not padding, instead of what NaN at the end says.
  func labelled(_ labels: [Int], valid: [Int]? = nil) -> LabelledWindows {
    LabelledWindows(
      samples: samples, windowSamples: windowSamples, channels: channels, labels: labels, valid: valid ?? self.valid)
  }
}

/// Integer classes from a NumPy file `(N,)`.
struct LabelFile {
  let path: String
  let values: [Int]

  /// - Parameter count: as many as there must be.
  init(path: String, count: Int) throws(FileError) {
    let array = try NumPyArray.read(path: path)
    guard array.shape == [count] else {
      throw FileError(
        path: path, message: "has the shape \(array.shapeText), expected (\(count),): one class for each window")
    }
    self.path = path
    values = try array.integers()
  }

  /// The classes that occur, in order, as names.
  var names: [String] { Set(values).sorted().map(String.init) }

  /// Indices into `labels`: by name where all names are whole numbers, as those of a model trained from such a file are,
  /// else the values themselves.
  func indices(into labels: [String]) throws(FileError) -> [Int] {
    let numbers = labels.compactMap { Int($0) }
    let areNames = numbers.count == labels.count
    let known = areNames ? numbers : Array(labels.indices)
    let positions = Dictionary(known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var indices: [Int] = []
    indices.reserveCapacity(values.count)
    for value in values {
      guard let index = positions[value] else {
        let advice = areNames ? "use these" : "write 0 to \(labels.count - 1) for them"
        throw FileError(
          path: path,
          message: "holds the class \(value), the model has \(labels.joined(separator: ", ")): \(advice)")
      }
      indices.append(index)
    }
    return indices
  }
}
