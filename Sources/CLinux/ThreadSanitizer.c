/* Shows ThreadSanitizer what it cannot see: that Swift's `Mutex` orders what happened under it.
 *
 * The fast path of `Mutex` is inlined and uses atomics, which a sanitized build sees. A contended lock goes through
 * libswiftSynchronization, which hands it over in the kernel (FUTEX_LOCK_PI) and is not sanitized: whatever the one thread
 * wrote before it let go, and the other reads, would be reported as a race. These functions take the place of the
 * library's three in a build for ThreadSanitizer, tell it of the order, and let the library do the work.
 *
 * Should another version of Swift name them otherwise, they are never called, and ReactorTests.ContendedMutexTests fails
 * under ThreadSanitizer.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

/* The word that the fast path's atomics use, so that both ways in and out of a lock are ordered with each other. */
void __tsan_acquire(void *word);
void __tsan_release(void *word);

SWIFT void lock_slow(uint32_t state, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

static void *library(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

SWIFT void lock_slow(uint32_t state, SELF) {
    typedef SWIFT void function(uint32_t, SELF);
    ((function *)library(LOCK))(state, handle);
    __tsan_acquire(handle);
}

SWIFT bool try_lock_slow(SELF) {
    typedef SWIFT bool function(SELF);
    bool locked = ((function *)library(TRY_LOCK))(handle);
    if (locked) __tsan_acquire(handle);
    return locked;
}

SWIFT void unlock_slow(SELF) {
    typedef SWIFT void function(SELF);
    __tsan_release(handle);
    ((function *)library(UNLOCK))(handle);
}

#endif
#endif
