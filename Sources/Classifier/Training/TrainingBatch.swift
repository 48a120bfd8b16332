/// The windows of one optimiser step, as places in their epoch: all random numbers of a window or a micro-batch are those
/// of its place, whatever thread it is run on.
struct TrainingBatch {
  /// Every window of the epoch in the order of training, as indices into the training set.
  let order: [Int]
  /// The epoch's random numbers.
  let key: RandomKey
  /// Places in ``order``.
  var places: Range<Int>

  private enum Purpose: Int { case order, augmentation, dropout }

  /// The whole of epoch `epoch`, from 1.
  ///
  /// - Parameter labels: the training set's, `[N]`.
  static func epoch(_ epoch: Int, _ labels: [Int], _ options: TrainingOptions) -> TrainingBatch {
    let key = RandomKey(seed: options.seed).child(epoch)
    var generator = key.child(Purpose.order.rawValue).generator
    var order = options.sampling.draw(labels, using: &generator)
    if options.shuffle { order.shuffle(using: &generator) }
    return TrainingBatch(order: order, key: key, places: 0..<order.count)
  }

  /// Parts of `size` windows; the last one may be smaller.
  func parts(of size: Int) -> [TrainingBatch] {
    stride(from: places.lowerBound, to: places.upperBound, by: size).map { start in
      var part = self
      part.places = start..<min(start + size, places.upperBound)
      return part
    }
  }

  /// Indices into the training set.
  var windows: ArraySlice<Int> { order[places] }

  /// The random numbers of the augmentation of the window at `place`.
  func augmentationKey(_ place: Int) -> RandomKey { key.child(Purpose.augmentation.rawValue).child(place) }

  /// The seed of a micro-batch's dropout.
  var dropoutSeed: UInt64 {
    var generator = key.child(Purpose.dropout.rawValue).child(places.lowerBound).generator
    return generator.next()
  }
}
