/* openloop.c - offers requests at fixed times, whatever becomes of the earlier ones.
 *
 * usage: openloop PORT PATH [NAME=VALUE...]     or: openloop --check
 *   rate=R          requests a second, evenly spaced; 0, the default: each connection asks
 *                   again as soon as it is answered (a closed loop), to find the most there is
 *   seconds=S       how long that is recorded (default 5, at most 7,200)
 *   warm=S          seconds before, which are not recorded
 *   requests=N      ends when so many have been sent
 *   connections=N   kept alive, used in turn (default 64)
 *   window=S        also a line for each S seconds
 *   token=T         one token; tokens=FILE: one of the file's, by chance; numbered=SEED: see below
 *   first=N live=N rotate=R order=once      which of the numbered tokens
 *   numbers=N       "*" in PATH stands for five digits, by chance, below N
 *   address=A       127.0.0.1, or another of 127.0.0.0/8; nothing else is talked to
 *
 * A request is due at a time of CLOCK_MONOTONIC that was fixed at the start. It is sent when
 * a connection is free, and its latency is counted from when it was DUE: a server that
 * stalls for a second is charged with every request that was to be sent in that second, not
 * with the few that happened to be under way ("coordinated omission"). What is due and not
 * answered two seconds after the end enters with its age then, and is counted as unanswered.
 *
 * Numbered tokens are 43 characters made from SEED and a number: no file, no memory. `live`
 * of them are in use at once, from `first` on, drawn by chance; with `rotate` that many a
 * second leave and as many new ones enter. order=once takes each in turn, and none again.
 *
 * Prints one line of JSON: durations in microseconds; "late_p99" is how late the load itself
 * was (a free connection and a request due, yet unsent); "waited" counts the requests for
 * which no connection was free. Exit codes: 0 measured, 1 could not, 2 wrong usage. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "requests.h"
#include "results.h"

enum { HEAD_MAX = 16 * 1024 };
#define GRACE (2 * SECOND)

struct conn {
    int fd;
    bool idle, closing;
    uint64_t due, idle_since, body_left; /* when its request was due */
    unsigned len;
    struct conn *next_idle;
    char in[HEAD_MAX];
};

static struct result total, window;
static struct conn *conns, *idle_first, *idle_last;
static unsigned open_connections;
static int ep;
static uint64_t start, end, window_from;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* --- Connections -------------------------------------------------------------------- */

static void park(struct conn *c, uint64_t at) { /* in turn: the proxy sees all of them in use */
    c->idle = true;
    c->idle_since = at;
    c->next_idle = NULL;
    if (idle_last) idle_last->next_idle = c; else idle_first = c;
    idle_last = c;
}

static bool connect_one(struct conn *c) {
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) return false;
    if (connect(c->fd, (struct sockaddr *)&o.server, sizeof o.server)) { close(c->fd); return false; }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
    c->len = 0;
    c->body_left = 0;
    c->closing = false;
    return true;
}

static void renew(struct conn *c, bool failed) {
    close(c->fd);
    if (failed) { total.socket_errors++; window.socket_errors++; }
    bool queued = c->idle; /* its place in the queue is kept */
    if (!connect_one(c)) {
        if (!--open_connections) fail(1, "every connection is lost", "");
        if (!failed) { total.socket_errors++; window.socket_errors++; }
        for (struct conn **p = &idle_first, *last = NULL; queued && *p; last = *p, p = &(*p)->next_idle)
            if (*p == c) {
                *p = c->next_idle;
                if (idle_last == c) idle_last = last;
                break;
            }
        c->fd = -1;
        return;
    }
    if (!queued) park(c, now());
}

/* --- Asking and being answered ------------------------------------------------------ */

static uint64_t due_at(uint64_t number) { return start + (uint64_t)((double)number * (double)SECOND / o.rate); }

