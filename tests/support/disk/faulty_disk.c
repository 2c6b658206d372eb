/*
 * A library for LD_PRELOAD that makes the disk below one folder fail, stall or count, and shifts the wall clock of the process.
 * FaultyDisk in faulty_disk.ts builds it, and describes the faults. SQLite calls these functions of the C library on Deno, Bun and Node.
 *
 * Two environment variables configure it: FAULTY_DISK_FOLDER, which ends in a slash, and FAULTY_DISK_CONTROL, the path of a file with a
 * struct control. The file is mapped into memory, so the process obeys it at once after another process has written to it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FILES 65536
#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* The order is that of DISK_FAULTS in faulty_disk.ts. */
enum fault { OK, FULL, EIO_, READONLY, SLOW, HOLD, DIE, CUT };

/* The order is that of FIELDS in faulty_disk.ts. */
struct control {
  _Atomic int64_t fault;
  _Atomic int64_t amount;
  _Atomic int64_t clock_ms;
  /* Whether a power cut can follow, for which unsynced writes are recorded. */
  _Atomic int64_t is_recording;
  _Atomic int64_t writes;
  _Atomic int64_t syncs_begun;
  _Atomic int64_t syncs;
  _Atomic int64_t refused;
};

static struct control *control;
static const char *folder;
/* The paths of the open files in the folder, by descriptor. */
static char *_Atomic paths[FILES];

/* The bytes that a part of a file had before the first write to it since the file was synced. */
struct before {
  struct before *next;
  char *path;
  off_t offset;
  size_t size;
  char bytes[];
};

static struct before *unsynced;
static pthread_mutex_t unsynced_lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_unlink)(const char *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_posix_fallocate)(int, off_t, off_t);
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_gettimeofday)(struct timeval *, void *);
static int (*real_pthread_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

#define FIND(name) real_##name = dlsym(RTLD_NEXT, #name)

/* Another library's constructor may call a function before this one ran, so each function calls it as well. No thread runs by then. */
static void __attribute__((constructor)) start(void) {
  static int is_started;
  if (is_started) return;
  is_started = 1;
  FIND(open);
  FIND(openat);
  FIND(close);
  FIND(unlink);
  FIND(write);
  FIND(pwrite);
  FIND(fsync);
  FIND(fdatasync);
  FIND(ftruncate);
  FIND(fallocate);
  FIND(posix_fallocate);
  FIND(clock_gettime);
  FIND(gettimeofday);
  /* On x86-64 dlsym finds the one of before 2003. */
  real_pthread_cond_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real_pthread_cond_timedwait) FIND(pthread_cond_timedwait);
  const char *path = getenv("FAULTY_DISK_CONTROL");
  folder = getenv("FAULTY_DISK_FOLDER");
  if (!path || !folder) return;
  int fd = real_open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  real_close(fd);
  if (mapped != MAP_FAILED) control = mapped;
}

