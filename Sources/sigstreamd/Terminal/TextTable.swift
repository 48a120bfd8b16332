/// A table of aligned columns for people to read.
///
///     var table = TextTable([.left("FEED"), .right("RATE")])
///     table.add(["ecg", "360 Hz"])
///     print(table.text)
struct TextTable: Sendable {
  /// A column's title and the side its cells lean to.
  enum Column: Sendable {
    case left(String), right(String)

    var title: String {
      switch self {
      case .left(let title), .right(let title): title
      }
    }
  }

  let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; columns that it has no cell for stay empty.
  mutating func add(_ row: [String]) {
    precondition(row.count <= columns.count, "more cells than columns")
    rows.append(row + Array(repeating: "", count: columns.count - row.count))
  }

  /// The titles and the rows, a line each, without a line break at the end.
  var text: String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let cells = columns.indices.map { column in
        switch columns[column] {
        case .left: line[column].padded(to: widths[column])
        case .right: line[column].padded(to: widths[column], onLeft: true)
        }
      }
      return cells.joined(separator: "  ").trimmingTrailingSpaces
    }.joined(separator: "\n")
  }
}

extension String {
  /// The string with spaces up to `width` characters; longer ones stay as they are.
  func padded(to width: Int, onLeft: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - count))
    return onLeft ? padding + self : self + padding
  }

  /// The string without the spaces at its end.
  var trimmingTrailingSpaces: String {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return String(self[..<end])
  }
}
