// The serving kernels, written once over CK_WIDTH lanes and compiled for each processor level by the file that includes
// it. That file defines CK_TILE_ROWS, the rows of the highest tile that fits the registers, and CK_HEIGHTS(X), which is
// X(1) ... X(CK_TILE_ROWS); and, where the processor has the instructions, CK_DOT_INT8 and CK_DOT_BFLOAT16.

#include "tables.h"
#include "lanes.h"

#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define PANEL (2 * W)
// Weights come from the last-level cache, or from memory: asked for this many bytes ahead.
#define CK_AHEAD 4096
#define CK_PREFETCH(panel)                                                               \
  do {                                                                                   \
    for (size_t line = 0; line < PANEL * 4; line += 64)                                  \
      __builtin_prefetch((const char *)(panel) + CK_AHEAD + line, 0, 2);                 \
  } while (0)
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/// One tile: out[height][2 W] = initial + the rows' products with one panel.
typedef void (*tile_function)(void *out, const void *a, const ck_rows *rows, const void *panel, const void *initial);

#define CK_TILE float32_tiles
#define CK_SUM vf
#define CK_UNIT float
#define CK_DOT(s, a, b) ((s) + (a) * (b))
#include "tile.h"

#ifdef CK_DOT_BFLOAT16
#define CK_TILE bfloat16_tiles
#define CK_SUM vf
#define CK_UNIT float
#define CK_DOT CK_DOT_BFLOAT16
#include "tile.h"
#else
static const tile_function *const bfloat16_tiles = NULL;
#endif

// Exact on every processor: u8 · s8 products need 16 bits, and their sums are formed in 32.
#ifndef CK_DOT_INT8
INLINE vi dot_int8(vi sum, vi a, vi b) {
  for (int byte = 0; byte < 4; byte++) sum += ((a >> (8 * byte)) & 255) * ((b << (24 - 8 * byte)) >> 24);
  return sum;
}
#define CK_DOT_INT8 dot_int8
#endif
#define CK_TILE int8_tiles
#define CK_SUM vi
#define CK_UNIT int32_t
#define CK_DOT CK_DOT_INT8
#include "tile.h"

static const tile_function *tiles(ck_format format) {
  switch (format) {
    case CK_FLOAT32: return float32_tiles;
    case CK_BFLOAT16: return bfloat16_tiles;
    case CK_INT8: return int8_tiles;
  }
  return NULL;
}

static size_t unit_numbers(ck_format format) { return format == CK_FLOAT32 ? 1 : format == CK_BFLOAT16 ? 2 : 4; }
static size_t divided(size_t count, size_t size) { return (count + size - 1) / size; }

// Rows fall into tiles of nearly one height, so that no small rest is left over.
#define FOR_TILES(row, height, rows)                                                                                 \
  for (size_t row = 0, height, tiles_left = divided(rows, CK_TILE_ROWS);                                             \
       tiles_left && (height = divided((rows) - row, tiles_left)); row += height, tiles_left--)

// ---- Packing -------------------------------------------------------------------------------------------------------

// The column that lane `lane` of panel `panel` holds, or `columns` for none; with two matrices the right half of the
// lanes belongs to the second.
static size_t panel_column(size_t panel, size_t lane, bool gated, size_t columns) {
  size_t column = gated ? panel * W + lane % W : panel * PANEL + lane;
  return MIN(column, columns);
}

static size_t panel_count(size_t columns, bool gated) { return divided(columns, gated ? W : PANEL); }

static size_t packed_bytes(ck_format format, size_t columns, size_t taps, size_t width) {
  return divided(columns, PANEL) * taps * divided(width, unit_numbers(format)) * PANEL * 4;
}

static uint16_t bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static void pack_number(void *out, ck_format format, const void *weights, size_t index) {
  if (format == CK_INT8) {
    *(int8_t *)out = ((const int8_t *)weights)[index];
  } else if (format == CK_BFLOAT16) {
    *(uint16_t *)out = bfloat16(((const float *)weights)[index]);
  } else {
    *(float *)out = ((const float *)weights)[index];
  }
}

