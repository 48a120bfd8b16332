/// Makes 8-bit models after training (Jacob et al. 2018): weights with a scale for each output, left factors with one
/// range, found on windows like those that will be served.
package enum Quantiser {
  /// The model with 8-bit weights and the ranges for serving in int8.
  ///
  /// The stem, the gates, the last product of the pooling and the head stay in float32, as do norms and softmax.
  ///
  /// - Parameter windows: raw samples `[L, C]` each, at least one; a few hundred that are typical suffice.
  package static func quantise(_ model: Model, windows: [[Float]]) -> Model {
    precondition(!windows.isEmpty)
    let histograms = FactorHistograms()
    see(PackedModel(model), windows, histograms)
    histograms.beginCounting()
    see(PackedModel(model), windows, histograms)
    var quantised = model
    quantised.quantisation = Quantisation(activations: histograms.ranges.filter { $0.key != stem })
    quantised.roundWeights()
    return quantised
  }

  /// What serving `quantised` in int8 does to each layer's input, on `windows`.
  package static func errors(
    _ model: Model, _ quantised: Model, windows: [[Float]]
  ) throws(PrecisionError) -> [LayerError] {
    let (exact, rounded) = (FactorTrace(), FactorTrace())
    see(PackedModel(model), windows, exact)
    see(try PackedModel(quantised, precision: .int8), windows, rounded)
    return exact.errors(of: rounded).filter { $0.product != stem }
  }

  /// The first layer: cheap, and its input is the signal itself.
  private static let stem = "stem.conv"

  private static func see(_ packed: PackedModel, _ windows: [[Float]], _ observer: any FactorObserver) {
    let predictor = Predictor(packed)
    predictor.factors = observer
    for window in windows {
      _ = predictor.predict([window])
    }
  }
}

extension Quantisation {
  /// The product that a tensor is the weight of, if that product is an 8-bit one.
  func product(ofTensor name: String) -> String? {
    guard name.hasSuffix(".weight") else { return nil }
    var product = String(name.dropLast(".weight".count))
    // Products that share their left factor go by one name.
    if product.hasSuffix(".ff.gate") { product = product.replacing(".ff.gate", with: ".ff.up") }
    if product.wholeMatch(of: /pool\.heads\.\d+\.hidden/) != nil { product = "pool.heads.hidden" }
    return activations[product] == nil ? nil : product
  }
}

extension Model {
  /// Replaces the weights of 8-bit products by what their 8-bit numbers stand for.
  mutating func roundWeights() {
    for tensor in Network(architecture).layout.tensors where quantisation?.product(ofTensor: tensor.name) != nil {
      let range = Network(architecture).layout.range(of: tensor)
      let rounded = QuantisedWeights(parameters[range], columns: tensor.shape[0])
      parameters.replaceSubrange(range, with: rounded.numbers)
    }
  }
}
