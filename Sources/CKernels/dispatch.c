#include "tables.h"

static ck_variant active;
static const ck_table *table = &ck_reference_table;
static const ck_serving_table *serving = &ck_portable_serving;

static bool has(ck_variant variant) {
#if defined(__x86_64__)
  switch (variant) {
    case CK_REFERENCE:
    case CK_PORTABLE:
      return true;
    case CK_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_AVX512:
      return has(CK_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    case CK_AVX512_VNNI:
      return has(CK_AVX512) && __builtin_cpu_supports("avx512vnni");
    case CK_AVX512_BF16:
      return has(CK_AVX512_VNNI) && __builtin_cpu_supports("avx512bf16");
  }
  return false;
#else
  return variant <= CK_PORTABLE;
#endif
}

const ck_table *ck_table_for(ck_variant variant) {
  if (!has(variant)) return NULL;
  switch (variant) {
    case CK_REFERENCE:
      return &ck_reference_table;
    case CK_PORTABLE:
      return &ck_portable_table;
#if defined(__x86_64__)
    case CK_AVX2:
      return &ck_avx2_table;
    default:
      return &ck_avx512_table;
#else
    default:
      return NULL;
#endif
  }
}

const ck_serving_table *ck_serving_for(ck_variant variant) {
  if (!has(variant)) return NULL;
  switch (variant) {
    case CK_PORTABLE:
      return &ck_portable_serving;
#if defined(__x86_64__)
    case CK_AVX2:
      return &ck_avx2_serving;
    case CK_AVX512:
      return &ck_avx512_serving;
    case CK_AVX512_VNNI:
      return &ck_avx512_vnni_serving;
    case CK_AVX512_BF16:
      return &ck_avx512_bf16_serving;
#endif
    default:
      return NULL;
  }
}

// Chosen once, before main and so before any thread.
__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  active = CK_AVX512_BF16;
  while (!has(active)) active--;
  table = ck_table_for(active);
  serving = ck_serving_for(active);
}

ck_variant ck_active_variant(void) { return active; }

const ck_serving_table *ck_serving(void) { return serving; }

uint32_t ck_dropout_hash(uint64_t key, uint32_t index) {
  uint32_t h = index ^ (uint32_t)key;
  CK_MIX(h);
  h += (uint32_t)(key >> 32);
  CK_MIX(h);
  return h;
}

#define CK_DISPATCH(type, name, parameters, arguments) \
  type ck_##name parameters { return table->name arguments; }
CK_KERNELS(CK_DISPATCH)
#undef CK_DISPATCH

#define CK_DISPATCH(type, name, parameters, arguments) \
  type ck_##name parameters { return serving->name arguments; }
CK_SERVING_KERNELS(CK_DISPATCH)
CK_TRAINING_KERNELS(CK_DISPATCH)