static void pack(void *panels, ck_format format, const void *weights, const void *gated, size_t columns, size_t taps,
                 size_t width) {
  size_t numbers = unit_numbers(format), units = divided(width, numbers), size = 4 / numbers;
  char *out = panels;
  for (size_t panel = 0; panel < panel_count(columns, gated); panel++)
    for (size_t tap = 0; tap < taps; tap++)
      for (size_t unit = 0; unit < units; unit++)
        for (size_t lane = 0; lane < PANEL; lane++) {
          size_t column = panel_column(panel, lane, gated, columns);
          const void *matrix = gated && lane >= W ? gated : weights;
          for (size_t number = 0; number < numbers; number++, out += size) {
            size_t i = unit * numbers + number;
            memset(out, 0, size);
            if (column < columns && i < width) pack_number(out, format, matrix, (column * taps + tap) * width + i);
          }
        }
}

static void pack_vector(void *packed, const void *vector, const void *gated, size_t columns) {
  uint32_t *out = packed;
  for (size_t panel = 0; panel < panel_count(columns, gated); panel++)
    for (size_t lane = 0; lane < PANEL; lane++) {
      size_t column = panel_column(panel, lane, gated, columns);
      const uint32_t *numbers = gated && lane >= W ? gated : vector;
      *out++ = column < columns ? numbers[column] : 0;
    }
}

// ---- Results -------------------------------------------------------------------------------------------------------

typedef uint8_t v8 __attribute__((vector_size(CK_WIDTH)));
typedef uint16_t v16 __attribute__((vector_size(CK_WIDTH * 2)));

// The upper halves are the nearest bfloat16 numbers, ties to even.
INLINE vu rounded_bfloat16(vf v) {
  vu bits = (vu)v;
  return bits + 0x7FFF + ((bits >> 16) & 1);
}

#ifndef CK_ROUND_BFLOAT16
#define CK_ROUND_BFLOAT16(v) __builtin_convertvector(rounded_bfloat16(v) >> 16, v16)
#endif
INLINE void store_bfloat16(char *out, vf v, size_t n) {
  v16 halves = CK_ROUND_BFLOAT16(v);
  if (__builtin_expect(n == W, 1)) memcpy(out, &halves, sizeof halves);
  else memcpy(out, &halves, 2 * n);
}

INLINE void store_int8(char *out, vf v, size_t n) {
  v = __builtin_elementwise_min(__builtin_elementwise_max(v, splat(0)), splat(255));
  v8 bytes = __builtin_convertvector((vi)(v + splat(8388608.0f)), v8);  // 2^23: adding it rounds to an integer
  if (__builtin_expect(n == W, 1)) memcpy(out, &bytes, sizeof bytes);
  else memcpy(out, &bytes, n);
}

/// A place in the results, as local numbers: what a store might have changed is not read again.
typedef struct {
  float *values;
  char *operand;
  size_t values_row, operand_row;
  bool is_int8;
  float scale, zero;
} sink;

INLINE size_t operand_bytes(const ck_operand *operand) { return operand->format == CK_INT8 ? 1 : 2; }

INLINE sink sink_at(const ck_results *results, size_t window, size_t row, size_t column) {
  const ck_operand *operand = &results->operand;
  size_t offset = window * operand->window + row * operand->row + column * operand_bytes(operand);
  return (sink){
      .values = results->values ? results->values + window * results->window + row * results->row + column : NULL,
      .operand = operand->data ? (char *)operand->data + offset : NULL,
      .values_row = results->row,
      .operand_row = operand->row,
      .is_int8 = operand->format == CK_INT8,
      .scale = operand->scale,
      .zero = operand->zero,
  };
}

// Row `r` on from the sink's place.
INLINE void put(const sink *to, size_t r, vf v, size_t n) {
  if (to->values) store(to->values + r * to->values_row, v, n);
  if (!to->operand) return;
  char *out = to->operand + r * to->operand_row;
  if (to->is_int8) store_int8(out, v * to->scale + to->zero, n);
  else store_bfloat16(out, v, n);
}

