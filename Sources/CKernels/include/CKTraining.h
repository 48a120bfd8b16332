#ifndef CKTRAINING_H
#define CKTRAINING_H

/// Kernels of training, beside the products, convolutions and attention of CKServing.h: packing of weights and rows that
/// change at each step, and gradients.
///
/// In a product for a weight's gradient the rows of a batch are what is summed over. Its left factor is the gradient by
/// the outputs, transposed: of float32 as it lies, with rows of one number and a tap a row; of bfloat16 as
/// `interleave_rows` leaves it. Its right factor is the inputs, as `pack_rows` leaves them.

/// The gradient by the weights of a convolution of width 3, stride 1 and "same" padding, by the transposed F(4, 3)
/// (Lavin and Gray 2016): a quarter of a product with each of six transforms of four rows.
typedef struct {
  ck_format format;   ///< of the transformed rows: CK_FLOAT32 or CK_BFLOAT16
  const float *x;     ///< [windows][length, channels] inputs
  const float *dy;    ///< [windows][length, columns] the gradient by the outputs
  size_t windows;
  size_t x_window;    ///< floats from a window of x to the next
  size_t dy_window;   ///< floats from a window of dy to the next
  size_t length;
  size_t channels;
  size_t columns;
  size_t dilation;
  float *sums;    ///< [6][columns, channels] added to; `winograd_gradient_end` makes weights' gradients of them
  void *scratch;  ///< `winograd_gradient_scratch` bytes
} ck_winograd_gradient_task;

/// Backward of one window's and head's attention (Dao et al. 2022): weights are worked out again from the softmaxes' sums,
/// some queries at a time, so memory grows with the tokens and not with their square.
typedef struct {
  const float *queries, *keys, *values;  ///< [tokens, dim], `row` floats from one to the next
  const float *context, *d_context;      ///< [tokens, dim] output and its gradient, `context_row` floats apart
  float *d_queries, *d_keys, *d_values;  ///< [tokens, dim], `row` floats apart: added to
  size_t row, context_row;
  size_t tokens;
  size_t valid;
  size_t dim;
  float scale;
  ck_dropout_rate dropout;
  const float *log_sums;
  void *scratch;  ///< `attention_gradient_scratch` bytes
} ck_attention_gradient_task;

#define CK_TRAINING_KERNELS(K)                                                                                         \
  K(void, pack_columns,                                                                                                \
    (void *panels, ck_format format, const float *weights, size_t columns, size_t width),                              \
    (panels, format, weights, columns, width))                                                                         \
  K(void, pack_rows,                                                                                                   \
    (void *panels, size_t panel, ck_format format, const float *x, size_t row, size_t rows, size_t columns),           \
    (panels, panel, format, x, row, rows, columns))                                                                    \
  K(void, interleave_rows, (void *out, const float *x, size_t row, size_t rows, size_t columns),                       \
    (out, x, row, rows, columns))                                                                                      \
  K(void, winograd_pack,                                                                                               \
    (void *forward, void *backward, ck_format format, const float *weights, size_t columns, size_t channels,           \
     void *scratch),                                                                                                   \
    (forward, backward, format, weights, columns, channels, scratch))                                                  \
  K(size_t, winograd_gradient_scratch,                                                                                 \
    (ck_format format, size_t windows, size_t length, size_t channels, size_t columns, size_t dilation),               \
    (format, windows, length, channels, columns, dilation))                                                            \
  K(void, winograd_gradient, (const ck_winograd_gradient_task *task), (task))                                          \
  K(void, winograd_gradient_end, (float *dweights, const float *sums, size_t columns, size_t channels),                \
    (dweights, sums, columns, channels))                                                                               \
  K(size_t, attention_gradient_scratch, (size_t tokens, size_t dim), (tokens, dim))                                    \
  K(void, attention_gradient, (const ck_attention_gradient_task *task), (task))

// pack_columns:     packs `weights` [columns, width], as `pack` does, one tap.
// pack_rows:        packs `rows` rows of `columns` numbers, `row` floats apart, as the right factor of a product over the
//                   rows; `panel` bytes from a panel to the next.
// interleave_rows:  the left factor of such a product in bfloat16: pairs of rows, [rows / 2][columns][2].
// winograd_pack:    six matrices each for ck_winograd_task, from weights [columns, 3, channels]: for the convolution
//                   itself, and for the gradient by its input (taps mirrored, columns and channels exchanged).
//                   `scratch`: 24 · channels bytes.
// winograd_gradient_end: dweights [columns, 3, channels] += from the task's sums.

#endif
