// Ice Lake and later: dot products of four 8-bit numbers.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,avx512vnni"))), apply_to = function)
#include "avx512_tiles.h"
#define CK_SERVING_TABLE ck_avx512_vnni_serving
#define CK_DOT_INT8(s, a, b) ((vi)_mm512_dpbusd_epi32((__m512i)(s), (__m512i)(a), (__m512i)(b)))
#include "serving.h"
#pragma clang attribute pop
#endif