INLINE vf activated(vf v, const ck_activation activation) {
  return activation == CK_MISH ? mish(v) : activation == CK_SIGMOID ? logistic(v) : v;
}

// ---- Products ------------------------------------------------------------------------------------------------------

typedef struct {
  size_t window, row, height;  // of the tile
  size_t panel;
} tile_place;

// One vector of columns of a tile.
INLINE void finish_column(const ck_product_task *task, const tile_place *place, const vf (*sums)[2], size_t j,
                          size_t column, const size_t n, const ck_activation activation, const bool integers) {
  const sink to = sink_at(&task->results, place->window, place->row, column);
  const size_t height = place->height, lane = place->panel * PANEL + j * W, residual_row = task->results.row;
  const float *residual = task->residual;
  if (residual) residual += place->window * task->results.window + place->row * residual_row + column;
  vf scale[2], bias[2];
  if (integers)
    for (size_t i = 0; i < (activation == CK_GATED ? 2 : 1); i++) {
      scale[i] = load(task->weights.scale + lane + i * W, W);
      bias[i] = load(task->weights.bias + lane + i * W, W);
    }
  for (size_t r = 0; r < height; r++) {
    vf v = sums[r][j], gated = sums[r][1];
    if (integers) v = __builtin_convertvector((vi)v, vf) * scale[0] + bias[0];
    if (activation == CK_GATED) {
      if (integers) gated = __builtin_convertvector((vi)gated, vf) * scale[1] + bias[1];
      v = v * logistic(v) * gated;
    }
    if (residual) v += load(residual + r * residual_row, n);
    put(&to, r, activated(v, activation), n);
  }
}

INLINE void finish_tile_as(const ck_product_task *task, const tile_place *place, const vf (*sums)[2],
                           const ck_activation activation, const bool integers) {
  const size_t first = place->panel * (activation == CK_GATED ? W : PANEL), columns = task->weights.columns;
  for (size_t j = 0; j < (activation == CK_GATED ? 1 : 2) && first + j * W < columns; j++) {
    size_t column = first + j * W, n = MIN(columns - column, W);
    if (n == W) finish_column(task, place, sums, j, column, W, activation, integers);
    else finish_column(task, place, sums, j, column, n, activation, integers);
  }
}

static void finish(const ck_product_task *task, const tile_place *place, const vf (*sums)[2]) {
#define FINISH(activation)                                                                                           \
  case activation:                                                                                                   \
    if (task->format == CK_INT8) finish_tile_as(task, place, sums, activation, true);                                   \
    else finish_tile_as(task, place, sums, activation, false);                                                          \
    break;
  switch (task->activation) {
    FINISH(CK_IDENTITY)
    FINISH(CK_MISH)
    FINISH(CK_SIGMOID)
    FINISH(CK_GATED)
  }
#undef FINISH
}

// Panels in the outer loop: weights come from far and are read once, rows are near and read often.
static void product(const ck_product_task *task) {
  const tile_function *const run = tiles(task->format);
  const size_t panel_bytes = task->rows.taps * task->rows.units * PANEL * 4;
  const size_t panels = panel_count(task->weights.columns, task->activation == CK_GATED);
  vf sums[CK_TILE_ROWS][2];
  for (size_t panel = 0; panel < panels; panel++) {
    const char *weights = (const char *)task->weights.panels + panel * panel_bytes;
    const char *initial = (const char *)task->weights.initial + panel * PANEL * 4;
    for (size_t window = 0; window < task->windows; window++)
      FOR_TILES(row, height, task->height) {
        const char *left = (const char *)task->left + window * task->window + row * task->rows.row;
        run[height](sums, left, &task->rows, weights, initial);
        tile_place place = {window, row, height, panel};
        finish(task, &place, (const vf(*)[2])sums);
      }
  }
}

// ---- Winograd's convolution ----------------------------------------------------------------------------------------

#define WINOGRAD_IN 6
#define WINOGRAD_OUT 4
#define MOST_CHANNELS 4096
static const float zero_row[MOST_CHANNELS];

