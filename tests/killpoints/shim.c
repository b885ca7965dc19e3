/* Preloaded into a program: it numbers the program's calls that open, write, name or remove files, make pipes or
 * processes, or talk to a bus, and kills the program, or fails the call, at a chosen number.
 *
 * It acts once it is armed: by killpoints_arm(), or at the start by $KILLPOINTS,
 *     STATE|ROOTS|AT|ACTION|CLASSES|LASTS|WHOLE
 * Only calls of a class in CLASSES have a number, of those on files only the ones below ROOTS (separated by
 * colons) and on standard output. Number AT is where ACTION is done: "kill" before the call, "half" kills after half
 * of the bytes are written, a number is the errno with which the call fails (with LASTS all later ones, too), "none"
 * only counts. STATE is a file of struct state, shared with the editor that crontab(1) runs: setgid, crontab drops
 * LD_PRELOAD, so that $EDITOR itself is made to set it (see execve below). WHOLE: children are counted, too. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* As tests/killpoints/faults.py has them. */
enum {
    READ = 1,         /* opening for reading */
    CREATE = 2,       /* opening for writing */
    WRITE = 4,
    SYNC = 8,
    NAME = 16,        /* rename, mkdir, link: may take space */
    REMOVE = 32,
    MODE = 64,        /* chmod, chown, times */
    LOCK = 128,
    DESCRIPTOR = 256, /* pipes, sockets, epoll */
    FORK = 512,
    WAIT = 1024,      /* a kill leaves the child at work */
    BUS = 2048,
};
enum { GO, HALF, FAIL };

struct state {
    atomic_int calls; /* numbered so far */
    atomic_int hits;  /* faults done */
    int editor[2];    /* the first and the last number of a call by crontab's editor */
    char last[240];   /* the call of the first fault, else the latest call */
};

static struct state *state;
static char roots[1024], action[32], preload[1024], spec[2048];
static int at, classes, lasts, whole;
static pid_t self;
static __thread int always; /* standard output counts wherever it leads */

