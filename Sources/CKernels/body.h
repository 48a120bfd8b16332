// The vector body of every element-wise kernel, written once over CK_WIDTH lanes and compiled for each processor level
// by the file that includes it. In a block of rows columns are walked in the outer loop, so that what is constant per
// column stays in registers while rows stream past.

#include "lanes.h"

// Rows in blocks that stay in the first-level cache: lines are read in the order in which they lie in memory.
#define BLOCK_FLOATS 4096
#define FOR_BLOCKS(begin, end, rows, columns)                                                                         \
  for (size_t begin = 0, end, all_ = (rows) * (columns), block_ = block_floats(columns);                               \
       begin < all_ && (end = all_ - begin < block_ ? all_ : begin + block_); begin = end)

static size_t block_floats(size_t columns) {
  return columns && columns < BLOCK_FLOATS ? BLOCK_FLOATS / columns * columns : columns;
}

static void affine(float *out, const float *x, const float *scale, const float *shift, size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf a = load(scale + c, n), b = load(shift + c, n);
    for (size_t i = begin + c; i < end; i += columns) store(out + i, load(x + i, n) * a + b, n);
  }
}

static void affine_mish(float *out, const float *x, const float *scale, const float *shift, const float *residual,
                        size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf a = load(scale + c, n), b = load(shift + c, n);
    if (residual) {
      for (size_t i = begin + c; i < end; i += columns)
        store(out + i, mish(load(x + i, n) * a + b + load(residual + i, n)), n);
    } else {
      for (size_t i = begin + c; i < end; i += columns) store(out + i, mish(load(x + i, n) * a + b), n);
    }
  }
}

static void affine_mish_backward(float *du, const float *dout, const float *x, const float *scale, const float *shift,
                                 const float *residual, const float *mean, float *sums, float *centred_sums,
                                 size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf a = load(scale + c, n), b = load(shift + c, n), m = mean ? load(mean + c, n) : splat(0);
    vf sum = splat(0), centred = splat(0);
    for (size_t i = begin + c; i < end; i += columns) {
      vf v = load(x + i, n), u = v * a + b;
      if (residual) u += load(residual + i, n);
      vf d = load(dout + i, n) * mish_slope(u);
      store(du + i, d, n);
      sum += d;
      centred += d * (v - m);
    }
    accumulate(sums + c, sum, n);
    accumulate(centred_sums + c, centred, n);
  }
}

static void blend(float *out, const float *x, const float *a, const float *y, const float *b, const float *c,
                  size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(j, n, columns) {
    vf va = load(a + j, n), vb = load(b + j, n), vc = load(c + j, n);
    for (size_t i = begin + j; i < end; i += columns)
      store(out + i, load(x + i, n) * va + (load(y + i, n) * vb + vc), n);
  }
}

static void column_sums(float *sums, const float *x, size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf sum = splat(0);
    for (size_t i = begin + c; i < end; i += columns) sum += load(x + i, n);
    accumulate(sums + c, sum, n);
  }
}

static void column_square_sums(float *sums, const float *x, const float *mean, size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf m = load(mean + c, n), sum = splat(0);
    for (size_t i = begin + c; i < end; i += columns) {
      vf centred = load(x + i, n) - m;
      sum += centred * centred;
    }
    accumulate(sums + c, sum, n);
  }
}

static void column_product_sums(float *sums, float *centred_sums, const float *x, const float *y, const float *mean,
                                size_t rows, size_t columns) {
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf m = load(mean + c, n), sum = splat(0), centred = splat(0);
    for (size_t i = begin + c; i < end; i += columns) {
      vf v = load(x + i, n);
      sum += v;
      centred += v * (load(y + i, n) - m);
    }
    accumulate(sums + c, sum, n);
    accumulate(centred_sums + c, centred, n);
  }
}

static void depthwise(float *out, const float *x, const float *weights, const float *residual, ptrdiff_t dilation,
                      size_t rows, size_t columns) {
  bool mirrored = dilation < 0;
  size_t reach = (size_t)(mirrored ? -dilation : dilation) * columns, count = rows * columns;
  const float *before = weights + (mirrored ? 2 * columns : 0), *after = weights + (mirrored ? 0 : 2 * columns);
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf a = load(before + c, n), b = load(weights + columns + c, n), d = load(after + c, n);
    for (size_t i = begin + c; i < end; i += columns) {
      vf v = load(x + i, n) * b;
      if (i >= reach) v += load(x + i - reach, n) * a;
      if (i + reach < count) v += load(x + i + reach, n) * d;
      if (residual) v += load(residual + i, n);
      store(out + i, v, n);
    }
  }
}

static void depthwise_gradient(float *dweights, const float *x, const float *dout, size_t dilation, size_t rows,
                               size_t columns) {
  size_t reach = dilation * columns, count = rows * columns;
  FOR_BLOCKS(begin, end, rows, columns)
  FOR_LANES(c, n, columns) {
    vf before = splat(0), at = splat(0), after = splat(0);
    for (size_t i = begin + c; i < end; i += columns) {
      vf d = load(dout + i, n);
      at += d * load(x + i, n);
      if (i >= reach) before += d * load(x + i - reach, n);
      if (i + reach < count) after += d * load(x + i + reach, n);
    }
    accumulate(dweights + c, before, n);
    accumulate(dweights + columns + c, at, n);
    accumulate(dweights + 2 * columns + c, after, n);
  }
}