// Rows with the same remainder by the dilation are a phase, convolved by themselves: phase by phase, four outputs a tile.
static size_t phase_tiles(size_t length, size_t dilation, size_t phase) {
  return phase < length ? divided(divided(length - phase, dilation), WINOGRAD_OUT) : 0;
}

static size_t window_tiles(size_t length, size_t dilation) {
  size_t count = 0;
  for (size_t phase = 0; phase < dilation; phase++) count += phase_tiles(length, dilation, phase);
  return count;
}

static size_t winograd_scratch(ck_format format, size_t windows, size_t length, size_t channels, size_t dilation) {
  return WINOGRAD_IN * windows * window_tiles(length, dilation) * divided(channels, unit_numbers(format)) * 4;
}

INLINE void put_transformed(char *out, size_t index, vf v, size_t n, ck_format format) {
  if (format == CK_BFLOAT16) store_bfloat16(out + 2 * index, v, n);
  else store((float *)out + index, v, n);
}

// The six input rows of the tile whose first output is row `start` of a window.
INLINE void tile_inputs(const float **rows, const float *x, size_t start, size_t length, size_t channels,
                        size_t dilation) {
  for (size_t j = 0; j < WINOGRAD_IN; j++) {
    size_t row = start + j * dilation;  // one dilation further than the row that is read
    bool inside = row >= dilation && row - dilation < length;
    rows[j] = inside ? x + (row - dilation) * channels : zero_row;
  }
}

// Winograd's transform of six rows, the columns from c on.
INLINE void transform_inputs(const float *const *rows, size_t c, size_t n, vf *out) {
  vf a = load(rows[0] + c, n), b = load(rows[1] + c, n), d = load(rows[2] + c, n);
  vf e = load(rows[3] + c, n), f = load(rows[4] + c, n), g = load(rows[5] + c, n);
  vf even = f - d * 4.0f, odd = e - b * 4.0f, wide = f - d, far = (e - b) * 2.0f;
  out[0] = a * 4.0f + (f - d * 5.0f);
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = wide + far;
  out[4] = wide - far;
  out[5] = b * 4.0f + (g - e * 5.0f);
}

// The six transformed rows of the tile whose first output is row `start` of a window, each `plane` bytes apart.
INLINE void transform_tile(const ck_winograd_task *task, const float *x, size_t start, char *out, size_t plane,
                           const ck_format format) {
  const float *rows[WINOGRAD_IN];
  tile_inputs(rows, x, start, task->length, task->channels, task->dilation);
  FOR_LANES(c, n, task->channels) {
    vf transformed[WINOGRAD_IN];
    transform_inputs(rows, c, n, transformed);
    for (size_t j = 0; j < WINOGRAD_IN; j++) put_transformed(out + j * plane, c, transformed[j], n, format);
  }
}

static void transform_rows(const ck_winograd_task *task, size_t row_bytes, size_t plane) {
  char *out = task->scratch;
  for (size_t window = 0; window < task->windows; window++) {
    const float *x = task->left + window * task->window;
    for (size_t phase = 0; phase < task->dilation; phase++)
      for (size_t tile = 0; tile < phase_tiles(task->length, task->dilation, phase); tile++, out += row_bytes) {
        size_t start = phase + tile * WINOGRAD_OUT * task->dilation;
        if (task->format == CK_BFLOAT16) transform_tile(task, x, start, out, plane, CK_BFLOAT16);
        else transform_tile(task, x, start, out, plane, CK_FLOAT32);
      }
  }
}

// A walk over all tiles in the order in which transform_rows left them.
typedef struct {
  size_t window, phase, tile;
} tile_walk;

static void step(tile_walk *walk, const ck_winograd_task *task) {
  walk->tile++;
  while (walk->window < task->windows && walk->tile >= phase_tiles(task->length, task->dilation, walk->phase)) {
    walk->tile = 0;
    if (++walk->phase == task->dilation) walk->phase = 0, walk->window++;
  }
}

