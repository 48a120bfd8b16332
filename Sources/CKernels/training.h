// The kernels of training, included after the serving kernels by which they are made.

// ---- Packing -------------------------------------------------------------------------------------------------------

// A row of `width` numbers, one unit to each unit of a panel's lane.
INLINE void put_lane(char *lane, const float *row, size_t width, const ck_format format) {
  if (format == CK_FLOAT32) {
    // Scattering stores are slower than plain ones.
    _Pragma("clang loop vectorize(disable)") for (size_t i = 0; i < width; i++)
      memcpy(lane + i * PANEL * 4, row + i, 4);
  } else {
    _Pragma("clang loop vectorize(disable)") for (size_t i = 0; i < width; i += 2) {
      uint32_t unit = bfloat16(row[i]) | (i + 1 < width ? (uint32_t)bfloat16(row[i + 1]) << 16 : 0);
      memcpy(lane + i / 2 * PANEL * 4, &unit, 4);
    }
  }
}

INLINE void clear_lanes(char *panel, size_t first, size_t units) {
  for (size_t i = 0; first < PANEL && i < units; i++) memset(panel + (i * PANEL + first) * 4, 0, (PANEL - first) * 4);
}

static void pack_columns(void *panels, ck_format format, const float *weights, size_t columns, size_t width) {
  const size_t units = divided(width, unit_numbers(format));
  char *panel = panels;
  for (size_t first = 0; first < columns; first += PANEL, panel += units * PANEL * 4) {
    const size_t count = MIN(columns - first, PANEL);
    for (size_t lane = 0; lane < count; lane++)
      put_lane(panel + lane * 4, weights + (first + lane) * width, width, format);
    clear_lanes(panel, count, units);
  }
}

// Number `index` of a unit's lanes; the numbers of a unit come one after the other.
INLINE void put_number(char *unit, vf v, size_t n, size_t index, const ck_format format) {
  if (format == CK_FLOAT32) {
    store((float *)unit, v, n);
  } else if (index == 0) {
    store((float *)unit, (vf)(rounded_bfloat16(v) >> 16), n);
  } else {
    store((float *)unit, (vf)((vu)load((float *)unit, n) | (rounded_bfloat16(v) & 0xFFFF0000)), n);
  }
}

INLINE vf pair(vf first, vf second) {
  return (vf)((rounded_bfloat16(first) >> 16) | (rounded_bfloat16(second) & 0xFFFF0000));
}

static void pack_rows(void *panels, size_t panel, ck_format format, const float *x, size_t row, size_t rows,
                      size_t columns) {
  const size_t numbers = unit_numbers(format);
  for (size_t first = 0; first < divided(columns, PANEL) * PANEL; first += W) {
    const size_t n = first < columns ? MIN(columns - first, W) : 0;
    char *out = (char *)panels + first / PANEL * panel + first % PANEL * 4;
    for (size_t r = 0; r < rows; r += numbers, out += PANEL * 4) {
      vf v = n ? load(x + r * row + first, n) : splat(0);
      if (format == CK_BFLOAT16) v = pair(v, n && r + 1 < rows ? load(x + (r + 1) * row + first, n) : splat(0));
      memcpy(out, &v, sizeof v);
    }
  }
}

static void interleave_rows(void *out, const float *x, size_t row, size_t rows, size_t columns) {
  float *units = out;
  for (size_t r = 0; r < rows; r += 2, units += columns)
    FOR_LANES(c, n, columns) {
      vf second = r + 1 < rows ? load(x + (r + 1) * row + c, n) : splat(0);
      store(units + c, pair(load(x + r * row + c, n), second), n);
    }
}

