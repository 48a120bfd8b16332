import Foundation

/// Pieces of an HTML page. What comes from elsewhere goes through ``escaped(_:)``.
enum HTML {
  /// `text` as character data or as a quoted attribute.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.printable.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// A section with its heading; nothing where there is no content.
  static func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<section>\n<h2>\(escaped(title))</h2>\n\(content)\n</section>\n"
  }

  /// A picture with what it shows below, both in HTML.
  static func figure(_ content: String, caption: String) -> String {
    "<figure>\(content)<figcaption>\(caption)</figcaption></figure>\n"
  }

  /// Figures side by side as they fit.
  static func grid(_ figures: [String], isDense: Bool = false) -> String {
    figures.isEmpty ? "" : "<div class=\"grid\(isDense ? " dense" : "")\">\n\(figures.joined())</div>\n"
  }

  /// A table whose first column has names, all others numbers.
  static func table(_ head: [String], _ rows: [[String]]) -> String {
    let heads = head.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    let body = rows.map { row in
      let cells = row.dropFirst().map { "<td>\(escaped($0))</td>" }.joined()
      return "<tr><th scope=\"row\">\(escaped(row.first ?? ""))</th>\(cells)</tr>\n"
    }
    return
      "<div class=\"wide\"><table>\n<thead><tr>\(heads)</tr></thead>\n<tbody>\n\(body.joined())</tbody></table></div>\n"
  }

  /// Names and what they stand for.
  static func facts(_ facts: [(String, String)]) -> String {
    "<dl>\n" + facts.map { "<dt>\(escaped($0))</dt><dd>\(escaped($1))</dd>\n" }.joined() + "</dl>\n"
  }
}
