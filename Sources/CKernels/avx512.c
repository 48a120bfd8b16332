#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), apply_to = function)
#include "avx512_tiles.h"
#define CK_TABLE ck_avx512_table
#include "body.h"

#define CK_SERVING_TABLE ck_avx512_serving
#define CK_DOT_INT8 widened_dot_int8
// Even and odd bytes as 16-bit numbers: u8 · s8 pairs fit the sum of two that vpmaddwd forms, as they would not in 16 bits.
INLINE vi widened_dot_int8(vi sum, vi a, vi b) {
  __m512i low = _mm512_set1_epi16(255);
  __m512i even = _mm512_madd_epi16((__m512i)a & low, _mm512_srai_epi16(_mm512_slli_epi16((__m512i)b, 8), 8));
  __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16((__m512i)a, 8), _mm512_srai_epi16((__m512i)b, 8));
  return sum + (vi)even + (vi)odd;
}
#include "serving.h"
#pragma clang attribute pop
#endif