// G · g of one column's taps [3, channels], from lane c on.
INLINE void transform_taps(const float *taps, size_t channels, size_t c, size_t n, bool mirrored, vf *out) {
  vf a = load(taps + c, n), b = load(taps + channels + c, n), d = load(taps + 2 * channels + c, n);
  if (mirrored) {
    vf first = a;
    a = d, d = first;
  }
  vf ends = (a + d) * (1.0f / 6), far = a * (1.0f / 24) + d * (1.0f / 6);
  out[0] = a * 0.25f;
  out[1] = b * (-1.0f / 6) - ends;
  out[2] = b * (1.0f / 6) - ends;
  out[3] = far + b * (1.0f / 12);
  out[4] = far - b * (1.0f / 12);
  out[5] = d;
}

// Columns are lanes: the transforms of a column are formed as rows, and each goes to its lane.
static void winograd_pack_forward(char *out, ck_format format, const float *weights, size_t columns, size_t channels,
                                  float *rows) {
  const size_t units = divided(channels, unit_numbers(format)), matrix = packed_bytes(format, columns, 1, channels);
  for (size_t column = 0; column < divided(columns, PANEL) * PANEL; column++) {
    char *panel = out + column / PANEL * units * PANEL * 4;
    if (column >= columns) {
      for (size_t j = 0; j < WINOGRAD_IN; j++) clear_lanes(panel + j * matrix, column % PANEL, units);
      break;
    }
    FOR_LANES(c, n, channels) {
      vf transformed[WINOGRAD_IN];
      transform_taps(weights + column * 3 * channels, channels, c, n, false, transformed);
      for (size_t j = 0; j < WINOGRAD_IN; j++) store(rows + j * channels + c, transformed[j], n);
    }
    for (size_t j = 0; j < WINOGRAD_IN; j++)
      put_lane(panel + j * matrix + column % PANEL * 4, rows + j * channels, channels, format);
  }
}

// Channels are lanes: they lie so already, and columns are the units.
static void winograd_pack_backward(char *out, ck_format format, const float *weights, size_t columns, size_t channels) {
  const size_t numbers = unit_numbers(format), units = divided(columns, numbers);
  const size_t matrix = packed_bytes(format, channels, 1, columns);
  for (size_t c = 0; c < divided(channels, PANEL) * PANEL; c += W) {
    const size_t n = c < channels ? MIN(channels - c, W) : 0;
    char *lanes = out + c / PANEL * units * PANEL * 4 + c % PANEL * 4;
    for (size_t column = 0; column < units * numbers; column++) {
      vf transformed[WINOGRAD_IN] = {0};
      if (n && column < columns) transform_taps(weights + column * 3 * channels, channels, c, n, true, transformed);
      for (size_t j = 0; j < WINOGRAD_IN; j++)
        put_number(lanes + j * matrix + column / numbers * PANEL * 4, transformed[j], W, column % numbers, format);
    }
  }
}

static void winograd_pack(void *forward, void *backward, ck_format format, const float *weights, size_t columns,
                          size_t channels, void *scratch) {
  winograd_pack_forward(forward, format, weights, columns, channels, scratch);
  winograd_pack_backward(backward, format, weights, columns, channels);
}

// ---- The gradient by a convolution's weights -----------------------------------------------------------------------

// Transformed rows for products over tiles: inputs in panels, output gradients as a left factor; six of each.
typedef struct {
  size_t count, units;  // of tiles
  size_t right, left;   // bytes of one transform
} gradient_layout;

static gradient_layout lay_gradient(ck_format format, size_t count, size_t channels, size_t columns) {
  size_t units = divided(count, unit_numbers(format));
  return (gradient_layout){count, units, packed_bytes(format, channels, 1, count), aligned(units * columns * 4)};
}

static size_t winograd_gradient_scratch(ck_format format, size_t windows, size_t length, size_t channels,
                                        size_t columns, size_t dilation) {
  gradient_layout layout = lay_gradient(format, windows * window_tiles(length, dilation), channels, columns);
  return WINOGRAD_IN * (layout.right + layout.left);
}

