/* Makes the n-th call of a kind fail, in a program that this library is loaded into before its own (LD_PRELOAD).
 *
 * Calls are counted over all threads of the process, which no tracer does: sled writes from threads of a pool, and the
 * n-th write of one of them is another one at every run. Files count only below one folder, sockets only where they
 * lead to the net. Children are left alone. Built by faults.rs with the C compiler that Rust links with.
 *
 *   FAULT_CALLS  kinds that count, such as write,create
 *   FAULT_AT     which of them fails, from 1; 0: none does, and how many there are of each kind is written to the log
 *   FAULT_ERROR  its errno; 0: the other end has closed; -1: it never answers
 *   FAULT_STAYS  from then on every one fails
 *   FAULT_BELOW  the folder
 *   FAULT_LOG    one line is added there when the call fails: what it was
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static const char *calls, *below, *log_path;
static long at, counted;
static int error, stays;
static struct { const char *kind; long calls; } tally[32];
/* Whether the store is open: its mark was written. */
static int is_open;
/* Sockets whose other end never answers again. */
static char is_silent[1024];

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAULT_CALLS");
    if (!text) return;
    calls = strdup(text);
    below = strdup(getenv("FAULT_BELOW"));
    log_path = strdup(getenv("FAULT_LOG"));
    at = atol(getenv("FAULT_AT"));
    error = atoi(getenv("FAULT_ERROR"));
    stays = getenv("FAULT_STAYS") != NULL;
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_CALLS");
}

static int is_wanted(const char *kind) {
    if (!calls) return 0;
    if (!at) return 1;
    size_t length = strlen(kind);
    for (const char *word = calls; word; word = strchr(word, ',')) {
        if (*word == ',') word++;
        if (!strncmp(word, kind, length) && (word[length] == ',' || !word[length])) return 1;
    }
    return 0;
}

static void note(const char *kind, const char *what) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s\n", kind, what);
    if (length >= (int)sizeof line) length = sizeof line - 1;
    int log = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return;
    (void)!syscall(SYS_write, log, line, length);
    syscall(SYS_close, log);
}

static int counts(const char *kind) {
    for (size_t i = 0; i < sizeof tally / sizeof *tally; i++) {
        const char *none = NULL;
        int is_new = __atomic_compare_exchange_n(&tally[i].kind, &none, kind, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        if (is_new || !strcmp(none, kind)) {
            __atomic_add_fetch(&tally[i].calls, 1, __ATOMIC_SEQ_CST);
            break;
        }
    }
    return 0;
}

__attribute__((destructor)) static void end(void) {
    char calls_of[32];
    for (size_t i = 0; i < sizeof tally / sizeof *tally && tally[i].kind; i++) {
        snprintf(calls_of, sizeof calls_of, "%ld", tally[i].calls);
        note(tally[i].kind, calls_of);
    }
}

/* Counts the call, and says whether it fails; errno is set then. */
static int fails(const char *kind, const char *what) {
    if (!at) return counts(kind);
    long number = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
    if (number < at || (number > at && !stays)) return 0;
    if (number == at) note(kind, what);
    errno = error;
    return 1;
}

static int is_below(const char *path) {
    size_t length = strlen(below);
    return !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

static int name_of(int file, char *name) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, name, PATH_MAX - 1);
    if (length < 0) return 0;
    name[length] = 0;
    return 1;
}

static int path_fails(const char *kind, int folder, const char *path) {
    char name[PATH_MAX];
    if (!path || !is_wanted(kind)) return 0;
    int before = errno;
    if (*path == '/') {
        snprintf(name, sizeof name, "%s", path);
    } else if (folder == AT_FDCWD || !name_of(folder, name)) {
        return 0;
    } else if (*path) {
        size_t length = strlen(name);
        snprintf(name + length, sizeof name - length, "/%s", path);
    }
    errno = before;
    return is_below(name) && fails(kind, name);
}

