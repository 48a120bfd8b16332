// CK_WIDTH lanes of the compiler's portable vector types, and the functions that kernels are made of. Included by each
// file that compiles kernels for a processor level.

#ifndef CKERNELS_LANES_H
#define CKERNELS_LANES_H

#include <math.h>
#include <string.h>

#include "tables.h"

#define W ((size_t)CK_WIDTH)
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(CK_WIDTH * 4)));
typedef int32_t vi __attribute__((vector_size(CK_WIDTH * 4)));
typedef uint32_t vu __attribute__((vector_size(CK_WIDTH * 4)));

INLINE vf splat(float value) { return (vf){0} + value; }

// n is the number of lanes in use, 1 ... W; the others read as 0 and are not written.
INLINE vf load(const float *p, size_t n) {
  vf v = {0};
  if (__builtin_expect(n == W, 1)) {
    memcpy(&v, p, sizeof v);
  } else {
    memcpy(&v, p, n * sizeof *p);
  }
  return v;
}

INLINE void store(float *p, vf v, size_t n) {
  if (__builtin_expect(n == W, 1)) {
    memcpy(p, &v, sizeof v);
  } else {
    memcpy(p, &v, n * sizeof *p);
  }
}

INLINE void accumulate(float *p, vf v, size_t n) { store(p, load(p, n) + v, n); }

// Halves of a vector are folded onto each other until one lane is left.
INLINE float horizontal_sum(vf v) {
  float lanes[W];
  memcpy(lanes, &v, sizeof v);
  for (size_t n = W / 2; n; n /= 2)
    for (size_t i = 0; i < n; i++) lanes[i] += lanes[i + n];
  return lanes[0];
}

INLINE float horizontal_max(vf v) {
  float lanes[W];
  memcpy(lanes, &v, sizeof v);
  for (size_t n = W / 2; n; n /= 2)
    for (size_t i = 0; i < n; i++) lanes[i] = lanes[i] > lanes[i + n] ? lanes[i] : lanes[i + n];
  return lanes[0];
}

// Vectors of lanes up to `end`: whole ones, for which the compiler knows that n is W, then what is left.
#define FOR_LANES(i, n, end)                                                                                         \
  _Pragma("clang loop unroll(full)") for (int rest_##i = 0; rest_##i < 2; rest_##i++)                                \
  for (size_t i = rest_##i ? (end) / W * W : 0, n = rest_##i ? (end) % W : W,                                        \
              stop_##i = rest_##i ? (end) : (end) / W * W;                                                           \
       i < stop_##i; i += W)

// e^x for x in [-87, 88]: x = k ln 2 + r with |r| <= ln 2 / 2, a minimax polynomial for e^r (relative error 1e-7), and k
// added to the exponent. Relative error below 3e-7.
INLINE vf exponential_within(vf x) {
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer, which is then the lowest bits
  vf shifted = x * 1.44269504f + magic;
  vf k = shifted - magic;
  vf r = x - k * 0.693359375f + k * 2.12194440e-4f;  // ln 2 in two parts, the first of which is short: k times it is exact
  vf p = splat(8.2903057337e-3f);
  p = p * r + 4.1897974908e-2f;
  p = p * r + 1.6667637229e-1f;
  p = p * r + 4.9999150634e-1f;
  p = p * r + 9.9999970198e-1f;
  p = p * r + 1.0f;
  return (vf)((vi)p + ((vi)shifted << 23));
}

// Beyond [-87, 88] the ends' values.
INLINE vf exponential(vf x) {
  return exponential_within(__builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(88.0f)));
}

INLINE vf logistic(vf x) { return 1.0f / (1.0f + exponential(-x)); }

// With w = e^v: tanh(softplus(v)) = n / (n + 2), n = w (w + 2). Past 20 the ratio is 1 in float32, so w stops there.
INLINE vf mish_exponential(vf v) {
  return exponential_within(__builtin_elementwise_min(__builtin_elementwise_max(v, splat(-87.0f)), splat(20.0f)));
}

INLINE vf mish(vf v) {
  vf w = mish_exponential(v);
  vf n = w * (w + 2.0f);
  return v * (n / (n + 2.0f));
}

// mish'(v) = t + v t', t' = 4 w (1 + w) / (n + 2)^2.
INLINE vf mish_slope(vf v) {
  vf w = mish_exponential(v);
  vf n = w * (w + 2.0f);
  vf inverse = 1.0f / (n + 2.0f);
  return (n + v * (4.0f * w * (1.0f + w)) * inverse) * inverse;
}

// The draws of dropout for the elements `index`, `index` + 1, ...: the elements that stay, times 1 / keep, the others 0.
INLINE vf dropped(vf v, ck_dropout_rate rate, uint32_t index) {
  vu h;
  for (size_t i = 0; i < W; i++) h[i] = (uint32_t)i;
  h = (h + index) ^ (uint32_t)rate.key;
  CK_MIX(h);
  h += (uint32_t)(rate.key >> 32);
  CK_MIX(h);
  vi kept = __builtin_convertvector((vi)(h >> 8), vf) < splat(rate.keep * 0x1p24f);  // all bits set where true
  return (vf)((vi)(v * (1 / rate.keep)) & kept);
}

#endif
