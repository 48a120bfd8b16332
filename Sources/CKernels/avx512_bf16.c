// Zen 4, Sapphire Rapids and later: dot products of four 8-bit and of two bfloat16 numbers.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,avx512vnni,avx512bf16"))), apply_to = function)
#include "avx512_tiles.h"
#define CK_SERVING_TABLE ck_avx512_bf16_serving
#define CK_DOT_INT8(s, a, b) ((vi)_mm512_dpbusd_epi32((__m512i)(s), (__m512i)(a), (__m512i)(b)))
#define CK_DOT_BFLOAT16(s, a, b) ((vf)_mm512_dpbf16_ps((__m512)(s), (__m512bh)(a), (__m512bh)(b)))
#include "serving.h"
#pragma clang attribute pop
#endif
