/* histogram.h - counts of durations in buckets that are narrow everywhere: each power of
 * two is cut into 128 equal parts, so a bucket is never wider than 1/128 of what it holds.
 * A percentile is the highest duration of its bucket: at most 0.8 % too high, never too
 * low. Below 256 ns each value has its own bucket; above HISTOGRAM_TOP all share the last. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>
#include <string.h>

#define HISTOGRAM_TOP ((1ull << 42) - 1) /* ns: more than an hour */

enum { PARTS_LOG2 = 7, PARTS = 1 << PARTS_LOG2, BUCKETS = (42 - PARTS_LOG2 + 1) * PARTS };

struct histogram {
    uint64_t count, sum, max;
    uint64_t buckets[BUCKETS];
};

static unsigned histogram_bucket(uint64_t ns) {
    if (ns > HISTOGRAM_TOP) ns = HISTOGRAM_TOP;
    if (ns < 2 * PARTS) return (unsigned)ns;
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - PARTS_LOG2;
    return shift * PARTS + (unsigned)(ns >> shift);
}

/* The highest duration that falls into a bucket. */
static uint64_t histogram_highest(unsigned bucket) {
    if (bucket < 2 * PARTS) return bucket;
    unsigned shift = bucket / PARTS - 1;
    return (((uint64_t)(bucket - shift * PARTS) + 1) << shift) - 1;
}

static void histogram_add(struct histogram *h, uint64_t ns) {
    h->count++;
    h->sum += ns;
    if (ns > h->max) h->max = ns;
    h->buckets[histogram_bucket(ns)]++;
}

/* The duration that `part` of all (0 to 1) do not exceed; 0 when there are none. */
static uint64_t histogram_at(const struct histogram *h, double part) {
    if (!h->count) return 0;
    uint64_t wanted = (uint64_t)(part * (double)h->count), seen = 0;
    if ((double)wanted < part * (double)h->count || !wanted) wanted++;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= wanted) return histogram_highest(i) < h->max ? histogram_highest(i) : h->max;
    }
    return h->max;
}

static void histogram_clear(struct histogram *h) { memset(h, 0, sizeof *h); }
#endif
