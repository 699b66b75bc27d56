/* The system calls of the loop, in a form Swift can see.
 *
 * Swift's Glibc module does not import sys/epoll.h, and errno is a thread-local that Swift reads through a
 * function. Every function here therefore answers as the kernel does: the result, or the negated errno. */
#ifndef BEARERGATE_CLINUX_H
#define BEARERGATE_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* One ready descriptor. epoll_event is packed on x86-64, so it is copied out into this. */
struct clinux_event {
    uint64_t token;
    uint32_t events;
    uint32_t unused;
};

/* The most that one clinux_epoll_wait takes. */
enum { CLINUX_EVENTS_MAX = 512 };

int clinux_epoll_create(void);
int clinux_epoll_add(int poller, int fd, uint32_t events, uint64_t token);
int clinux_epoll_modify(int poller, int fd, uint32_t events, uint64_t token);
int clinux_epoll_remove(int poller, int fd);
int clinux_epoll_wait(int poller, struct clinux_event *out, int max, int timeout_ms);

int clinux_eventfd(void);
void clinux_eventfd_signal(int fd);
void clinux_eventfd_drain(int fd);

uint64_t clinux_monotonic_ns(void);
uint64_t clinux_wall_ns(void);

/* Stream sockets: non-blocking and close-on-exec from the start. */
int clinux_socket(int family);
int clinux_bind(int fd, const void *address, unsigned length);
int clinux_listen(int fd, int backlog);
int clinux_accept(int fd, void *address, unsigned *length);
int clinux_connect(int fd, const void *address, unsigned length);
int clinux_local_address(int fd, void *address, unsigned *length);
int clinux_duplicate(int fd);
int clinux_shutdown_writing(int fd);
int clinux_close(int fd);
long clinux_receive(int fd, void *bytes, size_t count);
long clinux_send(int fd, const void *bytes, size_t count);
long clinux_send2(int fd, const void *first, size_t first_count, const void *second, size_t second_count);

/* The error that waits on the socket (SO_ERROR), as a positive errno; 0 for none. */
int clinux_pending_error(int fd);
int clinux_set_no_delay(int fd);
int clinux_set_reuse_address(int fd);
int clinux_set_reuse_port(int fd);
int clinux_set_ipv6_only(int fd);
int clinux_set_linger_zero(int fd);
/* Probes a peer that has been silent for so long, and gives it up after so many unanswered (tcp(7) TCP_KEEPIDLE,
 * TCP_KEEPINTVL, TCP_KEEPCNT). Sockets accepted from a listening one inherit it. */
int clinux_set_keep_alive(int fd, int idle_seconds, int interval_seconds, int probes);

/* The file of a Unix socket. */
struct clinux_file {
    uint64_t device;
    uint64_t inode;
    int is_socket;
};
int clinux_file_identity(const char *path, struct clinux_file *out);
int clinux_set_mode(const char *path, unsigned mode);
int clinux_remove(const char *path);

/* Addresses of a name: at most `max` records of 32 bytes, each a sockaddr_in or sockaddr_in6 without port.
 * The number of records, or the negative EAI_ code of getaddrinfo. Blocks. */
enum { CLINUX_ADDRESS_RECORD = 32 };
int clinux_resolve(const char *host, unsigned char *records, int max);
int clinux_resolve_is_no_name(int code);
int clinux_resolve_is_temporary(int code);

const char *clinux_error_name(int number);
const char *clinux_error_text(int number);

/* A joinable thread with every signal blocked (signals belong to the main thread). 0 or a positive errno. */
int clinux_thread_start(unsigned long *thread, const char *name, void (*body)(void *), void *context);
void clinux_thread_join(unsigned long thread);
void clinux_thread_detach(unsigned long thread);

/* No core file and no debugger of the same user from now on (prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE).
 * 0 or a negative errno. */
int clinux_forbid_core(void);

/* Takes code and constants of the program and its libraries out of its memory (madvise(2) MADV_DONTNEED); what is used
   again comes back from the page cache, or from the file, by itself. */
void clinux_unmap_unused_code(void);

/* Asks for large pages where the calling thread's small blocks of memory lie (madvise(2) MADV_HUGEPAGE): thousands of
   cached answers in pages of 4 KiB are more addresses than the processor remembers the way to. */
void clinux_prefer_large_pages(void);

#endif
