// What glibc shows only to programs built with _GNU_SOURCE, which Swift's Glibc module is not.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// renameat2(2) within one directory; fails with EEXIST where `newName` is taken.
static inline int linux_rename_noreplace(int directory, const char *name, const char *newName) {
  return (int)syscall(SYS_renameat2, directory, name, directory, newName, RENAME_NOREPLACE);
}

/// For open(2): a way to other files, without the permission to read this one.
static const int linux_o_path = __O_PATH;

/// syncfs(2): makes everything durable that was written to the file system of an open file.
static inline int linux_syncfs(int file) {
  return (int)syscall(SYS_syncfs, file);
}

/// The `tv_nsec` that tells utimensat(2) and futimens(3) to leave a time as it is.
static const long linux_utime_omit = UTIME_OMIT;

#endif