static int file_fails(const char *kind, int file) {
    char name[PATH_MAX];
    struct stat status;
    if (!is_wanted(kind)) return 0;
    int before = errno;
    int is_ours = !syscall(SYS_fstat, file, &status) && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) && name_of(file, name) &&
                  is_below(name);
    errno = before;
    return is_ours && fails(kind, name);
}

/* The other end of a socket that leads to the net. */
static int peer_of(int socket, char *name) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    int before = errno;
    int is_net = !getpeername(socket, (struct sockaddr *)&peer, &length) && peer.sin_family == AF_INET;
    if (is_net) snprintf(name, 64, "port %d", ntohs(peer.sin_port));
    errno = before;
    return is_net;
}

static int net_fails(const char *kind, int socket) {
    char name[64];
    return is_wanted(kind) && peer_of(socket, name) && fails(kind, name);
}

/* Of what has come: whether it is lost instead. A call that found nothing does not count: how many there are of those is
 * a matter of time. */
static ssize_t come(int socket, ssize_t result) {
    char name[64];
    if (result < 0 || !is_wanted("receive") || !peer_of(socket, name)) return result;
    int is_small = socket < (int)sizeof is_silent;
    if (is_small && is_silent[socket] && result > 0) return errno = EAGAIN, -1;
    if (!fails("receive", name)) return result;
    if (error == 0) return 0;
    if (error == -1) {
        if (is_small) is_silent[socket] = 1;
        errno = EAGAIN;
    }
    return -1;
}

/* Files by name. */

static int opens(int folder, const char *path, int flags, mode_t mode) {
    if (path_fails(flags & O_CREAT ? "create" : "open", folder, path)) return -1;
    REAL(int, "openat64", int, const char *, int, ...);
    return real(folder, path, flags, mode);
}

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) { MODE return opens(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opens(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return opens(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return opens(folder, path, flags, mode); }

DIR *opendir(const char *path) {
    if (path_fails("list", AT_FDCWD, path)) return NULL;
    REAL(DIR *, "opendir", const char *);
    return real(path);
}

DIR *fdopendir(int file) {
    if (file_fails("list", file)) return NULL;
    REAL(DIR *, "fdopendir", int);
    return real(file);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict status) {
    if (*path ? path_fails("stat", folder, path) : file_fails("stat", folder)) return -1;
    REAL(int, "statx", int, const char *, int, unsigned, struct statx *);
    return real(folder, path, flags, mask, status);
}

int rename(const char *from, const char *to) {
    if (path_fails("rename", AT_FDCWD, from)) return -1;
    REAL(int, "rename", const char *, const char *);
    return real(from, to);
}

int unlink(const char *path) {
    if (path_fails("remove", AT_FDCWD, path)) return -1;
    REAL(int, "unlink", const char *);
    return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    if (path_fails("remove", folder, path)) return -1;
    REAL(int, "unlinkat", int, const char *, int);
    return real(folder, path, flags);
}

int rmdir(const char *path) {
    if (path_fails("remove", AT_FDCWD, path)) return -1;
    REAL(int, "rmdir", const char *);
    return real(path);
}

int mkdir(const char *path, mode_t mode) {
    if (path_fails("make", AT_FDCWD, path)) return -1;
    REAL(int, "mkdir", const char *, mode_t);
    return real(path, mode);
}

/* Files that are open. */

int fsync(int file) {
    if (file_fails("sync", file)) return -1;
    REAL(int, "fsync", int);
    return real(file);
}

int fdatasync(int file) {
    if (file_fails("sync", file)) return -1;
    REAL(int, "fdatasync", int);
    return real(file);
}

int sync_file_range(int file, off64_t from, off64_t bytes, unsigned flags) {
    if (file_fails("sync", file)) return -1;
    REAL(int, "sync_file_range", int, off64_t, off64_t, unsigned);
    return real(file, from, bytes, flags);
}

int ftruncate64(int file, off64_t bytes) {
    if (file_fails("truncate", file)) return -1;
    REAL(int, "ftruncate64", int, off64_t);
    return real(file, bytes);
}

int ftruncate(int file, off_t bytes) { return ftruncate64(file, bytes); }

int flock(int file, int what) {
    if (file_fails("lock", file)) return -1;
    REAL(int, "flock", int, int);
    return real(file, what);
}

static int is_mark(int file) {
    char name[PATH_MAX];
    int before = errno;
    size_t length = name_of(file, name) ? strlen(name) : 0;
    errno = before;
    return length > 5 && !strcmp(name + length - 5, "/mark");
}

/* A disk that is full takes half of what it is given first. */
static size_t half(size_t bytes) { return error == ENOSPC || error == EDQUOT ? bytes / 2 : 0; }

ssize_t write(int file, const void *from, size_t bytes) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (calls && !is_open) is_open = is_mark(file);
    if (net_fails("send", file)) return -1;
    if (file_fails("write", file)) {
        if (half(bytes)) (void)!real(file, from, half(bytes));
        return errno = error, -1;
    }
    return real(file, from, bytes);
}

ssize_t pwrite64(int file, const void *from, size_t bytes, off64_t where) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (file_fails("write", file)) {
        if (half(bytes)) (void)!real(file, from, half(bytes), where);
        return errno = error, -1;
    }
    return real(file, from, bytes, where);
}

ssize_t pwrite(int file, const void *from, size_t bytes, off_t where) { return pwrite64(file, from, bytes, where); }

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (net_fails("send", file) || file_fails("write", file)) return -1;
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return real(file, parts, count);
}