INLINE void finish_tile(const ck_winograd_task *task, const tile_walk *walk, const vf (*sums)[CK_TILE_ROWS][2],
                        size_t r, size_t panel, const ck_activation activation) {
  const ck_weights *weights = &task->weights;
  const size_t columns = weights->columns, start = walk->phase + walk->tile * WINOGRAD_OUT * task->dilation;
  for (size_t j = 0; j < 2 && panel * PANEL + j * W < columns; j++) {
    size_t column = panel * PANEL + j * W, n = MIN(columns - column, W);
    vf bias = load((const float *)weights->initial + column, W);
    vf sum = sums[1][r][j] + sums[2][r][j], difference = sums[1][r][j] - sums[2][r][j];
    vf far_sum = sums[3][r][j] + sums[4][r][j], far_difference = sums[3][r][j] - sums[4][r][j];
    vf outputs[WINOGRAD_OUT] = {
        sums[0][r][j] + sum + far_sum + bias,
        difference + far_difference * 2.0f + bias,
        sum + far_sum * 4.0f + bias,
        difference + far_difference * 8.0f + sums[5][r][j] + bias,
    };
    const sink to = sink_at(&task->results, walk->window, start, column);
    const size_t step = task->dilation, row = task->results.row;
    const float *residual = task->residual;
    if (residual) residual += walk->window * task->results.window + start * row + column;
    CK_UNROLL for (size_t i = 0; i < WINOGRAD_OUT; i++) {
      if (start + i * step >= task->length) break;
      if (residual) outputs[i] += load(residual + i * step * row, n);
      put(&to, i * step, activated(outputs[i], activation), n);
    }
  }
}

static void winograd(const ck_winograd_task *task) {
  const size_t units = divided(task->channels, unit_numbers(task->format)), row_bytes = units * 4;
  const size_t count = task->windows * window_tiles(task->length, task->dilation), plane = count * row_bytes;
  const size_t matrix = packed_bytes(task->format, task->weights.columns, 1, task->channels);
  const tile_function *const run = tiles(task->format);
  const ck_rows rows = {.row = row_bytes, .taps = 1, .tap = 0, .units = units};
  static const float nothing[PANEL];
  vf sums[WINOGRAD_IN][CK_TILE_ROWS][2];
  transform_rows(task, row_bytes, plane);
  const size_t panel_bytes = units * PANEL * 4;
  for (size_t panel = 0; panel < panel_count(task->weights.columns, false); panel++) {
    tile_walk walk = {0, 0, 0};
    FOR_TILES(row, height, count) {
      for (size_t j = 0; j < WINOGRAD_IN; j++) {
        const char *weights = (const char *)task->weights.panels + j * matrix + panel * panel_bytes;
        run[height](sums[j], (const char *)task->scratch + j * plane + row * row_bytes, &rows, weights, nothing);
      }
      for (size_t r = 0; r < height; r++, step(&walk, task)) {
        const vf(*tile)[CK_TILE_ROWS][2] = (const vf(*)[CK_TILE_ROWS][2])sums;
        if (task->activation == CK_MISH) finish_tile(task, &walk, tile, r, panel, CK_MISH);
        else finish_tile(task, &walk, tile, r, panel, CK_IDENTITY);
      }
    }
  }
}

// ---- Attention -----------------------------------------------------------------------------------------------------

// Keys and values of a head as packed weights, and the scores of a tile of queries, panel after panel:
// [panel][CK_TILE_ROWS][2 W]. A later product reads a row of scores as one tap a panel.
typedef struct {
  char *keys, *values, *queries;
  float *scores;
  char *weights;  // the scores after softmax, as a left factor
} attention_memory;

static size_t aligned(size_t bytes) { return divided(bytes, 64) * 64; }

static size_t lay_attention(attention_memory *memory, ck_format format, size_t tokens, size_t dim, char *base) {
  size_t panels = divided(tokens, PANEL), scores = panels * CK_TILE_ROWS * PANEL * 4, used = 0;
  memory->keys = base + used, used += aligned(packed_bytes(format, tokens, 1, dim));
  memory->values = base + used, used += aligned(packed_bytes(format, dim, 1, panels * PANEL));
  memory->queries = base + used, used += aligned(CK_TILE_ROWS * divided(dim, unit_numbers(format)) * 4);
  memory->scores = (float *)(base + used), used += aligned(scores);
  memory->weights = base + used, used += format == CK_FLOAT32 ? 0 : aligned(scores / unit_numbers(format));
  if (format == CK_FLOAT32) memory->weights = (char *)memory->scores;
  return used;
}