static int is_in_folder(const char *path) {
  return control && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_file(int fd) {
  return control && fd >= 0 && fd < FILES && paths[fd];
}

static void note(int fd, const char *path) {
  if (fd < 0 || fd >= FILES) return;
  free(atomic_exchange(&paths[fd], path ? strdup(path) : NULL));
}

static int refuse(int error) {
  control->refused++;
  errno = error;
  return -1;
}

static void wait_ms(int64_t ms) {
  struct timespec time = {ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS};
  nanosleep(&time, NULL);
}

/* Records what a write replaces, zeros beyond the end of the file included. */
static void record(int fd, off_t offset, size_t size) {
  if (!control->is_recording) return;
  pthread_mutex_lock(&unsynced_lock);
  struct before *one = unsynced;
  while (one && (one->offset != offset || one->size != size || strcmp(one->path, paths[fd]) != 0)) one = one->next;
  if (!one) {
    one = calloc(1, sizeof(struct before) + size);
    int file = real_open(paths[fd], O_RDONLY | O_CLOEXEC);
    if (pread(file, one->bytes, size, offset) < 0) abort();
    real_close(file);
    one->path = strdup(paths[fd]);
    one->offset = offset;
    one->size = size;
    one->next = unsynced;
    unsynced = one;
  }
  pthread_mutex_unlock(&unsynced_lock);
}

/* Forgets the records of a file that was synced. */
static void forget(int fd) {
  pthread_mutex_lock(&unsynced_lock);
  for (struct before **at = &unsynced; *at;) {
    struct before *one = *at;
    if (strcmp(one->path, paths[fd]) == 0) {
      *at = one->next;
      free(one->path);
      free(one);
    } else at = &one->next;
  }
  pthread_mutex_unlock(&unsynced_lock);
}

/* Takes back unsynced writes: each of them, or by chance each second one, as a disk may write in any order. */
static void lose_unsynced(void) {
  pthread_mutex_lock(&unsynced_lock);
  unsigned seed = getpid();
  int loses_all = rand_r(&seed) % 2;
  for (struct before *one = unsynced; one; one = one->next) {
    if (!loses_all && rand_r(&seed) % 2) continue;
    int file = real_open(one->path, O_WRONLY | O_CLOEXEC);
    if (file >= 0 && real_pwrite(file, one->bytes, one->size, one->offset) < 0) abort();
    if (file >= 0) real_close(file);
  }
}

/* Counts an operation down, and kills the process after the last one. */
static void maybe_die(void) {
  int64_t fault = control->fault;
  if ((fault != DIE && fault != CUT) || --control->amount > 0) return;
  if (fault == CUT) lose_unsynced();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Tells whether an operation gets an I/O error, and counts those that still work. */
static int fails(void) {
  return control->fault == EIO_ && atomic_fetch_sub(&control->amount, 1) <= 0;
}

/* Returns the error of a file that is opened, or 0. */
static int open_error(const char *path, int flags) {
  if (!is_in_folder(path)) return 0;
  int is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
  if (control->fault == READONLY && (is_new || (flags & O_ACCMODE) != O_RDONLY)) return EROFS;
  if (control->fault == FULL && is_new && control->amount <= 0) return ENOSPC;
  return 0;
}

/* Returns the error of a change that makes a file at least this long, or 0. */
static int write_error(int fd, off_t end) {
  switch (control->fault) {
    case EIO_:
      return fails() ? EIO : 0;
    case READONLY:
      return EROFS;
    case FULL: {
      struct stat file;
      if (fstat(fd, &file) != 0 || end <= file.st_size) return 0;
      int64_t grown = end - file.st_size;
      if (atomic_fetch_sub(&control->amount, grown) >= grown) return 0;
      control->amount += grown;
      return ENOSPC;
    }
    default:
      return 0;
  }
}

#define MODE(flags)                            \
  mode_t mode = 0;                             \
  if (flags & (O_CREAT | __O_TMPFILE)) {       \
    va_list rest;                              \
    va_start(rest, flags);                     \
    mode = va_arg(rest, mode_t);               \
    va_end(rest);                              \
  }

int open(const char *path, int flags, ...) {
  MODE(flags);
  start();
  int error = open_error(path, flags);
  if (error) return refuse(error);
  int fd = real_open(path, flags, mode);
  note(fd, is_in_folder(path) ? path : NULL);
  return fd;
}

int open64(const char *path, int flags, ...) {
  MODE(flags);
  return open(path, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE(flags);
  start();
  int error = open_error(path, flags);
  if (error) return refuse(error);
  int fd = real_openat(at, path, flags, mode);
  note(fd, is_in_folder(path) ? path : NULL);
  return fd;
}

int openat64(int at, const char *path, int flags, ...) {
  MODE(flags);
  return openat(at, path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
  start();
  note(fd, NULL);
  return real_close(fd);
}

int unlink(const char *path) {
  start();
  if (is_in_folder(path) && control->fault == READONLY) return refuse(EROFS);
  return real_unlink(path);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  start();
  if (!is_file(fd)) return real_write(fd, bytes, size);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  int error = write_error(fd, offset + size);
  if (error) return refuse(error);
  record(fd, offset, size);
  ssize_t written = real_write(fd, bytes, size);
  control->writes++;
  maybe_die();
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  start();
  if (!is_file(fd)) return real_pwrite(fd, bytes, size, offset);
  int error = write_error(fd, offset + size);
  if (error) return refuse(error);
  record(fd, offset, size);
  ssize_t written = real_pwrite(fd, bytes, size, offset);
  control->writes++;
  maybe_die();
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) {
  return pwrite(fd, bytes, size, offset);
}

static int sync_file(int fd, int (*real)(int)) {
  if (!is_file(fd)) return real(fd);
  control->syncs_begun++;
  while (control->fault == HOLD) wait_ms(1);
  if (control->fault == SLOW) wait_ms(control->amount);
  if (fails()) return refuse(EIO);
  if (control->fault == READONLY) return refuse(EROFS);
  int result = real(fd);
  forget(fd);
  control->syncs++;
  maybe_die();
  return result;
}

int fsync(int fd) {
  start();
  return sync_file(fd, real_fsync);
}

int fdatasync(int fd) {
  start();
  return sync_file(fd, real_fdatasync);
}

int ftruncate(int fd, off_t size) {
  start();
  int error = is_file(fd) ? write_error(fd, size) : 0;
  return error ? refuse(error) : real_ftruncate(fd, size);
}

int ftruncate64(int fd, off_t size) {
  return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  start();
  int error = is_file(fd) ? write_error(fd, offset + size) : 0;
  return error ? refuse(error) : real_fallocate(fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size) {
  return fallocate(fd, mode, offset, size);
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  start();
  int error = is_file(fd) ? write_error(fd, offset + size) : 0;
  if (error) refuse(error);
  return error ? error : real_posix_fallocate(fd, offset, size);
}

int posix_fallocate64(int fd, off_t offset, off_t size) {
  return posix_fallocate(fd, offset, size);
}

static void shift(struct timespec *time, int64_t ms) {
  const int64_t second = (int64_t)MS_PER_S * NS_PER_MS;
  int64_t ns = time->tv_nsec + ms % MS_PER_S * NS_PER_MS;
  time->tv_sec += ms / MS_PER_S + (ns >= second) - (ns < 0);
  time->tv_nsec = (ns + second) % second;
}

int clock_gettime(clockid_t id, struct timespec *time) {
  start();
  int result = real_clock_gettime(id, time);
  int is_wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
  if (control && control->clock_ms && is_wall) shift(time, control->clock_ms);
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  start();
  int result = real_gettimeofday(time, zone);
  struct timespec now;
  if (result == 0 && control && control->clock_ms && clock_gettime(CLOCK_REALTIME, &now) == 0) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

/* The kernel doesn't know the shifted clock, by which Bun calculates when a wait ends. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict end) {
  start();
  struct timespec shifted = *end;
  /* A time by the monotonic clock, which starts with the machine, is never as large. */
  if (control && end->tv_sec > 1000000000) shift(&shifted, -control->clock_ms);
  return real_pthread_cond_timedwait(condition, mutex, &shifted);
}