ssize_t copy_file_range(int from, off64_t *at_from, int to, off64_t *at_to, size_t bytes, unsigned flags) {
    if (file_fails("write", to)) return -1;
    REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
    return real(from, at_from, to, at_to, bytes, flags);
}

ssize_t read(int file, void *to, size_t bytes) {
    if (file_fails("read", file)) return -1;
    REAL(ssize_t, "read", int, void *, size_t);
    return come(file, real(file, to, bytes));
}

/* Until the store is open this is sled reading a log that the program has just read to its end: it lies in memory, and no disk
 * is asked. */
ssize_t pread64(int file, void *to, size_t bytes, off64_t from) {
    if (is_open && file_fails("read", file)) return -1;
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
    return real(file, to, bytes, from);
}

ssize_t pread(int file, void *to, size_t bytes, off_t from) { return pread64(file, to, bytes, from); }

/* The net. */

int socket(int family, int type, int protocol) {
    if (family == AF_INET && is_wanted("socket") && fails("socket", "of the net")) return -1;
    REAL(int, "socket", int, int, int);
    int made = real(family, type, protocol);
    if (made >= 0 && made < (int)sizeof is_silent) is_silent[made] = 0;
    return made;
}

int connect(int socket, const struct sockaddr *to, socklen_t length) {
    char name[64];
    if (to->sa_family == AF_INET && is_wanted("connect")) {
        snprintf(name, sizeof name, "port %d", ntohs(((const struct sockaddr_in *)to)->sin_port));
        if (fails("connect", name)) return -1;
    }
    REAL(int, "connect", int, const struct sockaddr *, socklen_t);
    return real(socket, to, length);
}

ssize_t send(int socket, const void *from, size_t bytes, int flags) {
    if (net_fails("send", socket)) return -1;
    REAL(ssize_t, "send", int, const void *, size_t, int);
    return real(socket, from, bytes, flags);
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    if (net_fails("send", socket)) return -1;
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    return real(socket, message, flags);
}

ssize_t recv(int socket, void *to, size_t bytes, int flags) {
    REAL(ssize_t, "recv", int, void *, size_t, int);
    ssize_t result = real(socket, to, bytes, flags);
    return flags & MSG_PEEK ? result : come(socket, result);
}

ssize_t readv(int file, const struct iovec *parts, int count) {
    if (file_fails("read", file)) return -1;
    REAL(ssize_t, "readv", int, const struct iovec *, int);
    return come(file, real(file, parts, count));
}
