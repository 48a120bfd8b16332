#ifndef CKSERVING_H
#define CKSERVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

/// Kernels of the serving path: products with weights that were packed once, convolutions, attention.
///
/// Left factors are rows of float32, bfloat16 or unsigned 8-bit numbers, read in *units* of 32 bits (1, 2 or 4 numbers).
/// A row's result never depends on the rows beside it, so neither does a window's on the batch that it comes in.
///
/// Weights lie in panels of 2 W columns, W being the lanes of a vector of the running variant (`lanes` of its table):
///
///     [panel][tap][unit][2 W][numbers of a unit]
///
/// with zeros in columns and numbers beyond the matrix.

typedef enum { CK_FLOAT32, CK_BFLOAT16, CK_INT8 } ck_format;

/// What follows a product. CK_GATED is silu(a) · b, where a and b are the left and right halves of a panel.
typedef enum { CK_IDENTITY, CK_MISH, CK_SIGMOID, CK_GATED } ck_activation;

/// How the rows of a left factor lie.
typedef struct {
  size_t row;    ///< bytes from a row to the next
  size_t taps;   ///< pieces that a row is read in: the taps of a convolution
  size_t tap;    ///< bytes from a piece to the next
  size_t units;  ///< units in a piece
} ck_rows;

/// Packed weights [columns, taps · width], and what belongs to each column.
typedef struct {
  const void *panels;
  size_t columns;
  /// What sums begin with, packed: float32 biases, or for CK_INT8 the int32 that takes the zero point's part away.
  const void *initial;
  /// CK_INT8: a result is sum · scale + bias, both packed; else NULL.
  const float *scale;
  const float *bias;
} ck_weights;

/// Where results go as a later product's left factor, rounded to bfloat16 or to round(v · scale + zero) in 0 ... 255.
typedef struct {
  void *data;  ///< NULL: nowhere
  ck_format format;
  size_t window;  ///< bytes from a window to the next
  size_t row;     ///< bytes from a row to the next
  float scale;
  float zero;
} ck_operand;

/// Where results go: as float32, as a later product's left factor, or both.
typedef struct {
  float *values;  ///< NULL: nowhere
  size_t window;  ///< floats from a window to the next
  size_t row;     ///< floats from a row to the next
  ck_operand operand;
} ck_results;

/// results = activation(left · weights + residual), for each of the rows of each window.
typedef struct {
  ck_format format;
  const void *left;
  size_t windows;
  size_t window;  ///< bytes from a window to the next
  size_t height;  ///< rows of a window
  ck_rows rows;
  ck_weights weights;
  ck_activation activation;
  const float *residual;  ///< laid out as `results.values`; NULL: none
  ck_results results;
} ck_product_task;

/// A convolution of width 3, stride 1 and "same" padding, by Winograd's minimal filtering F(4, 3) (Lavin and Gray 2016)
/// on every dilation-th row. Rows beyond a window read as 0.
typedef struct {
  ck_format format;  ///< of the transformed rows: CK_FLOAT32 or CK_BFLOAT16
  const float *left;  ///< [windows][length, channels]
  size_t windows;
  size_t window;  ///< floats from a window to the next
  size_t length;
  size_t channels;
  size_t dilation;
  ck_weights weights;  ///< six packed matrices [columns, channels], one after the other; `initial` is the bias
  ck_activation activation;
  const float *residual;  ///< laid out as `results.values`; NULL: none
  ck_results results;
  void *scratch;  ///< `ck_winograd_scratch` bytes
} ck_winograd_task;

/// Attention of one window's head (Vaswani et al. 2017): softmax(scale · q kᵀ) v, a few rows of q at a time.
typedef struct {
  ck_format format;  ///< of the factors of both products: CK_FLOAT32 or CK_BFLOAT16
  const float *queries, *keys, *values;  ///< [tokens, dim] each
  size_t row;                            ///< floats from a row to the next, of all three
  size_t tokens;
  size_t valid;  ///< keys that take part: the first ones, at least 1
  size_t dim;
  float scale;
  ck_dropout_rate dropout;  ///< of the weights; element query · tokens + key. Serving keeps all: 1
  float *log_sums;          ///< [tokens] the logarithm of each softmax's sum, for backward; NULL: not wanted
  ck_results results;       ///< [tokens, dim]
  void *scratch;            ///< `ck_attention_scratch` bytes
} ck_attention_task;

