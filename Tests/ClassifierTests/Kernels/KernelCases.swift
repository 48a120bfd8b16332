import CKernels
import Testing

@testable import Classifier

/// One kernel, made to run on seeded operands of a size; the same seed gives every variant the same operands.
struct KernelCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Runs the kernel and returns everything that it has written. With `inPlace` the output is the first input.
  let run: @Sendable (_ table: ck_table, _ rows: Int, _ columns: Int, _ inPlace: Bool, inout Operands) -> [[Float]]

  var testDescription: String { name }

  static let all = elementWise + columnWise + depthwise + rowWise + flat

  private static let elementWise = [
    KernelCase(name: "affine") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      table.affine(out, x, operands.random(columns), operands.random(columns), rows, columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "affine_mish") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      table.affine_mish(out, x, operands.random(columns), operands.random(columns), nil, rows, columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "affine_mish with residual") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let residual = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? residual : nil)
      table.affine_mish(out, x, operands.random(columns), operands.random(columns), residual, rows, columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "affine_mish_backward") { table, rows, columns, inPlace, operands in
      let dout = operands.random(rows * columns)
      let du = operands.output(rows * columns, inPlace ? dout : nil)
      let (sums, centred) = (operands.random(columns), operands.random(columns))
      table.affine_mish_backward(
        du, dout, operands.random(rows * columns), operands.random(columns), operands.random(columns),
        operands.random(rows * columns), operands.random(columns), sums, centred, rows, columns)
      return [values(du, rows * columns), values(sums, columns), values(centred, columns)]
    },
    KernelCase(name: "affine_mish_backward without residual and mean") { table, rows, columns, inPlace, operands in
      let dout = operands.random(rows * columns)
      let du = operands.output(rows * columns, inPlace ? dout : nil)
      let (sums, centred) = (operands.random(columns), operands.random(columns))
      table.affine_mish_backward(
        du, dout, operands.random(rows * columns), operands.random(columns), operands.random(columns), nil, nil, sums,
        centred, rows, columns)
      return [values(du, rows * columns), values(sums, columns), values(centred, columns)]
    },
    KernelCase(name: "blend") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      table.blend(
        out, x, operands.random(columns), operands.random(rows * columns), operands.random(columns),
        operands.random(columns), rows, columns)
      return [values(out, rows * columns)]
    },
  ]

  private static let columnWise = [
    KernelCase(name: "column_sums") { table, rows, columns, _, operands in
      let sums = operands.random(columns)
      table.column_sums(sums, operands.random(rows * columns), rows, columns)
      return [values(sums, columns)]
    },
    KernelCase(name: "column_square_sums") { table, rows, columns, _, operands in
      let sums = operands.random(columns)
      table.column_square_sums(sums, operands.random(rows * columns), operands.random(columns), rows, columns)
      return [values(sums, columns)]
    },
    KernelCase(name: "column_product_sums") { table, rows, columns, _, operands in
      let (sums, centred) = (operands.random(columns), operands.random(columns))
      table.column_product_sums(
        sums, centred, operands.random(rows * columns), operands.random(rows * columns), operands.random(columns),
        rows, columns)
      return [values(sums, columns), values(centred, columns)]
    },
  ]

  private static let depthwise = [
    KernelCase(name: "depthwise") { table, rows, columns, _, operands in
      let out = operands.output(rows * columns, nil)
      table.depthwise(
        out, operands.random(rows * columns), operands.random(3 * columns), nil, 2, rows, columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "depthwise mirrored with residual") { table, rows, columns, inPlace, operands in
      let residual = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? residual : nil)
      table.depthwise(
        out, operands.random(rows * columns), operands.random(3 * columns), residual, -1, rows, columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "depthwise_gradient") { table, rows, columns, _, operands in
      let dweights = operands.random(3 * columns)
      table.depthwise_gradient(
        dweights, operands.random(rows * columns), operands.random(rows * columns), 1, rows, columns)
      return [values(dweights, 3 * columns)]
    },
  ]

  private static let rowWise = [
    KernelCase(name: "rms_norm") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      let inverse = operands.random(rows)
      table.rms_norm(out, inverse, x, operands.random(columns), rows, columns)
      return [values(out, rows * columns), values(inverse, columns > 0 ? rows : 0)]
    },
    KernelCase(name: "rms_norm_backward") { table, rows, columns, _, operands in
      let (dx, dweight) = (operands.random(rows * columns), operands.random(columns))
      table.rms_norm_backward(
        dx, dweight, operands.random(rows * columns), operands.random(rows * columns), operands.random(rows, 0.5...2),
        operands.random(columns), rows, columns)
      return [values(dx, rows * columns), values(dweight, columns)]
    },
    KernelCase(name: "rotate") { table, rows, half, _, operands in
      let stride = 2 * half + 5
      let x = operands.random(rows * stride)
      table.rotate(x, stride, operands.random(rows * half), operands.random(rows * half), -1, rows, half)
      return [values(x, rows * stride)]
    },
    KernelCase(name: "softmax") { table, rows, columns, _, operands in
      let stride = columns + 3
      let x = operands.random(rows * stride, -30...30)
      table.softmax(x, stride, 0.7, rows, columns)
      return [values(x, rows * stride)]
    },
    KernelCase(name: "softmax_backward") { table, rows, columns, _, operands in
      let stride = columns + 3
      let (dx, p) = (operands.random(rows * stride), operands.random(rows * stride, 0...0.1))
      table.softmax_backward(dx, p, stride, 0.7, rows, columns)
      return [values(dx, rows * stride)]
    },
  ]

  private static let flat = [
    KernelCase(name: "silu_product") { table, rows, columns, inPlace, operands in
      let gate = operands.random(rows * columns, -20...20)
      let out = operands.output(rows * columns, inPlace ? gate : nil)
      table.silu_product(out, gate, operands.random(rows * columns), rows * columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "silu_product_backward") { table, rows, columns, inPlace, operands in
      let count = rows * columns
      let (gate, up) = (operands.random(count, -20...20), operands.random(count))
      let dout = operands.random(count)
      let (dgate, dup) = (operands.output(count, inPlace ? gate : nil), operands.output(count, inPlace ? up : nil))
      table.silu_product_backward(dgate, dup, dout, gate, up, count)
      return [values(dgate, count), values(dup, count)]
    },
    KernelCase(name: "sigmoid") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns, -50...50)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      table.sigmoid(out, x, rows * columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "add") { table, rows, columns, _, operands in
      let out = operands.random(rows * columns)
      table.add(out, operands.random(rows * columns), rows * columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "dropout") { table, rows, columns, inPlace, operands in
      let x = operands.random(rows * columns)
      let out = operands.output(rows * columns, inPlace ? x : nil)
      table.dropout(out, x, ck_dropout_rate(keep: 0.8, key: 0xDEAD_BEEF_0123_4567), rows * columns)
      return [values(out, rows * columns)]
    },
    KernelCase(name: "sum_of_squares") { table, rows, columns, _, operands in
      [[Float(table.sum_of_squares(operands.random(rows * columns), rows * columns))]]
    },
    KernelCase(name: "adamw") { table, rows, columns, _, operands in
      let count = rows * columns
      let (parameters, first) = (operands.random(count), operands.random(count))
      let second = operands.random(count, 0...2)
      let step = ck_adamw_step(
        gradient_scale: 0.7, beta1: 0.9, beta2: 0.999, step_size: 0.01, second_scale: 3, epsilon: 1e-8, decay: 0.01)
      table.adamw(parameters, operands.random(count), first, second, step, count)
      return [values(parameters, count), values(first, count), values(second, count)]
    },
  ]
}
