#include "tables.h"

static ck_variant active;
static const ck_table *table = &ck_reference_table;

const ck_table *ck_table_for(ck_variant variant) {
  switch (variant) {
    case CK_REFERENCE:
      return &ck_reference_table;
    case CK_PORTABLE:
      return &ck_portable_table;
    case CK_AVX2:
#if defined(__x86_64__)
      if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &ck_avx2_table;
#endif
      return NULL;
    case CK_AVX512:
#if defined(__x86_64__)
      if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
          __builtin_cpu_supports("avx512bw"))
        return &ck_avx512_table;
#endif
      return NULL;
  }
  return NULL;
}

// Chosen once, before main and so before any thread.
__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const ck_variant preference[] = {CK_AVX512, CK_AVX2, CK_PORTABLE};
  for (size_t i = 0; i < sizeof preference / sizeof *preference; i++) {
    const ck_table *candidate = ck_table_for(preference[i]);
    if (candidate) {
      active = preference[i];
      table = candidate;
      return;
    }
  }
}

ck_variant ck_active_variant(void) { return active; }

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