static size_t attention_scratch(ck_format format, size_t tokens, size_t dim) {
  attention_memory memory;
  return lay_attention(&memory, format, tokens, dim, NULL);
}

// A row as units: as it lies, or rounded into `rounded`.
INLINE const uint32_t *row_units(const float *row, size_t dim, ck_format format, uint16_t *rounded) {
  if (format == CK_FLOAT32) return (const uint32_t *)row;
  FOR_LANES(i, n, dim) store_bfloat16((char *)(rounded + i), load(row + i, n), n);
  if (dim % 2) rounded[dim] = 0;
  return (const uint32_t *)rounded;
}

// Rows become columns: a unit of each of 2 W rows side by side. `rounded` takes a row as bfloat16.
static void pack_keys(void *packed, ck_format format, const float *keys, size_t row, size_t valid, size_t dim,
                      uint16_t *rounded) {
  const size_t units = divided(dim, unit_numbers(format));
  uint32_t *out = packed;
  for (size_t first = 0; first < valid; first += PANEL, out += units * PANEL)
    for (size_t lane = 0; lane < PANEL; lane++) {
      if (first + lane >= valid) {
        for (size_t i = 0; i < units; i++) out[i * PANEL + lane] = 0;
        continue;
      }
      const uint32_t *key = row_units(keys + (first + lane) * row, dim, format, rounded);
      // Scattering stores are slower than plain ones.
      _Pragma("clang loop vectorize(disable)") for (size_t i = 0; i < units; i++)
        memcpy(out + i * PANEL + lane, key + i, 4);
    }
}

INLINE vf value_lanes(const ck_attention_task *task, size_t token, size_t column) {
  if (token >= task->valid || column >= task->dim) return splat(0);
  return load(task->values + token * task->row + column, MIN(task->dim - column, W));
}

// Values are columns already: tokens are the units.
static void pack_values(const ck_attention_task *task, const attention_memory *memory) {
  char *packed = memory->values;
  const size_t numbers = unit_numbers(task->format), tokens = divided(task->valid, PANEL) * PANEL;
  for (size_t first = 0; first < task->dim; first += PANEL)
    for (size_t token = 0; token < tokens; token += numbers)
      for (size_t column = first; column < first + PANEL; column += W, packed += W * 4) {
        vf v = value_lanes(task, token, column);
        if (task->format == CK_BFLOAT16) {
          vu next = rounded_bfloat16(value_lanes(task, token + 1, column));
          v = (vf)((rounded_bfloat16(v) >> 16) | (next & 0xFFFF0000));
        }
        memcpy(packed, &v, sizeof v);
      }
}

INLINE vi lanes_below(size_t limit) {
  vi lane;
  for (size_t i = 0; i < W; i++) lane[i] = (int32_t)i;
  return lane < (vi){0} + (int32_t)MIN(limit, W);
}

INLINE vf either(vi choose, vf yes, vf no) { return (vf)(((vi)yes & choose) | ((vi)no & ~choose)); }

// The number of a panel's lanes from `lane` on that hold valid keys.
INLINE vi valid_lanes(const ck_attention_task *task, size_t panel, size_t lane) {
  size_t key = panel * PANEL + lane;
  return lanes_below(key < task->valid ? task->valid - key : 0);
}

// The factors of dropout for the weights of `query` for the keys from `key` on.
INLINE vf weight_dropout(const ck_dropout_rate *rate, size_t query, size_t key, size_t tokens) {
  return dropped(splat(1), *rate, (uint32_t)(query * tokens + key));
}

