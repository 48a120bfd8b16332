#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Vectorised float32 kernels: element-wise chains and column reductions that the Swift compiler leaves scalar.
///
/// Matrices are row-major; `rows` x `columns` with no gap between rows unless a stride is named. Every kernel accepts
/// any size, including 0, and any alignment. An output may be the same buffer as an input of the same shape; partial
/// overlap is not allowed. Reductions add to what the accumulator holds.
///
/// Each kernel exists as a scalar reference (reference.c) and as one vector body (body.h) compiled for each processor
/// level. The plain functions below run the best one for this machine; `ck_table_for` gives tests the others.

#define CK_KERNELS(K)                                                                                                  \
  K(void, affine, (float *out, const float *x, const float *scale, const float *shift, size_t rows, size_t columns),   \
    (out, x, scale, shift, rows, columns))                                                                             \
  K(void, affine_mish,                                                                                                 \
    (float *out, const float *x, const float *scale, const float *shift, const float *residual, size_t rows,           \
     size_t columns),                                                                                                  \
    (out, x, scale, shift, residual, rows, columns))                                                                   \
  K(void, affine_mish_backward,                                                                                        \
    (float *du, const float *dout, const float *x, const float *scale, const float *shift, const float *residual,      \
     const float *mean, float *sums, float *centred_sums, size_t rows, size_t columns),                                \
    (du, dout, x, scale, shift, residual, mean, sums, centred_sums, rows, columns))                                    \
  K(void, blend, (float *out, const float *x, const float *a, const float *y, const float *b, const float *c,          \
                  size_t rows, size_t columns),                                                                        \
    (out, x, a, y, b, c, rows, columns))                                                                               \
  K(void, column_sums, (float *sums, const float *x, size_t rows, size_t columns), (sums, x, rows, columns))           \
  K(void, column_square_sums,                                                                                          \
    (float *sums, const float *x, const float *mean, size_t rows, size_t columns), (sums, x, mean, rows, columns))     \
  K(void, column_product_sums,                                                                                         \
    (float *sums, float *centred_sums, const float *x, const float *y, const float *mean, size_t rows,                 \
     size_t columns),                                                                                                  \
    (sums, centred_sums, x, y, mean, rows, columns))                                                                   \
  K(void, depthwise,                                                                                                   \
    (float *out, const float *x, const float *weights, const float *residual, ptrdiff_t dilation, size_t rows,         \
     size_t columns),                                                                                                  \
    (out, x, weights, residual, dilation, rows, columns))                                                              \
  K(void, depthwise_gradient,                                                                                          \
    (float *dweights, const float *x, const float *dout, size_t dilation, size_t rows, size_t columns),                \
    (dweights, x, dout, dilation, rows, columns))                                                                      \
  K(void, rms_norm,                                                                                                    \
    (float *out, float *inverse, const float *x, const float *weight, size_t rows, size_t columns),                    \
    (out, inverse, x, weight, rows, columns))                                                                          \
  K(void, rms_norm_backward,                                                                                           \
    (float *dx, float *dweight, const float *dout, const float *x, const float *inverse, const float *weight,          \
     size_t rows, size_t columns),                                                                                     \
    (dx, dweight, dout, x, inverse, weight, rows, columns))                                                            \
  K(void, rotate,                                                                                                      \
    (float *x, size_t stride, const float *cosines, const float *sines, float direction, size_t rows, size_t half),    \
    (x, stride, cosines, sines, direction, rows, half))                                                                \
  K(void, softmax, (float *x, size_t stride, float scale, size_t rows, size_t columns),                                \
    (x, stride, scale, rows, columns))                                                                                 \
  K(void, softmax_backward,                                                                                            \
    (float *dx, const float *p, size_t stride, float scale, size_t rows, size_t columns),                              \
    (dx, p, stride, scale, rows, columns))                                                                             \
  K(void, silu_product, (float *out, const float *gate, const float *up, size_t count), (out, gate, up, count))        \
  K(void, silu_product_backward,                                                                                       \
    (float *dgate, float *dup, const float *dout, const float *gate, const float *up, size_t count),                   \
    (dgate, dup, dout, gate, up, count))                                                                               \
  K(void, sigmoid, (float *out, const float *x, size_t count), (out, x, count))                                        \
  K(void, add, (float *out, const float *x, size_t count), (out, x, count))                                            \
  K(void, dropout, (float *out, const float *x, ck_dropout_rate rate, size_t count), (out, x, rate, count))             \
  K(double, sum_of_squares, (const float *x, size_t count), (x, count))                                                \
  K(void, adamw, (float *parameters, const float *gradients, float *first, float *second, ck_adamw_step step,          \
                  size_t count),                                                                                       \
    (parameters, gradients, first, second, step, count))

