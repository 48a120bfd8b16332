import Classifier
import StreamIO
import Windowing

extension SignalFilter {
  private enum Kind: CaseIterable {
    case highpass, lowpass, bandpass, notch

    var key: FilterKey {
      switch self {
      case .highpass: .highpass
      case .lowpass: .lowpass
      case .bandpass: .bandpass
      case .notch: .notch
      }
    }
  }

  private static let frequencies = 1e-4...1e9
  private static let example = "[ { highpass: 0.5Hz }, { notch: 50Hz } ]"

  /// Reads `filters:` of a configuration or a dataset file: a list, empty for none, of
  /// `{ highpass: 0.5Hz, order: 2 }`, `{ lowpass: 40Hz }`, `{ bandpass: [ 0.5Hz, 40Hz ] }` or `{ notch: 50Hz, q: 30 }`.
  ///
  /// - Parameter sampleRateHz: of the samples, where it is known, for which each has to be possible.
  static func list(_ value: YAMLValue, sampleRateHz: Double? = nil) throws(ConfigurationError) -> [SignalFilter] {
    var filters: [SignalFilter] = []
    for item in try value.list(allowEmpty: true) {
      let filter = try SignalFilter(item)
      if let problem = sampleRateHz.flatMap({ filter.problem(sampleRateHz: $0) }) {
        throw item.location.error("\(problem): change the filter")
      }
      filters.append(filter)
    }
    return filters
  }

  private init(_ value: YAMLValue) throws(ConfigurationError) {
    let keys = try value.mapping(of: FilterKey.self)
    var found: [(kind: Kind, value: YAMLValue)] = []
    for kind in Kind.allCases {
      if let value = try keys.optional(kind.key) { found.append((kind, value)) }
    }
    guard found.count == 1, let (kind, frequency) = found.first else {
      throw value.location.error(
        "one of highpass, lowpass, bandpass and notch makes a filter, here are \(found.count): write for example "
          + "'filters: \(Self.example)'")
    }
    if let wrong = try keys.optional(kind == .notch ? .order : .q) {
      throw wrong.location.error(
        kind == .notch
          ? "a notch has a width, and no order: write for example 'q: 30'"
          : "only a notch has a q: write for example 'order: 2'")
    }
    let order = try keys.optional(.order)?.integer(in: Self.orders, example: "2") ?? 2
    switch kind {
    case .highpass: self = .highpass(try frequency.frequency(in: Self.frequencies, example: "0.5Hz"), order: order)
    case .lowpass: self = .lowpass(try frequency.frequency(in: Self.frequencies, example: "40Hz"), order: order)
    case .bandpass:
      let edges = try frequency.list()
      guard edges.count == 2 else {
        throw frequency.mismatch("two frequencies, the lower one first", example: "[ 0.5Hz, 40Hz ]")
      }
      let low = try edges[0].frequency(in: Self.frequencies, example: "0.5Hz")
      let high = try edges[1].frequency(in: Self.frequencies, example: "40Hz")
      guard low < high else {
        throw frequency.mismatch("two frequencies, the lower one first", example: "[ 0.5Hz, 40Hz ]")
      }
      self = .bandpass(low, high, order: order)
    case .notch:
      let q = try keys.optional(.q)?.number(in: Self.qualities, example: "30") ?? 30
      self = .notch(try frequency.frequency(in: Self.frequencies, example: "50Hz"), q: q)
    }
  }

  /// As `filters:` has it, with nothing left out: what a model's file says.
  static func text(_ filters: [SignalFilter]) -> String {
    filters.isEmpty ? "[]" : "[ \(filters.map(\.text).joined(separator: ", ")) ]"
  }

  private var text: String {
    switch self {
    case .highpass(let frequency, let order): "{ highpass: \(Quantity.text(frequency))Hz, order: \(order) }"
    case .lowpass(let frequency, let order): "{ lowpass: \(Quantity.text(frequency))Hz, order: \(order) }"
    case .bandpass(let low, let high, let order):
      "{ bandpass: [ \(Quantity.text(low))Hz, \(Quantity.text(high))Hz ], order: \(order) }"
    case .notch(let frequency, let q): "{ notch: \(Quantity.text(frequency))Hz, q: \(Quantity.text(q)) }"
    }
  }
}

extension Model {
  /// What its training data were filtered by; none where they didn't say.
  ///
  /// - Parameter path: the file to name where the filters are none that this program knows.
  func filters(path: String) throws(FileError) -> [SignalFilter] {
    guard let text = input.filters else { return [] }
    do throws(ConfigurationError) {
      return try SignalFilter.list(YAMLDocument.parse(text, file: path))
    } catch {
      throw FileError(path: path, message: "the model's filters are '\(text)', which can't be read: \(error.message)")
    }
  }
}
