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

#define LANES(i, end) ((end) - (i) < W ? (end) - (i) : W)
#define FOR_LANES(i, n, end) for (size_t i = 0, n; i < (end) && (n = LANES(i, end)); i += W)

// e^x: x = k ln 2 + r with |r| <= ln 2 / 2, Cephes' degree-5 minimax polynomial for e^r, 2^k through the exponent bits.
// Relative error below 2e-7 within [-87, 88]; beyond, the ends' values.
INLINE vf exponential(vf x) {
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(88.0f));
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  vf k = (x * 1.44269504f + magic) - magic;
  vf r = x - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  vi bits = (__builtin_convertvector(k, vi) + 127) << 23;
  return p * (vf)bits;
}

INLINE vf logistic(vf x) { return 1.0f / (1.0f + exponential(-x)); }

// With w = e^v: tanh(softplus(v)) = n / (n + 2), n = w (w + 2). Past 20 the ratio is 1 in float32, so w stops there.
INLINE vf mish(vf v) {
  vf w = exponential(__builtin_elementwise_min(v, splat(20.0f)));
  vf n = w * (w + 2.0f);
  return v * (n / (n + 2.0f));
}

// mish'(v) = t + v t', t' = 4 w (1 + w) / (n + 2)^2.
INLINE vf mish_slope(vf v) {
  vf w = exponential(__builtin_elementwise_min(v, splat(20.0f)));
  vf n = w * (w + 2.0f);
  vf inverse = 1.0f / (n + 2.0f);
  return (n + v * (4.0f * w * (1.0f + w)) * inverse) * inverse;
}

#endif