static void rms_norm(float *out, float *inverse, const float *x, const float *weight, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    vf sum = splat(0);
    FOR_LANES(c, n, columns) {
      vf v = load(row + c, n);
      sum += v * v;
    }
    inverse[r] = 1 / sqrtf(horizontal_sum(sum) / (float)columns + 1e-6f);
    FOR_LANES(c, n, columns) store(out + r * columns + c, load(row + c, n) * inverse[r] * load(weight + c, n), n);
  }
}

static void rms_norm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *inverse,
                              const float *weight, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    size_t base = r * columns;
    vf dot = splat(0);
    FOR_LANES(c, n, columns) dot += load(dout + base + c, n) * load(weight + c, n) * load(x + base + c, n);
    float i = inverse[r], shared = horizontal_sum(dot) / (float)columns * i * i * i;
    FOR_LANES(c, n, columns) {
      vf d = load(dout + base + c, n), v = load(x + base + c, n);
      accumulate(dweight + c, d * v * i, n);
      accumulate(dx + base + c, d * load(weight + c, n) * i - v * shared, n);
    }
  }
}

static void rotate(float *x, size_t stride, const float *cosines, const float *sines, float direction, size_t rows,
                   size_t half) {
  for (size_t r = 0; r < rows; r++) {
    float *first = x + r * stride, *second = first + half;
    FOR_LANES(i, n, half) {
      vf a = load(first + i, n), b = load(second + i, n);
      vf c = load(cosines + r * half + i, n), s = load(sines + r * half + i, n) * direction;
      store(first + i, a * c - b * s, n);
      store(second + i, b * c + a * s, n);
    }
  }
}

// Lanes past the row's end must neither be the largest nor add to the sum: the tail goes one element at a time.
static void softmax(float *x, size_t stride, float scale, size_t rows, size_t columns) {
  size_t whole = columns / W * W;
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride, largest = -INFINITY, sum = 0;
    if (whole) {
      vf most = load(row, W) * scale;
      for (size_t c = W; c < whole; c += W) most = __builtin_elementwise_max(most, load(row + c, W) * scale);
      largest = horizontal_max(most);
    }
    for (size_t c = whole; c < columns; c++) largest = row[c] * scale > largest ? row[c] * scale : largest;
    vf sums = splat(0);
    for (size_t c = 0; c < whole; c += W) {
      vf e = exponential(load(row + c, W) * scale - largest);
      store(row + c, e, W);
      sums += e;
    }
    if (whole < columns) {
      size_t n = columns - whole;
      store(row + whole, exponential(load(row + whole, n) * scale - largest), n);
      for (size_t c = whole; c < columns; c++) sum += row[c];
    }
    float inverse = 1 / (horizontal_sum(sums) + sum);
    FOR_LANES(c, n, columns) store(row + c, load(row + c, n) * inverse, n);
  }
}

static void softmax_backward(float *dx, const float *p, size_t stride, float scale, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    float *d = dx + r * stride;
    const float *q = p + r * stride;
    vf products = splat(0);
    FOR_LANES(c, n, columns) products += load(d + c, n) * load(q + c, n);
    float dot = horizontal_sum(products);
    FOR_LANES(c, n, columns) store(d + c, (load(d + c, n) - dot) * load(q + c, n) * scale, n);
  }
}

static void silu_product(float *out, const float *gate, const float *up, size_t count) {
  FOR_LANES(i, n, count) {
    vf g = load(gate + i, n);
    store(out + i, g * logistic(g) * load(up + i, n), n);
  }
}

static void silu_product_backward(float *dgate, float *dup, const float *dout, const float *gate, const float *up,
                                  size_t count) {
  FOR_LANES(i, n, count) {
    vf g = load(gate + i, n), u = load(up + i, n), d = load(dout + i, n), s = logistic(g);
    store(dup + i, d * g * s, n);
    store(dgate + i, d * u * (s * (1.0f + g * (1.0f - s))), n);
  }
}

static void sigmoid(float *out, const float *x, size_t count) {
  FOR_LANES(i, n, count) store(out + i, logistic(load(x + i, n)), n);
}

static void add(float *out, const float *x, size_t count) {
  FOR_LANES(i, n, count) accumulate(out + i, load(x + i, n), n);
}

static void dropout(float *out, const float *x, ck_dropout_rate rate, size_t count) {
  FOR_LANES(i, n, count) store(out + i, dropped(load(x + i, n), rate, (uint32_t)i), n);
}

static double sum_of_squares(const float *x, size_t count) {
  double sum = 0;
  for (size_t start = 0; start < count; start += 1024) {
    size_t length = count - start < 1024 ? count - start : 1024;
    vf partial = splat(0);
    FOR_LANES(i, n, length) {
      vf v = load(x + start + i, n);
      partial += v * v;
    }
    sum += horizontal_sum(partial);
  }
  return sum;
}

static void adamw(float *parameters, const float *gradients, float *first, float *second, ck_adamw_step step,
                  size_t count) {
  FOR_LANES(i, n, count) {
    vf g = load(gradients + i, n) * step.gradient_scale, p = load(parameters + i, n);
    vf m = load(first + i, n) * step.beta1 + g * (1 - step.beta1);
    vf v = load(second + i, n) * step.beta2 + g * g * (1 - step.beta2);
    store(first + i, m, n);
    store(second + i, v, n);
    vf denominator = __builtin_elementwise_sqrt(v) * step.second_scale + step.epsilon;
    store(parameters + i, p - (p * step.decay + m * step.step_size / denominator), n);
  }
}

const ck_table CK_TABLE = {CK_KERNELS(CK_ENTRY)};