// The transpose of the output transform: what each of the six products contributes to four outputs.
INLINE void transform_outputs(const float *const *rows, size_t c, size_t n, vf *out) {
  vf a = load(rows[0] + c, n), b = load(rows[1] + c, n), d = load(rows[2] + c, n), e = load(rows[3] + c, n);
  vf even = a + d, odd = b + e, wide = a + d * 4.0f, far = b * 2.0f + e * 8.0f;
  out[0] = a;
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = wide + far;
  out[4] = wide - far;
  out[5] = e;
}

INLINE void transform_gradient_tile(const ck_winograd_gradient_task *task, const gradient_layout *layout, size_t index,
                                    size_t window, size_t start, const ck_format format) {
  const size_t numbers = unit_numbers(format), unit = index / numbers, number = index % numbers;
  const float *rows[WINOGRAD_IN];
  vf transformed[WINOGRAD_IN];
  char *right = task->scratch, *left = right + WINOGRAD_IN * layout->right;
  tile_inputs(rows, task->x + window * task->x_window, start, task->length, task->channels, task->dilation);
  FOR_LANES(c, n, task->channels) {
    transform_inputs(rows, c, n, transformed);
    char *out = right + ((c / PANEL * layout->units + unit) * PANEL + c % PANEL) * 4;
    for (size_t j = 0; j < WINOGRAD_IN; j++) put_number(out + j * layout->right, transformed[j], W, number, format);
  }
  const float *dy = task->dy + window * task->dy_window;
  for (size_t i = 0; i < WINOGRAD_OUT; i++) {
    size_t row = start + i * task->dilation;
    rows[i] = row < task->length ? dy + row * task->columns : zero_row;
  }
  FOR_LANES(c, n, task->columns) {
    transform_outputs(rows, c, n, transformed);
    char *out = left + (unit * task->columns + c) * 4;
    for (size_t j = 0; j < WINOGRAD_IN; j++) put_number(out + j * layout->left, transformed[j], n, number, format);
  }
}

static void transform_gradient(const ck_winograd_gradient_task *task, const gradient_layout *layout) {
  size_t index = 0;
  for (size_t window = 0; window < task->windows; window++)
    for (size_t phase = 0; phase < task->dilation; phase++)
      for (size_t tile = 0; tile < phase_tiles(task->length, task->dilation, phase); tile++, index++) {
        size_t start = phase + tile * WINOGRAD_OUT * task->dilation;
        if (task->format == CK_BFLOAT16) transform_gradient_tile(task, layout, index, window, start, CK_BFLOAT16);
        else transform_gradient_tile(task, layout, index, window, start, CK_FLOAT32);
      }
}

// sums[columns, channels] += a left factor's transpose times panels of `channels` columns, over `units` units.
static void add_product(float *sums, size_t sums_row, ck_format format, const char *left, size_t left_unit,
                        size_t columns, const char *panels, size_t channels, size_t units) {
  static const float nothing[PANEL];
  const tile_function *const run = tiles(format);
  const ck_rows rows = {.row = 4, .taps = units, .tap = left_unit, .units = 1};
  for (size_t first = 0; first < channels; first += PANEL, panels += units * PANEL * 4)
    FOR_TILES(column, height, columns) {
      vf tile[CK_TILE_ROWS][2];
      run[height](tile, left + column * 4, &rows, panels, nothing);
      for (size_t j = 0; j < 2 && first + j * W < channels; j++)
        for (size_t r = 0; r < height; r++)
          accumulate(sums + (column + r) * sums_row + first + j * W, tile[r][j], MIN(channels - first - j * W, W));
    }
}

static void winograd_gradient(const ck_winograd_gradient_task *task) {
  const size_t count = task->windows * window_tiles(task->length, task->dilation);
  const gradient_layout layout = lay_gradient(task->format, count, task->channels, task->columns);
  const char *right = task->scratch, *left = right + WINOGRAD_IN * layout.right;
  transform_gradient(task, &layout);
  for (size_t j = 0; j < WINOGRAD_IN; j++)
    add_product(task->sums + j * task->columns * task->channels, task->channels, task->format, left + j * layout.left,
                task->columns * 4, task->columns, right + j * layout.right, task->channels, layout.units);
}