void killpoints_arm(const char *given)
{
    char text[2048], *rest = text, *part[7] = {0};
    static int (*real)(const char *, int, ...);
    real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    snprintf(text, sizeof text, "%s", given);
    for (int i = 0; i < 7; i++)
        if (!(part[i] = strsep(&rest, "|")))
            return;
    snprintf(spec, sizeof spec, "%s", given);
    snprintf(roots, sizeof roots, "%s", part[1]);
    at = atoi(part[2]);
    snprintf(action, sizeof action, "%s", part[3]);
    classes = atoi(part[4]);
    lasts = atoi(part[5]);
    whole = atoi(part[6]);
    int fd = real(part[0], O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED : mmap(0, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    Dl_info where;
    if (dladdr((void *)killpoints_arm, &where))
        snprintf(preload, sizeof preload, "%s", where.dli_fname);
    self = getpid();
    state = map == MAP_FAILED ? NULL : map;
}

__attribute__((constructor)) static void begin(void)
{
    const char *given = getenv("KILLPOINTS");
    if (given)
        killpoints_arm(given);
    if (!whole)
        unsetenv("LD_PRELOAD");
}

static int below(const char *path)
{
    for (const char *root = roots; *root;) {
        size_t size = strcspn(root, ":");
        if (!strncmp(path, root, size) && (path[size] == '/' || !path[size] || root[size - 1] == '/'))
            return 1;
        root += size + (root[size] == ':');
    }
    return 0;
}

static const char *named(int fd)
{
    static __thread char name[512];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, name, sizeof name - 1);
    name[size < 0 ? 0 : size] = 0;
    return name;
}

static const char *joined(int folder, const char *path)
{
    static __thread char whole_path[1024];
    if (!path)
        return named(folder);
    if (path[0] == '/')
        return path;
    if (folder == AT_FDCWD) {
        char here[512];
        snprintf(whole_path, sizeof whole_path, "%s/%s", getcwd(here, sizeof here) ? here : "", path);
    } else
        snprintf(whole_path, sizeof whole_path, "%s/%s", named(folder), path);
    return whole_path;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What is to be done with a call: number it if it has one, and act if it is the one. */
static int met(int class, const char *name, const char *path)
{
    int before = errno;
    if (!state || !(classes & class) || (!whole && getpid() != self) || (path && !always && !below(path)))
        return GO;
    int number = atomic_fetch_add(&state->calls, 1) + 1;
    if (whole) {
        state->editor[0] = state->editor[0] ? state->editor[0] : number;
        state->editor[1] = number;
    }
    if (number < at || (number > at && !lasts) || !strcmp(action, "none")) {
        if (!state->hits)
            snprintf(state->last, sizeof state->last, "%s %s", name, path ? path : "");
        errno = before;
        return GO;
    }
    if (!atomic_fetch_add(&state->hits, 1))
        snprintf(state->last, sizeof state->last, "%s %s", name, path ? path : "");
    if (!strcmp(action, "kill"))
        die();
    if (!strcmp(action, "half"))
        return HALF;
    errno = class == FORK ? EAGAIN : atoi(action);
    return FAIL;
}

#define REAL(type, name, declared)    \
    static type(*real) declared;      \
    if (!real)                        \
        real = (type(*) declared)dlsym(RTLD_NEXT, #name)

#define CALL(class, type, name, declared, given, path, failed) \
    type name declared                                         \
    {                                                          \
        REAL(type, name, declared);                            \
        if (met(class, #name, path) == FAIL)                   \
            return failed;                                     \
        return real given;                                     \
    }

CALL(SYNC, int, fsync, (int fd), (fd), named(fd), -1)
CALL(SYNC, int, fdatasync, (int fd), (fd), named(fd), -1)
CALL(WRITE, int, ftruncate, (int fd, off_t size), (fd, size), named(fd), -1)
CALL(WRITE, int, ftruncate64, (int fd, off64_t size), (fd, size), named(fd), -1)
CALL(NAME, int, rename, (const char *from, const char *to), (from, to), joined(AT_FDCWD, to), -1)
CALL(NAME, int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), joined(b, to), -1)
CALL(NAME, int, link, (const char *from, const char *to), (from, to), joined(AT_FDCWD, to), -1)
CALL(NAME, int, symlink, (const char *from, const char *to), (from, to), joined(AT_FDCWD, to), -1)
CALL(NAME, int, symlinkat, (const char *from, int b, const char *to), (from, b, to), joined(b, to), -1)
CALL(NAME, int, mkdir, (const char *path, mode_t mode), (path, mode), joined(AT_FDCWD, path), -1)
CALL(NAME, int, mkdirat, (int a, const char *path, mode_t mode), (a, path, mode), joined(a, path), -1)
CALL(REMOVE, int, unlink, (const char *path), (path), joined(AT_FDCWD, path), -1)
CALL(REMOVE, int, unlinkat, (int a, const char *path, int flags), (a, path, flags), joined(a, path), -1)
CALL(REMOVE, int, rmdir, (const char *path), (path), joined(AT_FDCWD, path), -1)
CALL(MODE, int, chmod, (const char *path, mode_t mode), (path, mode), joined(AT_FDCWD, path), -1)
CALL(MODE, int, fchmod, (int fd, mode_t mode), (fd, mode), named(fd), -1)
CALL(MODE, int, fchmodat, (int a, const char *path, mode_t mode, int f), (a, path, mode, f), joined(a, path), -1)
CALL(MODE, int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), named(fd), -1)
CALL(MODE, int, futimens, (int fd, const struct timespec times[2]), (fd, times), named(fd), -1)
CALL(MODE, int, utimensat, (int a, const char *path, const struct timespec times[2], int f), (a, path, times, f),
     joined(a, path), -1)
CALL(LOCK, int, flock, (int fd, int how), (fd, how), named(fd), -1)
CALL(READ, DIR *, opendir, (const char *path), (path), joined(AT_FDCWD, path), NULL)
CALL(DESCRIPTOR, int, pipe, (int ends[2]), (ends), NULL, -1)
CALL(DESCRIPTOR, int, pipe2, (int ends[2], int flags), (ends, flags), NULL, -1)
CALL(DESCRIPTOR, int, socket, (int a, int b, int c), (a, b, c), NULL, -1)
CALL(DESCRIPTOR, int, socketpair, (int a, int b, int c, int ends[2]), (a, b, c, ends), NULL, -1)
CALL(DESCRIPTOR, int, epoll_create1, (int flags), (flags), NULL, -1)
CALL(DESCRIPTOR, int, eventfd, (unsigned first, int flags), (first, flags), NULL, -1)
CALL(FORK, pid_t, fork, (void), (), NULL, -1)
CALL(WAIT, pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags), NULL, -1)
CALL(WAIT, int, poll, (struct pollfd * all, nfds_t count, int time), (all, count, time), NULL, -1)
CALL(BUS, ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags), NULL, -1)
CALL(BUS, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), NULL, -1)

