/* Preloaded into one fedtui: it counts the calls that change a file, talk to a bus or wait for a program, and
 * kills the process just before call number $KILL_AT. Without that number $KILL_COUNT, a file, is given one line a
 * call. Children are not counted: the library takes itself out of the environment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int calls;
static int kill_at, count_to = -1;
static pid_t self;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("KILL_AT"), *count = getenv("KILL_COUNT");
    kill_at = at ? atoi(at) : 0;
    self = getpid();
    unsetenv("LD_PRELOAD");
    if (count)
        count_to = fcntl(open(count, O_WRONLY | O_CREAT | O_TRUNC, 0644), F_DUPFD_CLOEXEC, 300);
}

static void met(const char *name)
{
    if (getpid() != self)
        return;
    int call = atomic_fetch_add(&calls, 1) + 1;
    if (count_to >= 0)
        dprintf(count_to, "%d %s\n", call, name);
    if (call == kill_at) {
        kill(self, SIGKILL);
        for (;;)
            pause();
    }
}

#define CALL(type, name, declared, given)                 \
    type name declared                                    \
    {                                                     \
        static type(*real) declared;                      \
        if (!real)                                        \
            real = (type(*) declared)dlsym(RTLD_NEXT, #name); \
        met(#name);                                       \
        return real given;                                \
    }

CALL(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, ftruncate64, (int fd, off64_t size), (fd, size))
CALL(int, rename, (const char *from, const char *to), (from, to))
CALL(int, unlink, (const char *path), (path))
CALL(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
CALL(int, rmdir, (const char *path), (path))
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, symlink, (const char *to, const char *path), (to, path))
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode))
CALL(int, poll, (struct pollfd * all, nfds_t count, int time), (all, count, time))
CALL(pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
CALL(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))

ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (fd != count_to)
        met("write");
    return real(fd, data, size);
}

static int opened(const char *name, int folder, const char *path, int flags, mode_t mode)
{
    static int (*real)(int, const char *, int, ...);
    if (!real)
        real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat64");
    if (flags & (O_CREAT | O_TRUNC))
        met(name);
    return real(folder, path, flags, mode);
}

#define OPEN(name, folder, ...)                                    \
    int name(__VA_ARGS__ const char *path, int flags, ...)         \
    {                                                              \
        va_list more;                                              \
        va_start(more, flags);                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                              \
        return opened(#name, folder, path, flags, mode);           \
    }

OPEN(open, AT_FDCWD, )
OPEN(open64, AT_FDCWD, )
OPEN(openat, folder, int folder, )
OPEN(openat64, folder, int folder, )
