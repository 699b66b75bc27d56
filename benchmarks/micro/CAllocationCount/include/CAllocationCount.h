#ifndef BEARERGATE_ALLOCATION_COUNT_H
#define BEARERGATE_ALLOCATION_COUNT_H

#include <stdint.h>

/// What this thread has asked the allocator for since it began.
struct bearergate_allocation_count {
    /// Calls of malloc, calloc, realloc, aligned_alloc, memalign and posix_memalign.
    uint64_t allocations;
    /// Bytes asked for in them.
    uint64_t bytes;
};

/// The counts of the calling thread.
struct bearergate_allocation_count bearergate_allocation_count(void);

#endif