/* Not to be wrapped: it returns twice into the frame that calls it. */
pid_t vfork(void)
{
    return fork();
}

#define WRITING(name, declared, given, fd, size)              \
    ssize_t name declared                                     \
    {                                                         \
        REAL(ssize_t, name, declared);                        \
        always = fd == 1;                                     \
        int then = met(WRITE, #name, named(fd));              \
        always = 0;                                           \
        switch (then) {                                       \
        case FAIL:                                            \
            return -1;                                        \
        case HALF:                                            \
            size /= 2;                                        \
            if (size)                                         \
                (void)!real given;                            \
            die();                                            \
        }                                                     \
        return real given;                                    \
    }

WRITING(write, (int fd, const void *data, size_t size), (fd, data, size), fd, size)
WRITING(pwrite, (int fd, const void *data, size_t size, off_t from), (fd, data, size, from), fd, size)
WRITING(pwrite64, (int fd, const void *data, size_t size, off64_t from), (fd, data, size, from), fd, size)

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags)
{
    REAL(ssize_t, copy_file_range, (int, off64_t *, int, off64_t *, size_t, unsigned));
    struct stat facts;
    switch (met(WRITE, "copy_file_range", named(out))) {
    case FAIL:
        return -1;
    case HALF:
        if (!fstat(in, &facts) && facts.st_size > 1)
            (void)!real(in, from, out, to, facts.st_size / 2, flags);
        die();
    }
    return real(in, from, out, to, size, flags);
}

static int opened(const char *name, int folder, const char *path, int flags, mode_t mode)
{
    REAL(int, openat64, (int, const char *, int, ...));
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (met(writes ? CREATE : READ, name, joined(folder, path)) == FAIL)
        return -1;
    return real(folder, path, flags, mode);
}

#define OPEN(name, folder, ...)                                                 \
    int name(__VA_ARGS__ const char *path, int flags, ...)                      \
    {                                                                           \
        va_list more;                                                           \
        va_start(more, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                           \
        return opened(#name, folder, path, flags, mode);                        \
    }

OPEN(open, AT_FDCWD, )
OPEN(open64, AT_FDCWD, )
OPEN(openat, folder, int folder, )
OPEN(openat64, folder, int folder, )

/* crontab(1) is given an editor that arms itself: crontab hands $EDITOR to sh, so it may begin with assignments. */
int execve(const char *program, char *const given[], char *const environment[])
{
    REAL(int, execve, (const char *, char *const[], char *const[]));
    static char words[2][4096];
    static char *changed[512];
    const char *base = strrchr(program, '/');
    int used = 0, count = 0;
    char *bar = strrchr(spec, '|');
    if (!state || !bar || strcmp(base ? base + 1 : program, "crontab"))
        return real(program, given, environment);
    for (; environment[count] && count < 511; count++) {
        char *old = environment[count];
        const char *name = !strncmp(old, "EDITOR=", 7) ? "EDITOR" : !strncmp(old, "VISUAL=", 7) ? "VISUAL" : NULL;
        if (name && used < 2) {
            snprintf(words[used], sizeof words[used], "%s=LD_PRELOAD=%s KILLPOINTS='%.*s|1' %s", name, preload,
                     (int)(bar - spec), spec, old + 7);
            old = words[used++];
        }
        changed[count] = old;
    }
    changed[count] = NULL;
    return real(program, given, changed);
}
