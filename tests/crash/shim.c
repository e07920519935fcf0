/* Lets the n-th call by which a process changes files below a folder fail, or be its last.

   Loaded by LD_PRELOAD. Environment: SHIM_FOLDER, the folder; SHIM_AT, n, from 1; SHIM_HOW:
     full   the n-th and all later writes find no space; what needs none still works
     once   only the n-th finds none
     kill   SIGKILL before the n-th
     torn   SIGKILL in the middle of the n-th, where it is a write
   SHIM_LOG, a file that gets a line for each call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char *folder;
static const char *how;
static long at, count;
static int log_to = -1;

__attribute__((constructor)) static void begin(void) {
    const char *told = getenv("SHIM_AT"), *log = getenv("SHIM_LOG");
    folder = getenv("SHIM_FOLDER");
    how = getenv("SHIM_HOW");
    at = told ? atol(told) : 0;
    if (log) log_to = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) {
    return folder && path && !strncmp(path, folder, strlen(folder));
}

static int below_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

/* 0: go on; 1: fail for want of space; 2: write half of it, and die */
static int verdict(const char *name, const char *path, int needs_space) {
    long number = __sync_add_and_fetch(&count, 1);
    if (log_to >= 0) dprintf(log_to, "%ld %s %s\n", number, name, path);
    if (!at || !how || number < at) return 0;
    if (!strcmp(how, "full")) return needs_space != 0;
    if (number != at) return 0;
    if (!strcmp(how, "once")) return needs_space != 0;
    if (!strcmp(how, "torn") && needs_space == 2) return 2;
    kill(getpid(), SIGKILL);
    pause();
    return 0;
}

static int judged(const char *name, int fd, int needs_space) {
    char path[PATH_MAX];
    int saved = errno;
    int told = below_fd(fd, path) ? verdict(name, path, needs_space) : 0;
    errno = told == 1 ? ENOSPC : saved;
    return told;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    pause();
}

ssize_t write(int fd, const void *data, size_t size) {
    int told = judged("write", fd, 2);
    if (told == 1) return -1;
    ssize_t done = NEXT(write)(fd, data, told == 2 ? size / 2 : size);
    if (told == 2) die();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    int told = judged("pwrite", fd, 2);
    if (told == 1) return -1;
    ssize_t done = NEXT(pwrite)(fd, data, told == 2 ? size / 2 : size, offset);
    if (told == 2) die();
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    int told = judged("pwrite64", fd, 2);
    if (told == 1) return -1;
    ssize_t done = NEXT(pwrite64)(fd, data, told == 2 ? size / 2 : size, offset);
    if (told == 2) die();
    return done;
}

int fsync(int fd) { return judged("fsync", fd, 1) ? -1 : NEXT(fsync)(fd); }

int fdatasync(int fd) { return judged("fdatasync", fd, 1) ? -1 : NEXT(fdatasync)(fd); }

/* making a file shorter needs no space */
static int longer(int fd, off64_t size) {
    struct stat64 is;
    return !fstat64(fd, &is) && size > is.st_size;
}

int ftruncate(int fd, off_t size) {
    return judged("ftruncate", fd, longer(fd, size)) ? -1 : NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    return judged("ftruncate64", fd, longer(fd, size)) ? -1 : NEXT(ftruncate64)(fd, size);
}

static int refused(const char *name, const char *path, int needs_space) {
    if (!below(path) || !verdict(name, path, needs_space)) return 0;
    errno = ENOSPC;
    return 1;
}

int rename(const char *old, const char *new) {
    return refused("rename", new, 1) ? -1 : NEXT(rename)(old, new);
}

int unlink(const char *path) { return refused("unlink", path, 0) ? -1 : NEXT(unlink)(path); }

int mkdir(const char *path, mode_t mode) {
    return refused("mkdir", path, 1) ? -1 : NEXT(mkdir)(path, mode);
}

static int creates(const char *path, int flags) {
    struct stat is;
    return (flags & O_CREAT) && below(path) && stat(path, &is);
}

#define OPENS(name)                                                      \
    int name(const char *path, int flags, ...) {                         \
        va_list rest;                                                    \
        va_start(rest, flags);                                           \
        mode_t mode = va_arg(rest, mode_t);                              \
        va_end(rest);                                                    \
        if (creates(path, flags) && refused(#name, path, 1)) return -1; \
        return NEXT(name)(path, flags, mode);                            \
    }
OPENS(open)
OPENS(open64)
