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

INLINE void store_operand(const ck_operand *operand, size_t window, size_t row, size_t column, vf v, size_t n) {
  char *out = (char *)operand->data + window * operand->window + row * operand->row;
  if (operand->format == CK_INT8) {
    v = __builtin_elementwise_min(__builtin_elementwise_max(v * operand->scale + operand->zero, splat(0)), splat(255));
    v8 bytes = __builtin_convertvector((vi)(v + splat(8388608.0f)) & 255, v8);  // 2^23: adding it rounds to an integer
    memcpy(out + column, &bytes, n == W ? sizeof bytes : n);
  } else {
    v16 halves = __builtin_convertvector(rounded_bfloat16(v) >> 16, v16);
    memcpy(out + 2 * column, &halves, n == W ? sizeof halves : 2 * n);
  }
}

INLINE void put(const ck_results *results, size_t window, size_t row, size_t column, vf v, size_t n) {
  if (results->values) store(results->values + window * results->window + row * results->row + column, v, n);
  if (results->operand.data) store_operand(&results->operand, window, row, column, v, n);
}

INLINE vf activated(vf v, const ck_activation activation) {
  return activation == CK_MISH ? mish(v) : activation == CK_SIGMOID ? logistic(v) : v;
}

// ---- Products ------------------------------------------------------------------------------------------------------

typedef struct {
  size_t window, row, height;  // of the tile
  size_t panel;
} tile_place;

INLINE vf residual_at(const ck_product_task *task, const tile_place *place, size_t r, size_t column, size_t n) {
  const ck_results *results = &task->results;
  return load(task->residual + place->window * results->window + (place->row + r) * results->row + column, n);
}

INLINE void finish_rows(const ck_product_task *task, const tile_place *place, const vf (*sums)[2],
                        const ck_activation activation, const bool integers) {
  const ck_weights *weights = &task->weights;
  const size_t first = place->panel * (activation == CK_GATED ? W : PANEL);
  const size_t vectors = activation == CK_GATED || weights->columns - first <= W ? 1 : 2;
  vf scale[2], bias[2];
  if (integers)
    for (size_t j = 0; j < 2; j++) {
      scale[j] = load(weights->scale + place->panel * PANEL + j * W, W);
      bias[j] = load(weights->bias + place->panel * PANEL + j * W, W);
    }
  for (size_t r = 0; r < place->height; r++) {
    vf v[2] = {sums[r][0], sums[r][1]};
    if (integers)
      for (size_t j = 0; j < 2; j++) v[j] = __builtin_convertvector((vi)v[j], vf) * scale[j] + bias[j];
    if (activation == CK_GATED) v[0] = v[0] * logistic(v[0]) * v[1];
    for (size_t j = 0; j < vectors; j++) {
      size_t column = first + j * W, n = MIN(weights->columns - column, W);
      if (task->residual) v[j] += residual_at(task, place, r, column, n);
      put(&task->results, place->window, place->row + r, column, activated(v[j], activation), n);
    }
  }
}

static void finish(const ck_product_task *task, const tile_place *place, const vf (*sums)[2]) {
#define FINISH(activation)                                                                                           \
  case activation:                                                                                                   \
    if (task->format == CK_INT8) finish_rows(task, place, sums, activation, true);                                   \
    else finish_rows(task, place, sums, activation, false);                                                          \
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
  if (format == CK_BFLOAT16) {
    v16 halves = __builtin_convertvector(rounded_bfloat16(v) >> 16, v16);
    memcpy(out + 2 * index, &halves, n == W ? sizeof halves : 2 * n);
  } else {
    store((float *)out + index, v, n);
  }
}