// e^(scale · (score − largest)) of the row of query `first` + r, 0 for keys past the valid ones, as a left factor, after
// dropout; returns the inverse of the sum.
INLINE float exponentiate_row(const ck_attention_task *task, const attention_memory *memory, size_t first, size_t r,
                              const ck_format format) {
  const size_t panels = divided(task->valid, PANEL), whole = task->valid / PANEL;
  const size_t size = 4 / unit_numbers(format);
  float *row = memory->scores + r * PANEL;
  vf largest[2] = {splat(-INFINITY), splat(-INFINITY)}, sums[2] = {splat(0), splat(0)};
  for (size_t panel = 0; panel < panels; panel++)
    for (size_t j = 0; j < 2; j++) {
      vf scores = load(row + panel * CK_TILE_ROWS * PANEL + j * W, W);
      if (panel >= whole) scores = either(valid_lanes(task, panel, j * W), scores, splat(-INFINITY));
      largest[j] = __builtin_elementwise_max(largest[j], scores);
    }
  const float scale = task->scale, most = horizontal_max(__builtin_elementwise_max(largest[0], largest[1])) * scale;
  char *out = memory->weights + r * PANEL * size;
  for (size_t panel = 0; panel < panels; panel++)
    for (size_t j = 0; j < 2; j++) {
      vf x = load(row + panel * CK_TILE_ROWS * PANEL + j * W, W) * scale - most;
      vf e = exponential_within(__builtin_elementwise_max(x, splat(-87.0f)));
      if (panel >= whole) e = either(valid_lanes(task, panel, j * W), e, splat(0));
      sums[j] += e;
      if (task->dropout.keep < 1) e *= weight_dropout(&task->dropout, first + r, panel * PANEL + j * W, task->tokens);
      put_transformed(out + (panel * CK_TILE_ROWS * PANEL + j * W) * size, 0, e, W, format);
    }
  float sum = horizontal_sum(sums[0] + sums[1]);
  if (task->log_sums) task->log_sums[first + r] = most + logf(sum);
  return 1 / sum;
}

// The queries of a tile as a left factor: as they lie, or rounded to bfloat16.
static const void *tile_queries(const ck_attention_task *task, const attention_memory *memory, size_t first,
                                size_t height, ck_rows *rows) {
  const float *queries = task->queries + first * task->row;
  *rows = (ck_rows){.row = task->row * 4, .taps = 1, .tap = 0, .units = divided(task->dim, unit_numbers(task->format))};
  if (task->format == CK_FLOAT32) return queries;
  rows->row = rows->units * 4;
  for (size_t r = 0; r < height; r++)
    row_units(queries + r * task->row, task->dim, task->format, (uint16_t *)(memory->queries + r * rows->row));
  return memory->queries;
}

static void attend_tile(const ck_attention_task *task, const attention_memory *memory, size_t first, size_t height) {
  static const float nothing[PANEL];
  const tile_function *const run = tiles(task->format);
  const size_t numbers = unit_numbers(task->format), panels = divided(task->valid, PANEL);
  ck_rows rows;
  const void *queries = tile_queries(task, memory, first, height, &rows);
  for (size_t panel = 0; panel < panels; panel++)
    run[height](memory->scores + panel * CK_TILE_ROWS * PANEL, queries, &rows,
                memory->keys + panel * rows.units * PANEL * 4, nothing);
  float inverse[CK_TILE_ROWS];
  for (size_t r = 0; r < height; r++)
    inverse[r] = task->format == CK_FLOAT32 ? exponentiate_row(task, memory, first, r, CK_FLOAT32)
                                            : exponentiate_row(task, memory, first, r, CK_BFLOAT16);
  rows = (ck_rows){.row = PANEL * 4 / numbers, .taps = panels, .tap = CK_TILE_ROWS * PANEL * 4 / numbers,
                   .units = PANEL / numbers};
  for (size_t panel = 0; panel * PANEL < task->dim; panel++) {
    vf sums[CK_TILE_ROWS][2];
    run[height](sums, memory->weights, &rows, memory->values + panel * panels * PANEL / numbers * PANEL * 4, nothing);
    for (size_t j = 0; j < 2 && panel * PANEL + j * W < task->dim; j++) {
      size_t column = panel * PANEL + j * W, n = MIN(task->dim - column, W);
      const sink to = sink_at(&task->results, 0, first, column);
      for (size_t r = 0; r < height; r++) put(&to, r, sums[r][j] * inverse[r], n);
    }
  }
}

