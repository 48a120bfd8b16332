// The meaning of every kernel in plain scalar C and libm; what the vector variants are tested against.

#include <math.h>

#include "tables.h"

static float mish(float v) { return v > 20 ? v : v * tanhf(log1pf(expf(v))); }

static float mish_slope(float v) {
  if (v > 20) return 1;
  float t = tanhf(log1pf(expf(v)));
  float sigmoid = 1 / (1 + expf(-v));
  return t + v * (1 - t * t) * sigmoid;
}

static void affine(float *out, const float *x, const float *scale, const float *shift, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) out[r * columns + c] = x[r * columns + c] * scale[c] + shift[c];
}

static void affine_mish(float *out, const float *x, const float *scale, const float *shift, const float *residual,
                        size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      size_t i = r * columns + c;
      out[i] = mish(x[i] * scale[c] + shift[c] + (residual ? residual[i] : 0));
    }
}

static void affine_mish_backward(float *du, const float *dout, const float *x, const float *scale, const float *shift,
                                 const float *residual, const float *mean, float *sums, float *centred_sums,
                                 size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double sum = 0, centred = 0;
    for (size_t r = 0; r < rows; r++) {
      size_t i = r * columns + c;
      du[i] = dout[i] * mish_slope(x[i] * scale[c] + shift[c] + (residual ? residual[i] : 0));
      sum += du[i];
      centred += (double)du[i] * (x[i] - (mean ? mean[c] : 0));
    }
    sums[c] += (float)sum;
    centred_sums[c] += (float)centred;
  }
}

static void blend(float *out, const float *x, const float *a, const float *y, const float *b, const float *c,
                  size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < columns; j++) {
      size_t i = r * columns + j;
      out[i] = x[i] * a[j] + y[i] * b[j] + c[j];
    }
}

static void column_sums(float *sums, const float *x, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) sum += x[r * columns + c];
    sums[c] += (float)sum;
  }
}

static void column_square_sums(float *sums, const float *x, const float *mean, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
      double centred = (double)x[r * columns + c] - mean[c];
      sum += centred * centred;
    }
    sums[c] += (float)sum;
  }
}

static void column_product_sums(float *sums, float *centred_sums, const float *x, const float *y, const float *mean,
                                size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double sum = 0, centred = 0;
    for (size_t r = 0; r < rows; r++) {
      size_t i = r * columns + c;
      sum += x[i];
      centred += (double)x[i] * (y[i] - mean[c]);
    }
    sums[c] += (float)sum;
    centred_sums[c] += (float)centred;
  }
}

static void depthwise(float *out, const float *x, const float *weights, const float *residual, ptrdiff_t dilation,
                      size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      double sum = residual ? residual[r * columns + c] : 0;
      for (ptrdiff_t t = 0; t < 3; t++) {
        ptrdiff_t source = (ptrdiff_t)r + (t - 1) * (dilation < 0 ? -dilation : dilation);
        if (source < 0 || source >= (ptrdiff_t)rows) continue;
        sum += (double)weights[(size_t)(dilation < 0 ? 2 - t : t) * columns + c] * x[(size_t)source * columns + c];
      }
      out[r * columns + c] = (float)sum;
    }
}

static void depthwise_gradient(float *dweights, const float *x, const float *dout, size_t dilation, size_t rows,
                               size_t columns) {
  for (ptrdiff_t t = 0; t < 3; t++)
    for (size_t c = 0; c < columns; c++) {
      double sum = 0;
      for (size_t r = 0; r < rows; r++) {
        ptrdiff_t source = (ptrdiff_t)r + (t - 1) * (ptrdiff_t)dilation;
        if (source < 0 || source >= (ptrdiff_t)rows) continue;
        sum += (double)dout[r * columns + c] * x[(size_t)source * columns + c];
      }
      dweights[(size_t)t * columns + c] += (float)sum;
    }
}

static void rms_norm(float *out, float *inverse, const float *x, const float *weight, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += (double)x[r * columns + c] * x[r * columns + c];
    inverse[r] = (float)(1 / sqrt(sum / (double)columns + 1e-6));
    for (size_t c = 0; c < columns; c++) out[r * columns + c] = x[r * columns + c] * inverse[r] * weight[c];
  }
}

static void rms_norm_backward(float *dx, float *dweight, const float *dout, const float *x, const float *inverse,
                              const float *weight, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    double dot = 0;
    for (size_t c = 0; c < columns; c++) {
      size_t i = r * columns + c;
      dot += (double)dout[i] * weight[c] * x[i];
    }
    float shared = (float)(dot / (double)columns) * inverse[r] * inverse[r] * inverse[r];
    for (size_t c = 0; c < columns; c++) {
      size_t i = r * columns + c;
      dweight[c] += dout[i] * x[i] * inverse[r];
      dx[i] += dout[i] * weight[c] * inverse[r] - x[i] * shared;
    }
  }
}

static void rotate(float *x, size_t stride, const float *cosines, const float *sines, float direction, size_t rows,
                   size_t half) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < half; i++) {
      float *first = x + r * stride + i, *second = first + half;
      float a = *first, b = *second, c = cosines[r * half + i], s = direction * sines[r * half + i];
      *first = a * c - b * s;
      *second = b * c + a * s;
    }
}

static void softmax(float *x, size_t stride, float scale, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride, largest = -INFINITY;
    double sum = 0;
    for (size_t c = 0; c < columns; c++) largest = fmaxf(largest, scale * row[c]);
    for (size_t c = 0; c < columns; c++) sum += row[c] = expf(scale * row[c] - largest);
    for (size_t c = 0; c < columns; c++) row[c] = (float)(row[c] / sum);
  }
}

static void softmax_backward(float *dx, const float *p, size_t stride, float scale, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    double dot = 0;
    for (size_t c = 0; c < columns; c++) dot += (double)dx[r * stride + c] * p[r * stride + c];
    for (size_t c = 0; c < columns; c++)
      dx[r * stride + c] = scale * p[r * stride + c] * (dx[r * stride + c] - (float)dot);
  }
}

static void silu_product(float *out, const float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void silu_product_backward(float *dgate, float *dup, const float *dout, const float *gate, const float *up,
                                  size_t count) {
  for (size_t i = 0; i < count; i++) {
    float s = 1 / (1 + expf(-gate[i])), d = dout[i];
    float slope = s * (1 + gate[i] * (1 - s));
    float u = up[i];
    dup[i] = d * gate[i] * s;
    dgate[i] = d * u * slope;
  }
}

static void sigmoid(float *out, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 1 / (1 + expf(-x[i]));
}

static void add(float *out, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] += x[i];
}

static void dropout(float *out, const float *x, ck_dropout_rate rate, size_t count) {
  float factor = 1 / rate.keep;  // as the vector variants have it, so that all agree to the bit
  for (size_t i = 0; i < count; i++)
    out[i] = (ck_dropout_hash(rate.key, (uint32_t)i) >> 8) < rate.keep * 0x1p24f ? x[i] * factor : 0;
}

static double sum_of_squares(const float *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
  return sum;
}

static void adamw(float *parameters, const float *gradients, float *first, float *second, ck_adamw_step step,
                  size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gradients[i] * step.gradient_scale;
    first[i] = step.beta1 * first[i] + (1 - step.beta1) * g;
    second[i] = step.beta2 * second[i] + (1 - step.beta2) * g * g;
    parameters[i] -= step.decay * parameters[i] +
                     step.step_size * first[i] / (sqrtf(second[i]) * step.second_scale + step.epsilon);
  }
}

const ck_table ck_reference_table = {CK_KERNELS(CK_ENTRY)};
