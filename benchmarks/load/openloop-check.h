/* openloop-check.h - `openloop --check`: holds the load generator to what it promises.
 * Included by openloop.c, which it looks into. Prints each promise that is not kept. */
#include <poll.h>
#include <sys/wait.h>

static unsigned broken;

static void expect(bool holds, const char *promise) {
    if (holds) return;
    broken++;
    fprintf(stderr, "openloop --check: NOT so: %s\n", promise);
}

static void check_buckets(void) {
    bool narrow = true, in_order = true;
    uint64_t before = 0;
    for (int i = 0; i < 200000; i++) {
        uint64_t ns = below(HISTOGRAM_TOP) >> below(42), high = histogram_highest(histogram_bucket(ns));
        narrow &= high >= ns && (double)high <= (double)ns * 1.008;
    }
    for (unsigned i = 0; i < BUCKETS; before = histogram_highest(i++))
        in_order &= (i == 0 || histogram_highest(i) > before) && histogram_bucket(histogram_highest(i)) == i;
    expect(narrow, "a duration is told at most 0.8 % too long and never too short");
    expect(in_order, "buckets stand in order, and each holds its own highest duration");
    expect(histogram_highest(BUCKETS - 1) == HISTOGRAM_TOP, "the last bucket ends where durations do");
    expect(histogram_bucket(UINT64_MAX) == BUCKETS - 1, "what is longer than can be told is in the last bucket");
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_percentiles(void) {
    enum { COUNT = 99991 };
    static const double parts[] = {0, .001, .5, .9, .99, .999, .9999, 1};
    static struct histogram h;
    uint64_t *values = malloc(COUNT * sizeof *values);
    bool close = true;
    histogram_clear(&h);
    expect(histogram_at(&h, .99) == 0, "nothing recorded: every percentile is 0");
    for (int i = 0; i < COUNT; i++) histogram_add(&h, values[i] = below(1ull << (10 + below(24))));
    qsort(values, COUNT, sizeof *values, ascending);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        double place = parts[i] * COUNT;
        size_t rank = (size_t)place + ((double)(size_t)place < place); /* the nearest rank, from 1 */
        uint64_t exact = values[rank ? rank - 1 : 0], told = histogram_at(&h, parts[i]);
        close &= told >= exact && (double)told <= (double)exact * 1.01;
    }
    expect(close, "percentiles are those of the sorted durations, within 1 %");
    expect(histogram_at(&h, 1) == values[COUNT - 1], "the longest duration is told exactly");
    free(values);
}

static void check_tokens(void) {
    enum { COUNT = 1 << 17 };
    uint64_t *seen = malloc(COUNT * sizeof *seen);
    char token[NUMBERED_LENGTH];
    bool distinct = true;
    for (int i = 0; i < COUNT; i++) {
        numbered(token, i & 1, (uint64_t)i / 2);
        memcpy(&seen[i], token + 4, 8);
        uint64_t more;
        memcpy(&more, token + 12, 8);
        seen[i] = mix(seen[i]) ^ more;
    }
    qsort(seen, COUNT, sizeof *seen, ascending);
    for (int i = 1; i < COUNT; i++) distinct &= seen[i] != seen[i - 1];
    expect(distinct, "numbered tokens differ, within a seed and between seeds");
    free(seen);
}

enum { STALL_MS = 300, STALL_AT = 400, RATE = 1000 };

/* A server that answers at once, but for one stall. It ends with its parent. */
static _Noreturn void serve_with_stall(int listener) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct pollfd fds[32] = {{listener, POLLIN, 0}};
    unsigned count = 1, served = 0;
    char in[1024];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        poll(fds, count, -1);
        if (fds[0].revents && count < 32) fds[count++] = (struct pollfd){accept(listener, NULL, NULL), POLLIN, 0};
        for (unsigned i = 1; i < count; i++) {
            if (!fds[i].revents || recv(fds[i].fd, in, sizeof in, MSG_DONTWAIT) <= 0) continue;
            if (++served == STALL_AT) nanosleep(&(struct timespec){0, STALL_MS * 1000000l}, NULL);
            (void)!send(fds[i].fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
        }
    }
}

static void check_stall(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr *address = (struct sockaddr *)&a;
    if (bind(listener, address, sizeof a) || listen(listener, 64) || getsockname(listener, address, &size))
        fail(1, "no port for the check", "");
    pid_t child = fork();
    if (child == 0) serve_with_stall(listener);
    close(listener);
    o.server = a;
    o.path = "/";
    o.rate = RATE;
    o.seconds = SECOND;
    o.connections = 8;
    run();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect(total.latency.count == RATE, "every request that was due is counted, once");
    expect(total.socket_errors + total.not_2xx + total.unanswered == 0, "a server that stalls once loses nothing");
    /* 300 of 1,000 were due while it stalled, and waited for what was left of the stall: only eight of them were
     * under way. A busy machine makes these figures larger, never smaller. */
    expect(histogram_at(&total.latency, .90) > 180 * 1000000ull, "a stall is charged with all that were due in it");
    expect(total.latency.max > 290 * 1000000ull, "the first of them waited for the whole stall");
    expect(total.waited >= 200, "those that found no free connection are counted");
}

static int check(void) {
    alarm(60);
    check_buckets();
    check_percentiles();
    check_tokens();
    check_stall();
    if (!broken) puts("openloop --check: all promises kept");
    return broken ? 1 : 0;
}
