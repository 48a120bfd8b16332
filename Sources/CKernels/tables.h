#ifndef CKERNELS_TABLES_H
#define CKERNELS_TABLES_H

#include "CKernels.h"

extern const ck_table ck_reference_table;
extern const ck_table ck_portable_table;
#if defined(__x86_64__)
extern const ck_table ck_avx2_table;
extern const ck_table ck_avx512_table;
#endif

extern const ck_serving_table ck_portable_serving;
#if defined(__x86_64__)
extern const ck_serving_table ck_avx2_serving;
extern const ck_serving_table ck_avx512_serving;
extern const ck_serving_table ck_avx512_vnni_serving;
extern const ck_serving_table ck_avx512_bf16_serving;
#endif

#define CK_ENTRY(type, name, parameters, arguments) .name = name,

/// lowbias32 (Wellons 2018): a 32-bit mixing function of low bias. W is any unsigned 32-bit integer type or vector.
#define CK_MIX(h)           \
  do {                      \
    h ^= h >> 16;           \
    h *= 0x7feb352dU;       \
    h ^= h >> 15;           \
    h *= 0x846ca68bU;       \
    h ^= h >> 16;           \
  } while (0)

#endif