static void winograd_gradient_end(float *dweights, const float *sums, size_t columns, size_t channels) {
  const size_t plane = columns * channels;
  for (size_t column = 0; column < columns; column++)
    FOR_LANES(c, n, channels) {
      vf u[WINOGRAD_IN];
      for (size_t j = 0; j < WINOGRAD_IN; j++) u[j] = load(sums + j * plane + column * channels + c, n);
      vf near = (u[1] + u[2]) * (1.0f / 6), far = u[3] + u[4];
      float *out = dweights + column * 3 * channels + c;
      accumulate(out, u[0] * 0.25f - near + far * (1.0f / 24), n);
      accumulate(out + channels, (u[2] - u[1]) * (1.0f / 6) + (u[3] - u[4]) * (1.0f / 12), n);
      accumulate(out + 2 * channels, far * (1.0f / 6) - near + u[5], n);
    }
}

// ---- The gradient of attention -------------------------------------------------------------------------------------

#define QUERIES_AT_ONCE (4 * CK_TILE_ROWS)

// Packed factors of a head, and of a block of queries: weights after dropout and gradients by the scores, both
// [panel of keys][QUERIES_AT_ONCE][2 W], that is left factors for keys, and transposed for queries.
typedef struct {
  char *key_columns, *value_columns, *key_rows;
  char *queries, *d_context;
  float *weights, *d_scores;
} gradient_memory;

static size_t lay_attention_gradient(gradient_memory *memory, size_t tokens, size_t dim, char *base) {
  size_t panels = divided(tokens, PANEL), used = 0;
  size_t block = aligned(panels * QUERIES_AT_ONCE * PANEL * 4), keys = aligned(packed_bytes(CK_FLOAT32, tokens, 1, dim));
  size_t queries = aligned(packed_bytes(CK_FLOAT32, dim, 1, QUERIES_AT_ONCE));
  memory->key_columns = base + used, used += keys;
  memory->value_columns = base + used, used += keys;
  memory->key_rows = base + used, used += aligned(packed_bytes(CK_FLOAT32, dim, 1, panels * PANEL));
  memory->queries = base + used, used += queries;
  memory->d_context = base + used, used += queries;
  memory->weights = (float *)(base + used), used += block;
  memory->d_scores = (float *)(base + used), used += block;
  return used;
}

static size_t attention_gradient_scratch(size_t tokens, size_t dim) {
  gradient_memory memory;
  return lay_attention_gradient(&memory, tokens, dim, NULL);
}

INLINE float dot(const float *a, const float *b, size_t count) {
  vf sum = splat(0);
  FOR_LANES(i, n, count) sum += load(a + i, n) * load(b + i, n);
  return horizontal_sum(sum);
}

// Row r of a block: from scores and the gradient by the weights to weights after dropout and the gradient by the scores.
static void backward_row(const ck_attention_gradient_task *task, const gradient_memory *memory, size_t query, size_t r) {
  const size_t panels = divided(task->valid, PANEL), whole = task->valid / PANEL;
  const float scale = task->scale, log_sum = task->log_sums[query];
  const size_t place = query * task->context_row;
  const vf mean = splat(dot(task->context + place, task->d_context + place, task->dim));
  for (size_t panel = 0; panel < panels; panel++)
    for (size_t j = 0; j < 2; j++) {
      size_t at = (panel * QUERIES_AT_ONCE + r) * PANEL + j * W, key = panel * PANEL + j * W;
      vf x = load(memory->weights + at, W) * scale - log_sum, d = load(memory->d_scores + at, W);
      vf p = exponential_within(__builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(0)));
      if (panel >= whole) {
        vi lanes = lanes_below(key < task->valid ? task->valid - key : 0);
        p = either(lanes, p, splat(0));
      }
      vf kept = p;
      if (task->dropout.keep < 1) {
        vf factor = weight_dropout(&task->dropout, query, key, task->tokens);
        kept *= factor;
        d *= factor;
      }
      store(memory->weights + at, kept, W);
      store(memory->d_scores + at, p * (d - mean) * scale, W);
    }
}