// The six transformed rows of the tile whose first output is row `start` of a window, each `plane` bytes apart.
INLINE void transform_tile(const ck_winograd_task *task, const float *x, size_t start, char *out, size_t plane,
                           const ck_format format) {
  static const float zeros[MOST_CHANNELS];
  const float *rows[WINOGRAD_IN];
  for (size_t j = 0; j < WINOGRAD_IN; j++) {
    size_t row = start + j * task->dilation;  // one dilation further than the row that is read
    bool inside = row >= task->dilation && row - task->dilation < task->length;
    rows[j] = inside ? x + (row - task->dilation) * task->channels : zeros;
  }
  FOR_LANES(c, n, task->channels) {
    vf a = load(rows[0] + c, n), b = load(rows[1] + c, n), d = load(rows[2] + c, n);
    vf e = load(rows[3] + c, n), f = load(rows[4] + c, n), g = load(rows[5] + c, n);
    vf even = f - d * 4.0f, odd = e - b * 4.0f, wide = f - d, far = (e - b) * 2.0f;
    put_transformed(out + 0 * plane, c, a * 4.0f + (f - d * 5.0f), n, format);
    put_transformed(out + 1 * plane, c, even + odd, n, format);
    put_transformed(out + 2 * plane, c, even - odd, n, format);
    put_transformed(out + 3 * plane, c, wide + far, n, format);
    put_transformed(out + 4 * plane, c, wide - far, n, format);
    put_transformed(out + 5 * plane, c, b * 4.0f + (g - e * 5.0f), n, format);
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
    for (size_t i = 0; i < WINOGRAD_OUT && start + i * task->dilation < task->length; i++)
      put(&task->results, walk->window, start + i * task->dilation, column, activated(outputs[i], activation), n);
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

// Numbers 2 i and 2 i + 1 of a row as one unit of two bfloat16; zero past `count`.
static uint32_t bfloat16_pair(const float *row, size_t i, size_t count) {
  uint32_t second = 2 * i + 1 < count ? bfloat16(row[2 * i + 1]) : 0;
  return bfloat16(row[2 * i]) | second << 16;
}

// Keys become columns: a unit of each of 2 W keys side by side.
static void pack_keys(const ck_attention_task *task, char *packed) {
  const size_t units = divided(task->dim, unit_numbers(task->format));
  uint32_t *out = (uint32_t *)packed;
  for (size_t first = 0; first < task->valid; first += PANEL, out += units * PANEL)
    for (size_t lane = 0; lane < PANEL; lane++) {
      const float *row = task->keys + (first + lane) * task->row;
      if (first + lane >= task->valid)
        for (size_t i = 0; i < units; i++) out[i * PANEL + lane] = 0;
      else if (task->format == CK_FLOAT32)
        for (size_t i = 0; i < units; i++) memcpy(out + i * PANEL + lane, row + i, 4);
      else
        for (size_t i = 0; i < units; i++) out[i * PANEL + lane] = bfloat16_pair(row, i, task->dim);
    }
}

INLINE vf value_lanes(const ck_attention_task *task, size_t token, size_t column) {
  if (token >= task->valid || column >= task->dim) return splat(0);
  return load(task->values + token * task->row + column, MIN(task->dim - column, W));
}

// Values are columns already: tokens are the units.
static void pack_values(const ck_attention_task *task, char *packed) {
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

// e^(scale · (score − largest)) of one row in place of its scores, 0 for keys past the valid ones; returns the sum.
static float exponentiate_row(const ck_attention_task *task, const attention_memory *memory, size_t r) {
  const size_t vectors = divided(task->valid, W), panels = divided(task->valid, PANEL);
  float *row = memory->scores + r * PANEL;
#define SCORES(vector) (row + (vector) / 2 * CK_TILE_ROWS * PANEL + (vector) % 2 * W)
  vf largest = splat(-INFINITY), sums = splat(0);
  for (size_t i = 0; i < vectors; i++) {
    vf scores = load(SCORES(i), W);
    if (i + 1 == vectors) scores = either(lanes_below(task->valid - i * W), scores, splat(-INFINITY));
    largest = __builtin_elementwise_max(largest, scores);
  }
  const float most = horizontal_max(largest);
  for (size_t i = 0; i < 2 * panels; i++) {
    vf e = splat(0);
    if (i < vectors) e = exponential((load(SCORES(i), W) - most) * task->scale);
    if (i + 1 == vectors) e = either(lanes_below(task->valid - i * W), e, splat(0));
    sums += e;
    if (task->format == CK_FLOAT32) {
      store(SCORES(i), e, W);
    } else {
      size_t index = i / 2 * CK_TILE_ROWS * PANEL + r * PANEL + i % 2 * W;
      put_transformed(memory->weights, index, e, W, CK_BFLOAT16);
    }
  }
#undef SCORES
  return horizontal_sum(sums);
}

// The queries of a tile as a left factor: as they lie, or rounded to bfloat16.
static const void *tile_queries(const ck_attention_task *task, const attention_memory *memory, size_t first,
                                size_t height, ck_rows *rows) {
  const float *queries = task->queries + first * task->row;
  *rows = (ck_rows){.row = task->row * 4, .taps = 1, .tap = 0, .units = divided(task->dim, unit_numbers(task->format))};
  if (task->format == CK_FLOAT32) return queries;
  rows->row = rows->units * 4;
  for (size_t r = 0; r < height; r++)
    FOR_LANES(i, n, task->dim)
      put_transformed(memory->queries + r * rows->row, i, load(queries + r * task->row + i, n), n, CK_BFLOAT16);
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
  for (size_t r = 0; r < height; r++) inverse[r] = 1 / exponentiate_row(task, memory, r);
  rows = (ck_rows){.row = PANEL * 4 / numbers, .taps = panels, .tap = CK_TILE_ROWS * PANEL * 4 / numbers,
                   .units = PANEL / numbers};
  for (size_t panel = 0; panel * PANEL < task->dim; panel++) {
    vf sums[CK_TILE_ROWS][2];
    run[height](sums, memory->weights, &rows, memory->values + panel * panels * PANEL / numbers * PANEL * 4, nothing);
    for (size_t r = 0; r < height; r++)
      for (size_t j = 0; j < 2 && panel * PANEL + j * W < task->dim; j++) {
        size_t column = panel * PANEL + j * W, n = MIN(task->dim - column, W);
        put(&task->results, 0, first + r, column, sums[r][j] * inverse[r], n);
      }
  }
}

static void attention(const ck_attention_task *task) {
  attention_memory memory;
  lay_attention(&memory, task->format, task->tokens, task->dim, task->scratch);
  pack_keys(task, memory.keys);
  pack_values(task, memory.values);
  FOR_TILES(first, height, task->tokens) attend_tile(task, &memory, first, height);
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

static void normalise(const ck_results *results, const float *x, const float *weight, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    vf squares = splat(0);
    FOR_LANES(c, n, columns) {
      vf v = load(row + c, n);
      squares += v * v;
    }
    float inverse = 1 / sqrtf(horizontal_sum(squares) / (float)columns + 1e-6f);
    FOR_LANES(c, n, columns) put(results, 0, r, c, load(row + c, n) * inverse * load(weight + c, n), n);
  }
}

static void convert(const ck_results *results, const float *x, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    FOR_LANES(c, n, columns) put(results, 0, r, c, load(x + r * columns + c, n), n);
}

static void excite(const ck_results *results, const float *x, const float *gate, const float *residual,
                   size_t residual_row, size_t rows, size_t columns) {
  FOR_LANES(c, n, columns) {
    vf g = load(gate + c, n);
    for (size_t r = 0; r < rows; r++) {
      vf v = load(x + r * columns + c, n) * g + load(residual + r * residual_row + c, n);
      put(results, 0, r, c, mish(v), n);
    }
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

const ck_serving_table CK_SERVING_TABLE = {
    .lanes = W,
#ifdef CK_DOT_BFLOAT16
    .has_bfloat16 = true,
#endif
    CK_SERVING_KERNELS(CK_ENTRY)};