static bool more_due(uint64_t at) {
    if (o.requests && total.sent >= o.requests) return false;
    if (o.rate == 0) return at < end;
    uint64_t due = due_at(total.sent);
    return due <= at && due < end;
}

static void send_due(uint64_t at) {
    static char request[REQUEST_MAX];
    while (idle_first && more_due(at)) {
        struct conn *c = idle_first;
        idle_first = c->next_idle;
        if (!idle_first) idle_last = NULL;
        c->idle = false;
        c->due = o.rate == 0 ? at : due_at(total.sent);
        size_t n = request_for(request, total.sent++, c->due - start);
        if (c->due >= start + o.warm && o.rate != 0) {
            bool waited = c->idle_since > c->due;
            uint64_t could = waited ? c->idle_since : c->due;
            total.waited += waited;
            window.waited += waited;
            histogram_add(&total.late, at > could ? at - could : 0);
        }
        /* Nothing is under way on it, so its socket takes a head whole, or it is gone. */
        if (send(c->fd, request, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n) continue;
        renew(c, true);
        return;
    }
}

static void record(const struct conn *c, bool good, uint64_t at) {
    total.all++;
    if (c->due < start + o.warm) return;
    histogram_add(&total.latency, at - c->due);
    histogram_add(&window.latency, at - c->due);
    if (!good) { total.not_2xx++; window.not_2xx++; }
    if (at < end) total.in_time++;
}

static const char *field(const char *head, const char *head_end, const char *name) {
    size_t n = strlen(name);
    for (const char *p = head; (p = memchr(p, '\n', (size_t)(head_end - p))) && p + n + 1 < head_end;)
        if (strncasecmp(++p, name, n) == 0 && p[n] == ':') return p + n + 1 + strspn(p + n + 1, " ");
    return NULL;
}

/* Whether the answer is whole; `lost` when it cannot be read as one. */
static bool answered(struct conn *c, bool *lost) {
    static char rest[64 * 1024];
    bool in_body = c->body_left > 0;
    ssize_t n = in_body ? recv(c->fd, rest, sizeof rest < c->body_left ? sizeof rest : c->body_left, MSG_DONTWAIT)
                        : recv(c->fd, c->in + c->len, HEAD_MAX - 1 - c->len, MSG_DONTWAIT);
    if (n <= 0) { *lost = n == 0 || errno != EAGAIN; return false; }
    if (in_body) { c->body_left -= (uint64_t)n; return c->body_left == 0; }
    c->len += (unsigned)n;
    c->in[c->len] = 0;
    const char *head_end = memmem(c->in, c->len, "\r\n\r\n", 4);
    if (!head_end) { *lost = c->len == HEAD_MAX - 1; return false; }
    const char *length = field(c->in, head_end, "content-length"), *after = field(c->in, head_end, "connection");
    bool bodiless = c->in[9] == '2' && c->in[10] == '0' && c->in[11] == '4';
    /* Only what every proxy here answers with is understood: no chunks, no interim answers. */
    if (memcmp(c->in, "HTTP/1.1 ", 9) || c->in[9] < '2' || (!length && !bodiless)) { *lost = true; return false; }
    uint64_t body = length ? strtoull(length, NULL, 10) : 0, have = c->len - (uint64_t)(head_end + 4 - c->in);
    if (have > body) { *lost = true; return false; }
    c->body_left = body - have;
    c->closing = after && strncasecmp(after, "close", 5) == 0;
    return c->body_left == 0;
}

static void handle(struct conn *c) {
    bool lost = false;
    if (c->fd < 0) return;
    if (c->idle) { /* closed between two requests, as it may be; anything else is an error */
        renew(c, recv(c->fd, c->in, 1, MSG_DONTWAIT | MSG_PEEK) > 0);
        return;
    }
    bool whole = answered(c, &lost);
    if (lost) { renew(c, true); return; }
    if (!whole) return;
    uint64_t at = now();
    record(c, c->in[9] == '2', at);
    c->len = 0;
    if (c->closing) renew(c, false); else park(c, at);
    send_due(at);
}

/* --- A run -------------------------------------------------------------------------- */

static void close_windows(uint64_t at) {
    while (o.window && at >= window_from + o.window && window_from + o.window <= end) {
        print_figures("window", &window, at - start, o.window);
        memset(&window, 0, sizeof window);
        window_from += o.window;
    }
}

/* What was due and has no answer, at the end of all patience. */
static void count_unanswered(uint64_t at) {
    for (unsigned i = 0; i < o.connections; i++)
        if (conns[i].fd >= 0 && !conns[i].idle && conns[i].due >= start + o.warm) {
            histogram_add(&total.latency, at - conns[i].due);
            total.unanswered++;
        }
    for (; o.rate != 0 && more_due(end - 1); total.sent++)
        if (due_at(total.sent) >= start + o.warm) {
            histogram_add(&total.latency, at - due_at(total.sent));
            total.unanswered++;
        }
}

static bool under_way(void) {
    for (unsigned i = 0; i < o.connections; i++)
        if (conns[i].fd >= 0 && !conns[i].idle) return true;
    return false;
}

static void run(void) {
    struct epoll_event events[256];
    ep = epoll_create1(0);
    conns = calloc(o.connections, sizeof *conns);
    idle_first = idle_last = NULL;
    memset(&total, 0, sizeof total);
    memset(&window, 0, sizeof window);
    open_connections = o.connections;
    for (unsigned i = 0; i < o.connections; i++) {
        if (!connect_one(&conns[i])) fail(1, "nothing listens there", "");
        park(&conns[i], 0);
    }
    start = now();
    end = start + o.warm + o.seconds;
    window_from = start + o.warm;
    for (;;) {
        uint64_t at = now();
        close_windows(at);
        send_due(at);
        bool over = at >= end || (o.requests && total.sent >= o.requests);
        bool late = o.rate != 0 && more_due(end - 1); /* due before the end, and not sent yet */
        if (over && ((!late && !under_way()) || at >= end + GRACE)) break;
        uint64_t until = over ? end + GRACE : end;
        if (!over && idle_first && o.rate != 0 && due_at(total.sent) < until) until = due_at(total.sent);
        if (o.window && window_from + o.window < until) until = window_from + o.window;
        uint64_t left = until > at ? until - at : 0;
        struct timespec wait = {(time_t)(left / SECOND), (long)(left % SECOND)};
        int n = epoll_pwait2(ep, events, 256, &wait, NULL);
        for (int i = 0; i < n; i++) handle(events[i].data.ptr);
    }
    count_unanswered(now());
    for (unsigned i = 0; i < o.connections; i++)
        if (conns[i].fd >= 0) close(conns[i].fd);
    free(conns);
    close(ep);
}

#include "openloop-check.h"

int main(int argc, char **argv) {
    prctl(PR_SET_TIMERSLACK, 1ul); /* else the kernel may wake us 50 µs late */
    o = (struct options){.seconds = 5 * SECOND, .connections = 64, .live = 1};
    o.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (argc == 2 && !strcmp(argv[1], "--check")) return check();
    if (argc < 3) fail(2, "usage: openloop PORT PATH [NAME=VALUE...] | --check", "");
    o.server.sin_port = htons((uint16_t)number(argv[1], 1, 65535));
    o.path = argv[2];
    if (*o.path != '/' || strlen(o.path) > 4096) fail(2, "not a path: ", o.path);
    for (int i = 3; i < argc; i++) read_argument(argv[i]);
    alarm((unsigned)((o.warm + o.seconds + GRACE) / SECOND) + 30); /* whatever happens, this ends */
    run();
    uint64_t ns = now() - start - o.warm; /* of a run that ended with its number of requests */
    print_figures("total", &total, now() - start, ns < o.seconds ? ns : o.seconds);
    return 0;
}