static void backward_tile(const ck_attention_gradient_task *task, const gradient_memory *memory, size_t query, size_t r,
                          size_t height) {
  static const float nothing[PANEL];
  const size_t dim = task->dim, panels = divided(task->valid, PANEL);
  ck_rows rows = {.row = task->row * 4, .taps = 1, .tap = 0, .units = dim};
  const ck_rows gradients = {.row = task->context_row * 4, .taps = 1, .tap = 0, .units = dim};
  for (size_t panel = 0; panel < panels; panel++) {
    size_t at = (panel * QUERIES_AT_ONCE + r) * PANEL, columns = panel * dim * PANEL * 4;
    float32_tiles[height](memory->weights + at, task->queries + query * task->row, &rows, memory->key_columns + columns,
                          nothing);
    float32_tiles[height](memory->d_scores + at, task->d_context + query * task->context_row, &gradients,
                          memory->value_columns + columns, nothing);
  }
  for (size_t i = 0; i < height; i++) backward_row(task, memory, query + i, r + i);
  rows = (ck_rows){.row = PANEL * 4, .taps = panels, .tap = QUERIES_AT_ONCE * PANEL * 4, .units = PANEL};
  for (size_t first = 0; first < dim; first += PANEL) {
    vf sums[CK_TILE_ROWS][2];
    float32_tiles[height](sums, memory->d_scores + r * PANEL, &rows, memory->key_rows + first * panels * PANEL * 4,
                          nothing);
    for (size_t j = 0; j < 2 && first + j * W < dim; j++)
      for (size_t i = 0; i < height; i++)
        accumulate(task->d_queries + (query + i) * task->row + first + j * W, sums[i][j], MIN(dim - first - j * W, W));
  }
}

static void attention_gradient(const ck_attention_gradient_task *task) {
  gradient_memory memory;
  const size_t dim = task->dim, valid = task->valid, row = task->row, panels = divided(valid, PANEL);
  lay_attention_gradient(&memory, task->tokens, dim, task->scratch);
  pack_keys(memory.key_columns, CK_FLOAT32, task->keys, row, valid, dim, NULL);
  pack_keys(memory.value_columns, CK_FLOAT32, task->values, row, valid, dim, NULL);
  memset(memory.key_rows, 0, packed_bytes(CK_FLOAT32, dim, 1, panels * PANEL));
  pack_rows(memory.key_rows, panels * PANEL * PANEL * 4, CK_FLOAT32, task->keys, row, valid, dim);
  for (size_t query = 0; query < task->tokens; query += QUERIES_AT_ONCE) {
    const size_t count = MIN(task->tokens - query, QUERIES_AT_ONCE), panel_bytes = count * PANEL * 4;
    pack_rows(memory.queries, panel_bytes, CK_FLOAT32, task->queries + query * row, row, count, dim);
    pack_rows(memory.d_context, panel_bytes, CK_FLOAT32, task->d_context + query * task->context_row, task->context_row,
              count, dim);
    FOR_TILES(r, height, count) backward_tile(task, &memory, query + r, r, height);
    for (size_t panel = 0; panel < panels; panel++) {
      size_t key = panel * PANEL, at = panel * QUERIES_AT_ONCE * PANEL, keys = MIN(valid - key, PANEL);
      add_product(task->d_values + key * row, row, CK_FLOAT32, (char *)(memory.weights + at), PANEL * 4, keys,
                  memory.d_context, dim, count);
      add_product(task->d_keys + key * row, row, CK_FLOAT32, (char *)(memory.d_scores + at), PANEL * 4, keys,
                  memory.queries, dim, count);
    }
  }
}
