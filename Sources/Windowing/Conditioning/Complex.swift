import Glibc

/// A complex number, as much of it as the design of a filter takes.
struct Complex {
  var real: Double
  var imaginary: Double

  init(_ real: Double, _ imaginary: Double = 0) {
    (self.real, self.imaginary) = (real, imaginary)
  }

  /// The number of magnitude 1 at `angle`, in radians.
  init(angle: Double) { self.init(cos(angle), sin(angle)) }

  var magnitude: Double { hypot(real, imaginary) }
  var conjugate: Complex { Complex(real, -imaginary) }

  /// The root in the right half-plane.
  var squareRoot: Complex {
    let magnitude = magnitude
    let part = max(0, (magnitude - real) / 2).squareRoot()
    return Complex(max(0, (magnitude + real) / 2).squareRoot(), imaginary < 0 ? -part : part)
  }

  static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
  static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
  static func * (a: Complex, b: Complex) -> Complex {
    Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  static func / (a: Complex, b: Complex) -> Complex {
    let square = b.real * b.real + b.imaginary * b.imaginary
    let product = a * b.conjugate
    return Complex(product.real / square, product.imaginary / square)
  }
}