/// One AdamW update (Loshchilov and Hutter 2019, algorithm 2) with its scalars worked out for the step.
typedef struct {
  float gradient_scale;  ///< the clipping factor, 1 when the norm is within bounds
  float beta1, beta2;
  float step_size;       ///< learning rate / (1 - beta1^t)
  float second_scale;    ///< 1 / sqrt(1 - beta2^t)
  float epsilon;
  float decay;           ///< learning rate * weight decay
} ck_adamw_step;

/// Dropout (Srivastava et al. 2014): an element stays with probability `keep`; a draw depends on `key` and the element's
/// index alone. With `keep` 1 everything stays.
typedef struct {
  float keep;
  uint64_t key;
} ck_dropout_rate;

// affine:               out = x * scale + shift, scale and shift per column.
// affine_mish:          out = mish(x * scale + shift + residual); residual may be NULL. mish(v) = v tanh(softplus(v)).
// affine_mish_backward: with u as above: du = dout * mish'(u); sums += column sums of du; centred_sums += column sums
//                       of du * (x - mean). mean may be NULL (taken as 0), as may residual.
// blend:                out = x * a + y * b + c, with a, b, c per column.
// column_sums:          sums += the sum of each column.
// column_square_sums:   sums += the sum of (x - mean)^2 of each column.
// column_product_sums:  sums += column sums of x; centred_sums += column sums of x * (y - mean).
// depthwise:            out[r] = sum over t = 0, 1, 2 of weights[t] * x[r + (t - 1) * dilation], per column, + residual[r];
//                       rows beyond x are 0. weights are [3, columns]; residual may be NULL, or `out`, which must not be
//                       x. A negative dilation mirrors the taps.
// depthwise_gradient:   dweights[t] += sum over r of dout[r] * x[r + (t - 1) * dilation], per column.
// rms_norm:             inverse[r] = 1 / sqrt(mean(x[r]^2) + 1e-6); out = x * inverse * weight.
// rms_norm_backward:    dx += the gradient by x; dweight += the gradient by weight.
// rotate:               rotary embedding in place: pairs (i, i + half) of each row turned by direction * angle; the
//                       tables are [rows, half].
// softmax:              x[r, 0..<columns] = softmax(scale * x[r]).
// softmax_backward:     dx = scale * p * (dx - sum(p * dx)) in place, row by row; both matrices share the stride.
// silu_product:         out = gate * sigmoid(gate) * up.
// dropout:              out[i] = x[i] * (1 / keep) with probability keep, else 0; a draw depends on key and i alone.
// sum_of_squares:       in double precision.

#define CK_DECLARE(type, name, parameters, arguments) type ck_##name parameters;
CK_KERNELS(CK_DECLARE)
#undef CK_DECLARE

/// One implementation of every kernel.
typedef struct {
#define CK_POINTER(type, name, parameters, arguments) type (*name) parameters;
  CK_KERNELS(CK_POINTER)
#undef CK_POINTER
} ck_table;

/// Processor levels, each with the instructions of those before it.
typedef enum { CK_REFERENCE, CK_PORTABLE, CK_AVX2, CK_AVX512, CK_AVX512_VNNI, CK_AVX512_BF16 } ck_variant;

/// The kernels of one variant, or NULL where this processor (or this build) does not have it.
const ck_table *ck_table_for(ck_variant variant);

/// The variant that the plain functions run.
ck_variant ck_active_variant(void);

/// The hash behind `dropout`: a draw in 0 ..< 2^32 for element `index` under `key`.
uint32_t ck_dropout_hash(uint64_t key, uint32_t index);

#include "CKServing.h"

#endif
