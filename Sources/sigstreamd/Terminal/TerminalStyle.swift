import Foundation
import Glibc

/// Colours for a terminal, or none for a file, a pipe, or whoever sets `NO_COLOR` (no-color.org).
struct TerminalStyle: Sendable {
  /// What a text means; the number is the SGR parameter of ECMA-48.
  enum Role: Int, Sendable {
    case strong = 1
    case faint = 2
    case bad = 31
    case good = 32
    case warning = 33
  }

  let isColoured: Bool

  init(isColoured: Bool) {
    self.isColoured = isColoured
  }

  /// The style that suits `descriptor`, such as `STDOUT_FILENO`.
  init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
    let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    isColoured = isatty(descriptor) == 1 && !isRefused && environment["TERM"] != "dumb"
  }

  /// `text` in the colour of `role`.
  func callAsFunction(_ role: Role, _ text: String) -> String {
    isColoured ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
  }
}