static void attention(const ck_attention_task *task) {
  attention_memory memory;
  lay_attention(&memory, task->format, task->tokens, task->dim, task->scratch);
  pack_keys(memory.keys, task->format, task->keys, task->row, task->valid, task->dim, (uint16_t *)memory.queries);
  pack_values(task, &memory);
  FOR_TILES(first, height, task->tokens) attend_tile(task, &memory, first, height);
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

#define ROWS_AT_ONCE 16
static void normalise(const ck_results *results, const float *x, const float *weight, size_t rows, size_t columns) {
  for (size_t first = 0; first < rows; first += ROWS_AT_ONCE) {
    const size_t count = MIN(rows - first, ROWS_AT_ONCE);
    float inverse[ROWS_AT_ONCE] = {0};
    for (size_t r = 0; r < count; r++) {
      vf squares = splat(0);
      FOR_LANES(c, n, columns) {
        vf v = load(x + (first + r) * columns + c, n);
        squares += v * v;
      }
      inverse[r] = horizontal_sum(squares);
    }
    for (size_t r = 0; r < ROWS_AT_ONCE; r++) inverse[r] = 1 / sqrtf(inverse[r] / (float)columns + 1e-6f);
    FOR_LANES(c, n, columns) {
      const sink to = sink_at(results, 0, first, c);
      vf w = load(weight + c, n);
      for (size_t r = 0; r < count; r++) put(&to, r, load(x + (first + r) * columns + c, n) * inverse[r] * w, n);
    }
  }
}

static void convert(const ck_results *results, const float *x, size_t rows, size_t columns) {
  FOR_LANES(c, n, columns) {
    const sink to = sink_at(results, 0, 0, c);
    for (size_t r = 0; r < rows; r++) put(&to, r, load(x + r * columns + c, n), n);
  }
}

static void excite(const ck_results *results, const float *x, const float *gate, const float *residual,
                   size_t residual_row, size_t rows, size_t columns) {
  FOR_LANES(c, n, columns) {
    const sink to = sink_at(results, 0, 0, c);
    vf g = load(gate + c, n);
    for (size_t r = 0; r < rows; r++)
      put(&to, r, mish(load(x + r * columns + c, n) * g + load(residual + r * residual_row + c, n)), n);
  }
}

static void score(float *scores, const float *x, size_t row, const float *weight, float bias, size_t rows,
                  size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    vf sum = splat(0);
    FOR_LANES(c, n, columns) sum += load(x + r * row + c, n) * load(weight + c, n);
    scores[r] = horizontal_sum(sum) + bias;
  }
}

static void weighted_sum(float *out, const float *weights, const float *x, size_t rows, size_t columns) {
  FOR_LANES(c, n, columns) {
    vf sum = splat(0);
    for (size_t r = 0; r < rows; r++) sum += load(x + r * columns + c, n) * weights[r];
    store(out + c, sum, n);
  }
}

static size_t peak(ck_format format, size_t count) {
  static const int32_t factors[2 * W];
  vf sums[CK_PEAK_SUMS];
  for (size_t i = 0; i < CK_PEAK_SUMS; i++) sums[i] = splat((float)i);
  switch (format) {
    case CK_FLOAT32: float32_tiles_peak(sums, factors, count); break;
    case CK_INT8: int8_tiles_peak(sums, factors, count); break;
    case CK_BFLOAT16:
#ifdef CK_DOT_BFLOAT16
      bfloat16_tiles_peak(sums, factors, count);
      break;
#else
      return 0;
#endif
  }
  return count * CK_PEAK_SUMS * W * unit_numbers(format);
}

#include "training.h"

const ck_serving_table CK_SERVING_TABLE = {
    .lanes = W,
#ifdef CK_DOT_BFLOAT16
    .has_bfloat16 = true,
#endif
    CK_SERVING_KERNELS(CK_ENTRY) CK_TRAINING_KERNELS(CK_ENTRY)};
