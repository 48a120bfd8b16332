#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted: sanitizers bring their own allocator.
bool ac_is_counting(void);

/// The times that the calling thread has asked the C library for memory, by malloc, calloc, realloc and their like, which
/// is what Swift and libzmq use too.
uint64_t ac_allocations(void);

#endif
