/* results.h - what openloop has recorded, and how it is told. */
#ifndef RESULTS_H
#define RESULTS_H
#include "histogram.h"

struct result {
    struct histogram latency, late;
    uint64_t not_2xx, socket_errors, unanswered, waited, in_time;
    uint64_t all, sent; /* those before the recording, too */
};

/* One line of JSON; at: since the start, ns: how long it was recorded. The total has more to say than a window. */
static void print_figures(const char *kind, const struct result *r, uint64_t at, uint64_t ns) {
    static const struct { const char *name; double part; } parts[] = {
        {"p50", .5}, {"p90", .9}, {"p99", .99}, {"p999", .999}, {"p9999", .9999}};
    const struct histogram *h = &r->latency;
    printf("{\"kind\":\"%s\",\"at\":%.3f,\"us\":%llu,\"requests\":%llu", kind, (double)at / SECOND,
           (unsigned long long)ns / 1000, (unsigned long long)h->count);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        printf(",\"%s\":%.1f", parts[i].name, (double)histogram_at(h, parts[i].part) / 1000);
    printf(",\"max\":%.1f,\"mean\":%.1f,\"not_2xx\":%llu,\"socket_errors\":%llu,\"waited\":%llu", (double)h->max / 1000,
           h->count ? (double)h->sum / (double)h->count / 1000 : 0, (unsigned long long)r->not_2xx,
           (unsigned long long)r->socket_errors, (unsigned long long)r->waited);
    if (!strcmp(kind, "total"))
        printf(",\"in_time\":%llu,\"unanswered\":%llu,\"late_p99\":%.1f,\"all\":%llu,\"sent\":%llu",
               (unsigned long long)r->in_time, (unsigned long long)r->unanswered,
               (double)histogram_at(&r->late, .99) / 1000, (unsigned long long)r->all, (unsigned long long)r->sent);
    puts("}");
    fflush(stdout);
}
#endif
