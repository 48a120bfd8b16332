#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_WIDTH 8
#define CK_TABLE ck_avx2_table
#include "body.h"

#define CK_TILE_ROWS 6
#define CK_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define CK_SERVING_TABLE ck_avx2_serving
#define CK_DOT_INT8 widened_dot_int8
// Even and odd bytes as 16-bit numbers: u8 · s8 pairs fit the sum of two that vpmaddwd forms, as they would not in 16 bits.
INLINE vi widened_dot_int8(vi sum, vi a, vi b) {
  __m256i low = _mm256_set1_epi16(255);
  __m256i even = _mm256_madd_epi16((__m256i)a & low, _mm256_srai_epi16(_mm256_slli_epi16((__m256i)b, 8), 8));
  __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16((__m256i)a, 8), _mm256_srai_epi16((__m256i)b, 8));
  return sum + (vi)even + (vi)odd;
}
#include "serving.h"
#pragma clang attribute pop
#endif