#define CK_SERVING_KERNELS(K)                                                                                          \
  K(size_t, packed_bytes, (ck_format format, size_t columns, size_t taps, size_t width),                               \
    (format, columns, taps, width))                                                                                    \
  K(void, pack,                                                                                                        \
    (void *panels, ck_format format, const void *weights, const void *gated, size_t columns, size_t taps,              \
     size_t width),                                                                                                    \
    (panels, format, weights, gated, columns, taps, width))                                                            \
  K(void, pack_vector, (void *packed, const void *vector, const void *gated, size_t columns),                          \
    (packed, vector, gated, columns))                                                                                  \
  K(void, product, (const ck_product_task *task), (task))                                                              \
  K(size_t, winograd_scratch, (ck_format format, size_t windows, size_t length, size_t channels, size_t dilation),     \
    (format, windows, length, channels, dilation))                                                                     \
  K(void, winograd, (const ck_winograd_task *task), (task))                                                            \
  K(size_t, attention_scratch, (ck_format format, size_t tokens, size_t dim), (format, tokens, dim))                   \
  K(void, attention, (const ck_attention_task *task), (task))                                                          \
  K(void, normalise,                                                                                                   \
    (const ck_results *results, const float *x, const float *weight, size_t rows, size_t columns),                     \
    (results, x, weight, rows, columns))                                                                               \
  K(void, convert, (const ck_results *results, const float *x, size_t rows, size_t columns),                           \
    (results, x, rows, columns))                                                                                       \
  K(void, excite,                                                                                                      \
    (const ck_results *results, const float *x, const float *gate, const float *residual, size_t residual_row,         \
     size_t rows, size_t columns),                                                                                     \
    (results, x, gate, residual, residual_row, rows, columns))                                                         \
  K(void, score, (float *scores, const float *x, size_t row, const float *weight, float bias, size_t rows,             \
                  size_t columns),                                                                                     \
    (scores, x, row, weight, bias, rows, columns))                                                                     \
  K(size_t, peak, (ck_format format, size_t count), (format, count))                                                   \
  K(void, weighted_sum, (float *out, const float *weights, const float *x, size_t rows, size_t columns),               \
    (out, weights, x, rows, columns))

#include "CKTraining.h"

/// One implementation of every serving kernel.
typedef struct {
  size_t lanes;  ///< float32 numbers W in a vector
  bool has_bfloat16;
#define CK_POINTER(type, name, parameters, arguments) type (*name) parameters;
  CK_SERVING_KERNELS(CK_POINTER)
  CK_TRAINING_KERNELS(CK_POINTER)
#undef CK_POINTER
} ck_serving_table;

/// The serving kernels of one variant, or NULL where this processor (or this build) does not have it. CK_REFERENCE has
/// none: tests form the same results with plain loops.
const ck_serving_table *ck_serving_for(ck_variant variant);

/// The kernels that the plain functions run: the best ones of this machine.
const ck_serving_table *ck_serving(void);

#define CK_DECLARE(type, name, parameters, arguments) type ck_##name parameters;
CK_SERVING_KERNELS(CK_DECLARE)
CK_TRAINING_KERNELS(CK_DECLARE)
#undef CK_DECLARE

// packed_bytes:  size of a packed matrix [columns, taps · width].
// pack:          packs `weights` [columns, taps · width], float32 for CK_FLOAT32 and CK_BFLOAT16 (rounded), int8 for
//                CK_INT8. With `gated`, a matrix of the same shape, panels hold W columns of each; else it is NULL.
// pack_vector:   packs one 32-bit number a column in the same way, zeros beyond.
// product, winograd, attention: see the tasks above.
// normalise:     results[r] = x[r] / sqrt(mean(x[r]^2) + 1e-6) · weight (Zhang and Sennrich 2019).
// convert:       results[r] = x[r].
// excite:        results[r] = mish(x[r] · gate + residual[r]); x is [rows, columns].
// score:         scores[r] = x[r] · weight + bias, rows of x `row` floats apart.
// peak:          forms `count` times as many products as registers hold, with no memory in the way; returns how many
//                multiply-adds that were. What a core can do at most, to compare with.
// weighted_sum:  out = the sum of weights[r] · x[r].

#endif
