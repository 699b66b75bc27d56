/* requests.h - what openloop asks for: its arguments, and the head of each request. */
#ifndef REQUESTS_H
#define REQUESTS_H

enum { CONNECTIONS_MAX = 4096, TOKEN_MAX = 8 * 1024, REQUEST_MAX = TOKEN_MAX + 8 * 1024, NUMBERED_LENGTH = 43 };
#define SECOND 1000000000ull

struct options {
    struct sockaddr_in server;
    const char *path, *token;
    char **tokens;
    size_t token_count;
    double rate, rotate;
    uint64_t seconds, warm, requests, window, seed, first, live, numbers; /* times in ns */
    unsigned connections;
    bool numbered, once;
};

static struct options o;

static _Noreturn void fail(int code, const char *what, const char *value) {
    fprintf(stderr, "openloop: %s%s\n", what, value);
    exit(code);
}

static uint64_t chance = 0x9e3779b97f4a7c15ull;

static uint64_t below(uint64_t n) { /* by chance, the same in each run */
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (uint64_t)(((unsigned __int128)chance * n) >> 64);
}

static uint64_t mix(uint64_t x) { /* one to one, so that numbers stay distinct */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

static void numbered(char *to, uint64_t seed, uint64_t number) {
    static const char digits[] = "0123456789abcdef";
    uint64_t x = mix((seed << 40) + number);
    memcpy(to, "act_", 4);
    for (unsigned i = 0; i < NUMBERED_LENGTH - 4; i++) {
        if (i && i % 16 == 0) x = mix(x + i);
        to[4 + i] = digits[(x >> (4 * (i % 16))) & 15];
    }
}

static const char *token_for(uint64_t count, uint64_t elapsed, char *scratch, size_t *length) {
    const char *t = o.token;
    if (o.numbered) {
        uint64_t left = (uint64_t)(o.rotate * (double)elapsed / SECOND); /* are no longer in use */
        numbered(scratch, o.seed, o.first + (o.once ? count : left + below(o.live)));
        *length = NUMBERED_LENGTH;
        return scratch;
    }
    if (o.tokens) t = o.tokens[below(o.token_count)];
    *length = t ? strlen(t) : 0;
    return t;
}

/* Writes the head of one more request, after `count` others; its length. */
static size_t request_for(char *to, uint64_t count, uint64_t elapsed) {
    static char scratch[NUMBERED_LENGTH];
    size_t length;
    const char *star = o.numbers ? strchr(o.path, '*') : NULL, *token = token_for(count, elapsed, scratch, &length);
    char *p = stpcpy(to, "GET ");
    if (star) p += sprintf(p, "%.*s%05llu", (int)(star - o.path), o.path, (unsigned long long)below(o.numbers));
    p = stpcpy(p, star ? star + 1 : o.path);
    p += sprintf(p, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", ntohs(o.server.sin_port));
    if (length) {
        p = stpcpy(p, "Authorization: Bearer ");
        memcpy(p, token, length);
        p = stpcpy(p + length, "\r\n");
    }
    return (size_t)(stpcpy(p, "\r\n") - to);
}

/* --- Its arguments ------------------------------------------------------------------ */

static double number(const char *text, double low, double high) {
    char *rest;
    double value = strtod(text, &rest);
    if (rest == text || *rest || !(value >= low && value <= high)) fail(2, "not a number in its range: ", text);
    return value;
}

static char *checked_token(char *token) {
    if (strlen(token) > TOKEN_MAX) fail(2, "a token is too long", "");
    return token;
}

static void read_tokens(const char *file) {
    char *line = NULL;
    size_t room = 0, space = 0;
    FILE *f = fopen(file, "r");
    if (!f) fail(2, "cannot be read: ", file);
    while (getline(&line, &room, f) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        if (!*line) continue;
        if (o.token_count == space) o.tokens = realloc(o.tokens, (space = space ? 2 * space : 1024) * sizeof *o.tokens);
        o.tokens[o.token_count++] = strdup(checked_token(line));
    }
    fclose(f);
    free(line);
    if (!o.token_count) fail(2, "no token in ", file);
}

static void read_argument(char *argument) {
    char *value = strchr(argument, '=');
    if (!value) fail(2, "not NAME=VALUE: ", argument);
    *value++ = 0;
    bool is_time = true;
    if (!strcmp(argument, "seconds")) o.seconds = (uint64_t)(number(value, .1, 7200) * SECOND);
    else if (!strcmp(argument, "warm")) o.warm = (uint64_t)(number(value, 0, 600) * SECOND);
    else if (!strcmp(argument, "window")) o.window = (uint64_t)(number(value, .1, 600) * SECOND);
    else is_time = false;
    if (is_time) return;
    if (!strcmp(argument, "rate")) o.rate = number(value, 0, 1e6);
    else if (!strcmp(argument, "requests")) o.requests = (uint64_t)number(value, 1, 1e9);
    else if (!strcmp(argument, "connections")) o.connections = (unsigned)number(value, 1, CONNECTIONS_MAX);
    else if (!strcmp(argument, "token")) o.token = checked_token(value);
    else if (!strcmp(argument, "tokens")) read_tokens(value);
    else if (!strcmp(argument, "numbered")) { o.numbered = true; o.seed = (uint64_t)number(value, 0, (1 << 24) - 1); }
    else if (!strcmp(argument, "first")) o.first = (uint64_t)number(value, 0, 1e9);
    else if (!strcmp(argument, "live")) o.live = (uint64_t)number(value, 1, 1e9);
    else if (!strcmp(argument, "rotate")) o.rotate = number(value, 0, 1e6);
    else if (!strcmp(argument, "order") && !strcmp(value, "once")) o.once = true;
    else if (!strcmp(argument, "numbers")) o.numbers = (uint64_t)number(value, 1, 100000);
    else if (!strcmp(argument, "address")) {
        if (inet_pton(AF_INET, value, &o.server.sin_addr) != 1 || ntohl(o.server.sin_addr.s_addr) >> 24 != 127)
            fail(2, "only this machine's loopback is talked to, not ", value);
    } else fail(2, "unknown argument: ", argument);
}
#endif
