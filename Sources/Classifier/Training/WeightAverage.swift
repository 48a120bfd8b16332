/// An exponential moving average of a model's numbers over the steps of training (Polyak and Juditsky 1992; as a
/// teacher's weights in Tarvainen and Valpola 2017): `average += (1 − d) · (numbers − average)`.
///
/// Running statistics of BatchNorm are averaged as the weights are. They are an average over the last steps already, and
/// the average of weights that lie close together has nearly the average of their statistics; to work them out anew would
/// take a forward pass over the training data at the end of each epoch.
///
/// The decay d of step t is `min(decay, (1 + t) / (10 + t))`: the average always reaches back over about a ninth of the
/// steps so far at the most, so that what was learnt first does not linger in short runs.
struct WeightAverage {
  private let decay: Double
  private var step: Int
  /// The average; before the first step the numbers that it was begun with.
  private(set) var values: [Float]

  /// - Parameter step: steps that the average has taken in.
  init(_ values: [Float], decay: Double, step: Int = 0) {
    self.decay = decay
    self.step = step
    self.values = values
  }

  /// Takes in the numbers after a step, as many as at the beginning.
  mutating func add(_ numbers: [Float]) {
    precondition(numbers.count == values.count)
    step += 1
    let share = Float(1 - min(decay, Double(1 + step) / Double(10 + step)))
    values.withUnsafeMutableBufferPointer { values in
      numbers.withUnsafeBufferPointer { numbers in
        for i in values.indices { values[i] += share * (numbers[i] - values[i]) }
      }
    }
  }
}
