/* What the tests of the C interface share: checks that are counted, and a directory that goes away. For C11 and C++17. */
#ifndef EMBEDDING_CHECK_H
#define EMBEDDING_CHECK_H

#include <holosnap.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int checks_passed, checks_failed;
static char scratch_path[256];

/* Prints a line if it does not hold. */
#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
/* Of a status; error may be NULL. */
#define CHECK_STATUS(expression, expected, error) \
  check_status((expression), (expected), #expression, (error), __FILE__, __LINE__)

static inline int check_that(int holds, const char *text, const char *file, int line) {
  if (holds) return __atomic_add_fetch(&checks_passed, 1, __ATOMIC_RELAXED) != 0;
  __atomic_add_fetch(&checks_failed, 1, __ATOMIC_RELAXED);
  printf("%s:%d: not so: %s\n", file, line, text);
  fflush(stdout);
  return 0;
}

static inline int check_status(
    holosnap_status status, holosnap_status expected, const char *text, const holosnap_error *error, const char *file,
    int line) {
  if (status == expected) return __atomic_add_fetch(&checks_passed, 1, __ATOMIC_RELAXED) != 0;
  __atomic_add_fetch(&checks_failed, 1, __ATOMIC_RELAXED);
  printf(
      "%s:%d: %s, not %s: %s%s%s\n", file, line, holosnap_status_name(status), holosnap_status_name(expected), text,
      error != NULL && status != HOLOSNAP_OK ? ": " : "", error != NULL && status != HOLOSNAP_OK ? error->message : "");
  fflush(stdout);
  return 0;
}

/* Removes a directory and the files in it, and in directories in it. */
static inline void remove_tree(const char *path) {
  DIR *directory = opendir(path);
  if (directory != NULL) {
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
      char inner[4096];
      struct stat status;
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      snprintf(inner, sizeof inner, "%.2000s/%s", path, entry->d_name);
      if (lstat(inner, &status) == 0 && S_ISDIR(status.st_mode)) {
        remove_tree(inner);
      } else {
        unlink(inner);
      }
    }
    closedir(directory);
  }
  rmdir(path);
}

/* Entries of a directory but those whose names begin with a dot; ending: of these only. */
static inline int count_entries(const char *path, const char *ending) {
  int count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) return 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    size_t length = strlen(entry->d_name), tail = strlen(ending);
    if (entry->d_name[0] != '.' && length >= tail && strcmp(entry->d_name + length - tail, ending) == 0) count++;
  }
  closedir(directory);
  return count;
}

/* All entries of a directory, hidden ones too. */
static inline int count_all(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) return 0;
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count - 2;
}

/* Makes the directory that scratch_path names, and sees to it that a test that hangs ends. */
static inline void begin_checks(unsigned seconds) {
  const char *base = getenv("TMPDIR");
  snprintf(scratch_path, sizeof scratch_path, "%.200s/holosnap.XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(scratch_path) == NULL) {
    perror(scratch_path);
    exit(1);
  }
  alarm(seconds);
}

/* The exit status. */
static inline int end_checks(void) {
  remove_tree(scratch_path);
  if (checks_failed > 0) printf("%d checks failed\n", checks_failed);
  printf("%d checks passed\n", checks_passed);
  return checks_failed > 0;
}

#endif
