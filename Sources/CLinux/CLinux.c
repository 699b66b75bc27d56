#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int answer(int result) { return result < 0 ? -errno : result; }

/* Poller */

int clinux_epoll_create(void) { return answer(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int poller, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return answer(epoll_ctl(poller, operation, fd, &event));
}

int clinux_epoll_add(int poller, int fd, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_ADD, fd, events, token);
}

int clinux_epoll_modify(int poller, int fd, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_MOD, fd, events, token);
}

int clinux_epoll_remove(int poller, int fd) { return control(poller, EPOLL_CTL_DEL, fd, 0, 0); }

int clinux_epoll_wait(int poller, struct clinux_event *out, int max, int timeout_ms) {
    struct epoll_event events[CLINUX_EVENTS_MAX];
    if (max > CLINUX_EVENTS_MAX) max = CLINUX_EVENTS_MAX;
    int count = epoll_wait(poller, events, max, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        out[i].token = events[i].data.u64;
        out[i].events = events[i].events;
    }
    return count;
}

int clinux_eventfd(void) { return answer(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

void clinux_eventfd_signal(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

void clinux_eventfd_drain(int fd) {
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

/* Clocks */

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The monotonic clock that goes on while the machine is suspended: keys and answers age meanwhile, and what waited for
   somebody has waited as long as it seems to both. */
uint64_t clinux_monotonic_ns(void) { return clock_ns(CLOCK_BOOTTIME); }
uint64_t clinux_wall_ns(void) { return clock_ns(CLOCK_REALTIME); }

/* Sockets */

int clinux_socket(int family) { return answer(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }
int clinux_bind(int fd, const void *address, unsigned length) { return answer(bind(fd, address, length)); }
int clinux_listen(int fd, int backlog) { return answer(listen(fd, backlog)); }

int clinux_accept(int fd, void *address, unsigned *length) {
    return answer(accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int clinux_connect(int fd, const void *address, unsigned length) {
    /* An interrupted connect of a non-blocking socket goes on by itself, like EINPROGRESS. */
    int result = answer(connect(fd, address, length));
    return result == -EINTR ? -EINPROGRESS : result;
}

int clinux_local_address(int fd, void *address, unsigned *length) { return answer(getsockname(fd, address, length)); }
int clinux_duplicate(int fd) { return answer(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
int clinux_shutdown_writing(int fd) { return answer(shutdown(fd, SHUT_WR)); }
int clinux_close(int fd) { return answer(close(fd)); } /* never repeated: Linux frees the number even on EINTR */

/* The four calls of a request go to the kernel straight. In a process of several threads the library's own recv and send
   first mark the thread as one that may be cancelled, and unmark it behind the call: two atomic operations each, for a
   cancellation that nobody asks for. Sanitizers look on through the library's calls. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CLINUX_LIBRARY_CALLS 1
#endif
#endif

static inline long receive_once(int fd, void *bytes, size_t count) {
#ifdef CLINUX_LIBRARY_CALLS
    return recv(fd, bytes, count, 0);
#else
    return syscall(SYS_recvfrom, fd, bytes, count, 0, NULL, NULL);
#endif
}

static inline long send_once(int fd, const void *bytes, size_t count) {
#ifdef CLINUX_LIBRARY_CALLS
    return send(fd, bytes, count, MSG_NOSIGNAL);
#else
    return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
#endif
}

long clinux_receive(int fd, void *bytes, size_t count) {
    long n;
    while ((n = receive_once(fd, bytes, count)) < 0 && errno == EINTR) {}
    return n < 0 ? -errno : n;
}

long clinux_send(int fd, const void *bytes, size_t count) {
    long n;
    while ((n = send_once(fd, bytes, count)) < 0 && errno == EINTR) {}
    return n < 0 ? -errno : n;
}

long clinux_send2(int fd, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec parts[2] = {{(void *)(uintptr_t)first, first_count}, {(void *)(uintptr_t)second, second_count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    long n;
    while ((n = sendmsg(fd, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
    return n < 0 ? -errno : n;
}

static int option(int fd, int level, int name, const void *value, socklen_t length) {
    return answer(setsockopt(fd, level, name, value, length));
}

static const int on = 1;

int clinux_pending_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

int clinux_set_no_delay(int fd) { return option(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); }
int clinux_set_reuse_address(int fd) { return option(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); }
int clinux_set_reuse_port(int fd) { return option(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on); }
int clinux_set_ipv6_only(int fd) { return option(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on); }

int clinux_set_linger_zero(int fd) {
    struct linger value = {.l_onoff = 1, .l_linger = 0};
    return option(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

int clinux_set_keep_alive(int fd, int idle_seconds, int interval_seconds, int probes) {
    int result = option(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
    if (result >= 0) result = option(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof interval_seconds);
    if (result >= 0) result = option(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    return result < 0 ? result : option(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* Files */

int clinux_file_identity(const char *path, struct clinux_file *out) {
    struct stat status;
    if (lstat(path, &status) < 0) return -errno;
    out->device = status.st_dev;
    out->inode = status.st_ino;
    out->is_socket = S_ISSOCK(status.st_mode);
    return 0;
}

int clinux_set_mode(const char *path, unsigned mode) { return answer(chmod(path, (mode_t)mode)); }
int clinux_remove(const char *path) { return answer(unlink(path)); }

/* Names */

int clinux_resolve(const char *host, unsigned char *records, int max) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int code = getaddrinfo(host, NULL, &hints, &list);
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *a = list; a && count < max; a = a->ai_next) {
        if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
        if (a->ai_addrlen > CLINUX_ADDRESS_RECORD) continue;
        unsigned char *record = records + (size_t)count * CLINUX_ADDRESS_RECORD;
        memset(record, 0, CLINUX_ADDRESS_RECORD);
        memcpy(record, a->ai_addr, a->ai_addrlen);
        count++;
    }
    freeaddrinfo(list);
    return count;
}

int clinux_resolve_is_no_name(int code) { return code == EAI_NONAME || code == EAI_NODATA; }
int clinux_resolve_is_temporary(int code) { return code == EAI_AGAIN; }

const char *clinux_error_name(int number) { return strerrorname_np(number); }
const char *clinux_error_text(int number) { return strerrordesc_np(number); }

/* Threads */

struct start {
    void (*body)(void *);
    void *context;
};

static void *thread_main(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int clinux_thread_start(unsigned long *thread, const char *name, void (*body)(void *), void *context) {
    struct start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    *start = (struct start){body, context};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits the mask */
    pthread_t id;
    int error = pthread_create(&id, NULL, thread_main, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(start);
        return error;
    }
    char shortened[16]; /* the kernel's limit for a thread's name */
    strncpy(shortened, name, sizeof shortened - 1);
    shortened[sizeof shortened - 1] = 0;
    pthread_setname_np(id, shortened);
    *thread = id;
    return 0;
}

void clinux_thread_join(unsigned long thread) { pthread_join((pthread_t)thread, NULL); }
void clinux_thread_detach(unsigned long thread) { pthread_detach((pthread_t)thread); }

int clinux_forbid_core(void) {
    /* A core_pattern that pipes into a program does not ask for the limit, and the limit does not ask for the flag. */
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0) return -errno;
    return answer(prctl(PR_SET_DUMPABLE, 0));
}

/* Whether the loader has written into what may not be written: code that is not made to lie anywhere. */
static int is_relocated_in_place(const struct dl_phdr_info *object) {
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) return 1;
    }
    return 0;
}

static int unmap_unwritten(struct dl_phdr_info *object, size_t size, void *page) {
    (void)size;
    const uintptr_t mask = *(const uintptr_t *)page - 1;
    if (is_relocated_in_place(object)) return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        /* What may be written, or was until it was relocated, is not as it is in the file. */
        if (part->p_type != PT_LOAD || (part->p_flags & PF_W)) continue;
        /* Whole pages within: those at the ends may belong to a neighbour as well. */
        uintptr_t start = (object->dlpi_addr + part->p_vaddr + mask) & ~mask;
        uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_filesz) & ~mask;
        /* A part that the kernel keeps its own way, such as its own object, refuses, and stays. */
        if (start < end) (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void clinux_unmap_unused_code(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(unmap_unwritten, &page);
}

/* The C library takes small blocks of a thread from heaps that begin at multiples of this (glibc on 64 bits: twice the
   largest threshold for a mapping of one's own). Elsewhere the advice reaches less, or nothing. */
#define HEAP_BYTES ((uintptr_t)64 << 20)

void clinux_prefer_large_pages(void) {
    void *probe = malloc(64);
    if (!probe) return;
    /* Advice: what it cannot be followed for stays as it is. */
    (void)madvise((void *)((uintptr_t)probe & ~(HEAP_BYTES - 1)), HEAP_BYTES, MADV_HUGEPAGE);
    free(probe);
}
