// The inner loops of matrix products of activations with packed weights, written once and included for each number
// format with
//
//   CK_TILE         the name of the table of functions, by height
//   CK_SUM          vf, or vi where products add up in integers
//   CK_UNIT         float or int32_t: 32 bits of a row, that is 1 float32, 2 bfloat16 or 4 int8 numbers
//   CK_DOT(s, a, b) s + a · b, where each lane of a and b holds one unit
//
// A tile of height x 2 W sums stays in registers while both factors stream past: one unit of each row at a time, spread
// over all lanes, meets two vectors of weights. Every sum is formed in the order of its units whatever the tile's
// height, so a row's result does not depend on the rows beside it.

#define CK_JOIN_(a, b) a##_##b
#define CK_JOIN(a, b) CK_JOIN_(a, b)
#define CK_BODY CK_JOIN(CK_TILE, body)

INLINE void CK_BODY(CK_SUM (*out)[2], const char *a, const ck_rows *rows, const CK_UNIT *panel, const CK_UNIT *init,
                    const size_t height) {
  CK_SUM sums[CK_TILE_ROWS][2], first, second;
  memcpy(&first, init, sizeof first);
  memcpy(&second, init + W, sizeof second);
  CK_UNROLL for (size_t r = 0; r < height; r++) sums[r][0] = first, sums[r][1] = second;
  const size_t stride = rows->row, units = rows->units;
  for (size_t tap = 0; tap < rows->taps; tap++) {
    const char *column = a + tap * rows->tap;
    for (size_t k = 0; k < units; k++, panel += 2 * W, column += sizeof(CK_UNIT)) {
      memcpy(&first, panel, sizeof first);
      memcpy(&second, panel + W, sizeof second);
      CK_PREFETCH(panel);
      CK_UNROLL for (size_t r = 0; r < height; r++) {
        CK_UNIT unit;
        memcpy(&unit, column + r * stride, sizeof unit);
        CK_SUM spread = unit - (CK_SUM){0};  // minus 0 changes nothing, so this is a broadcast
        sums[r][0] = CK_DOT(sums[r][0], spread, first);
        sums[r][1] = CK_DOT(sums[r][1], spread, second);
      }
    }
  }
  CK_UNROLL for (size_t r = 0; r < height; r++) out[r][0] = sums[r][0], out[r][1] = sums[r][1];
}

#define CK_HEIGHT(height)                                                                                        \
  static void CK_JOIN(CK_TILE, height)(void *out, const void *a, const ck_rows *rows, const void *panel,         \
                                       const void *init) {                                                       \
    CK_BODY(out, a, rows, panel, init, height);                                                                  \
  }
CK_HEIGHTS(CK_HEIGHT)
#undef CK_HEIGHT

#define CK_HEIGHT(height) CK_JOIN(CK_TILE, height),
static const tile_function CK_TILE[CK_TILE_ROWS + 1] = {NULL, CK_HEIGHTS(CK_HEIGHT)};
#undef CK_HEIGHT

// As many products as a core can form: twelve sums that wait for nothing but themselves.
#define CK_PEAK_SUMS 12
static __attribute__((noinline)) void CK_JOIN(CK_TILE, peak)(void *out, const void *factors, size_t count) {
  CK_SUM sums[CK_PEAK_SUMS], a, b;
  memcpy(&a, factors, sizeof a);
  memcpy(&b, (const char *)factors + sizeof a, sizeof b);
  memcpy(sums, out, sizeof sums);
  __asm__ volatile("" : "+m"(a), "+m"(b));  // numbers that the compiler knows nothing about
  for (size_t n = 0; n < count; n++) {
    CK_UNROLL for (size_t i = 0; i < CK_PEAK_SUMS; i++) sums[i] = CK_DOT(sums[i], a, b);
  }
  CK_UNROLL for (size_t i = 0; i < CK_PEAK_SUMS; i++) memcpy((char *)out + i * sizeof a, &sums[i], sizeof a);
}

#undef CK_TILE
#undef CK_SUM
#undef CK_UNIT
#undef CK_DOT
