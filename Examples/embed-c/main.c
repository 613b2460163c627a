/*
 * embed-c: a program that is captured while it works, dies, and is restored. C11.
 *
 *   embed-c run DIRECTORY [SECONDS]   works in several threads; takes snapshots into DIRECTORY: a full one, incremental ones, one in
 *                                     place, one asynchronously; writes what it answered at the last quiet moment to
 *                                     DIRECTORY/answers.txt; and kills itself with SIGKILL in the middle of its work
 *   embed-c check DIRECTORY           in a fresh process: tries a core of another shape, which is refused and left alone; restores the
 *                                     newest snapshot, asks again, and compares every answer
 *
 * core.h, core.c: the core, which knows nothing of HoloSnap. wiring.c: all that connects the two. Build:
 *
 *   cc -std=c11 main.c wiring.c core.c $(pkg-config --cflags --libs holosnap) -Wl,-rpath,$(pkg-config --variable=libdir holosnap) -pthread -lm -o embed-c
 */
#define _POSIX_C_SOURCE 200809L
#include "wiring.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_DOCUMENTS = 200, QUESTIONS = 100, SIDE = 48, DIMENSION = 256, OWN = 120 };

/* ---- What it does ---- */

static void sentence(uint64_t number, char text[CORE_TEXT]) {
  static const char *const words[] = {"quiet", "lattice", "turns", "seven",   "colours", "under",    "amber",  "glass",
                                      "while", "rivers",  "carry", "letters", "past",    "sleeping", "towers", "home"};
  int end = snprintf(text, CORE_TEXT, "memory %" PRIu64, number);
  for (int i = 0; i < 6; i++)
    end += snprintf(text + end, CORE_TEXT - (size_t)end, " %s", words[(number * 2654435761u >> (4 * i)) % 16]);
}

/* What is asked, and what the core answers, a line each. For who holds the mutex. */
struct answers {
  const struct core *core;
  char now[QUESTIONS * 2 * CORE_TEXT];    /* what it has answered in the last quiet moment */
  char stored[QUESTIONS * 2 * CORE_TEXT]; /* what a snapshot says of that */
};

static bool answer(struct answers *answers) {
  size_t end = 0;
  for (uint64_t number = 0; number < QUESTIONS; number++) {
    char question[CORE_TEXT];
    sentence(4 * number, question);
    question[40] = 0;
    if (!core_answer(answers->core, question, answers->now + end)) return false;
    end += strlen(answers->now + end);
    answers->now[end++] = '\n';
  }
  answers->now[end] = 0;
  return true;
}

/* As a blob, for it is written in the same quiet moment in which the rest is copied; maybe more than once: the last one counts. */
static int write_answers(void *context, holosnap_sink *sink) {
  struct answers *answers = context;
  if (!answer(answers)) return 1;
  return holosnap_sink_write(sink, answers->now, strlen(answers->now), NULL);
}

static int read_answers(void *context, holosnap_source *source, uint32_t version) {
  struct answers *answers = context;
  uint64_t count = 0;
  (void)version;
  if (holosnap_source_read(source, answers->stored, sizeof answers->stored - 1, &count, NULL) != HOLOSNAP_OK) return 1;
  answers->stored[count] = 0;
  return 0;
}

static holosnap_status add_answers(struct wiring *wiring, struct answers *answers, holosnap_error *error) {
  holosnap_blob blob;
  holosnap_blob_init(&blob);
  blob.name = "answers.txt";
  blob.context = answers;
  blob.write = write_answers;
  blob.read = read_answers;
  blob.version = 1;
  return holosnap_state_add_blob(wiring->state, &blob, error);
}

struct writer {
  struct core *core;
  uint64_t number;
  atomic_bool *done;
  pthread_t thread;
};

static void *work(void *context) {
  const struct writer *writer = context;
  uint64_t own[OWN] = {0}; /* the oldest is removed for each that is stored, and now and then a third of them */
  char text[CORE_TEXT], answer[2 * CORE_TEXT];
  for (uint64_t turn = 0; !atomic_load(writer->done); turn++) {
    sentence(FIRST_DOCUMENTS + 3 * turn + writer->number, text);
    core_remove(writer->core, own[turn % OWN]);
    own[turn % OWN] = core_store(writer->core, text, turn % 2 ? "odd" : "even");
    sentence(5 * turn + writer->number, text);
    core_query(writer->core, text, answer);
    for (uint64_t i = 0; turn % 500 == 499 && i < OWN / 3; i++) core_remove(writer->core, own[i]);
    sched_yield();
  }
  return NULL;
}

/* ---- The commands: each gives its exit status ---- */

static int complain(const holosnap_error *error) {
  fprintf(stderr, "%s: %s %s\n", holosnap_status_name(error->status), error->message, error->remedy);
  return 1;
}

static void print(const char *what, const holosnap_capture_report *report) {
  printf(
      "%s: %" PRIu64 " bytes, %" PRIu64 " stored, quiet for %.3f ms\n", what, report->raw_bytes, report->stored_bytes,
      (double)report->pause_nanoseconds / 1e6);
  fflush(stdout);
}

static holosnap_status meanwhile(
    holosnap_state *state, const holosnap_capture_options *options, holosnap_capture_report *report,
    holosnap_error *error) {
  holosnap_capture *capture = NULL;
  holosnap_status status = holosnap_capture_start(state, options, &capture, error);
  if (status) return status;
  holosnap_progress progress;
  holosnap_progress_init(&progress);
  uint64_t shown = 0; /* the writers go on, and so may this thread */
  while ((status = holosnap_capture_wait(capture, 1000000, report, error)) == HOLOSNAP_TIMED_OUT) {
    if (holosnap_capture_poll(capture, &progress, NULL) != HOLOSNAP_OK || progress.done_bytes == shown) continue;
    shown = progress.done_bytes;
    printf("  %" PRIu64 " of %" PRIu64 " bytes\n", shown, progress.total_bytes);
  }
  holosnap_capture_free(capture, NULL);
  return status;
}

static holosnap_status capture_all(
    holosnap_state *state, const char *directory, double seconds, holosnap_error *error) {
  holosnap_capture_options options;
  holosnap_capture_report report;
  holosnap_capture_options_init(&options);
  holosnap_capture_report_init(&report);
  options.store = directory;
  options.type = HOLOSNAP_FULL;
  holosnap_status status = holosnap_state_capture(state, &options, &report, error);
  if (status) return status;
  print("full", &report);

  options.type = HOLOSNAP_INCREMENTAL;
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do {
    status = holosnap_state_capture(state, &options, &report, error);
    if (status) return status;
    print("incremental", &report);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);

  options.mode = HOLOSNAP_IN_PLACE;
  status = holosnap_state_capture(state, &options, &report, error);
  if (status) return status;
  print("incremental, in place", &report);

  options.mode = HOLOSNAP_STAGED;
  status = meanwhile(state, &options, &report, error);
  if (!status) print("incremental, meanwhile", &report);
  return status;
}

static bool write_file(const char *directory, const char *text) {
  char path[4096];
  snprintf(path, sizeof path, "%s/answers.txt", directory);
  FILE *file = fopen(path, "wb");
  bool written = file != NULL && fputs(text, file) >= 0;
  return file != NULL && fclose(file) == 0 && written;
}

static int run(const char *directory, double seconds) {
  static struct answers answers;
  struct core core;
  struct wiring wiring = {0};
  atomic_bool done = false;
  holosnap_engine *engine = NULL;
  holosnap_error error;
  holosnap_error_init(&error);
  if (!core_create(&core, SIDE, DIMENSION)) return 1;
  answers.core = &core;
  mkdir(directory, 0777);
  holosnap_status status = holosnap_engine_create(NULL, &engine, &error);
  if (!status) status = wire(engine, &core, &wiring, &error);
  if (!status) status = add_answers(&wiring, &answers, &error);

  char text[CORE_TEXT];
  for (uint64_t number = 0; number < FIRST_DOCUMENTS; number++) {
    sentence(number, text);
    core_store(&core, text, "first");
  }
  struct writer writers[2];
  for (uint64_t i = 0; i < 2; i++) {
    writers[i] = (struct writer){.core = &core, .number = i, .done = &done};
    if (pthread_create(&writers[i].thread, NULL, work, &writers[i]) != 0) abort();
  }
  if (!status) status = capture_all(wiring.state, directory, seconds, &error);
  if (!status && write_file(directory, answers.now)) {
    printf("killed while it works\n");
    fflush(stdout);
    kill(getpid(), SIGKILL);
  }
  atomic_store(&done, true);
  for (int i = 0; i < 2; i++) pthread_join(writers[i].thread, NULL);
  wiring_free(&wiring);
  holosnap_engine_free(engine, NULL);
  core_free(&core);
  if (status) return complain(&error);
  fprintf(stderr, "cannot write %s/answers.txt\n", directory);
  return 1;
}

/* A core of another shape is refused, and stays what it was. */
static bool refuses(holosnap_engine *engine, const holosnap_restore_options *options) {
  static struct answers answers;
  struct core other;
  struct wiring wiring = {0};
  char text[CORE_TEXT], given[2 * CORE_TEXT];
  holosnap_error error;
  holosnap_error_init(&error);
  if (!core_create(&other, SIDE - 8, DIMENSION)) return false;
  answers.core = &other;
  for (uint64_t number = 0; number < 20; number++) {
    sentence(number, text);
    core_store(&other, text, "other");
  }
  core_query(&other, "glass towers", given);
  uint64_t before = core_fingerprint(&other);
  holosnap_status status = wire(engine, &other, &wiring, &error);
  if (!status) status = add_answers(&wiring, &answers, &error);
  if (!status) status = holosnap_state_restore(wiring.state, NULL, options, NULL, &error);
  printf("another shape: %s: %s\n", holosnap_status_name(status), error.message);
  bool refused = status == HOLOSNAP_MISMATCH && core_fingerprint(&other) == before;
  if (!refused) fprintf(stderr, "that is not what was to be, or the core has changed\n");
  wiring_free(&wiring);
  core_free(&other);
  return refused;
}

static int compare(const struct answers *answers, const char *directory) {
  static char expected[QUESTIONS * 2 * CORE_TEXT];
  char path[4096];
  snprintf(path, sizeof path, "%s/answers.txt", directory);
  FILE *file = fopen(path, "rb");
  if (file != NULL) {
    expected[fread(expected, 1, sizeof expected - 1, file)] = 0;
    fclose(file);
  }
  if (*expected != 0 && strcmp(answers->now, expected) == 0 && strcmp(answers->stored, expected) == 0) {
    printf("%d answers as before\n", QUESTIONS);
    return 0;
  }
  const char *line = answers->now;
  for (size_t i = 0; answers->now[i] != 0 && answers->now[i] == expected[i]; i++)
    if (answers->now[i] == '\n') line = answers->now + i + 1;
  fprintf(
      stderr, "the answers are not as before; the first that differs is now: %.*s\n", (int)strcspn(line, "\n"), line);
  return 1;
}

/* It goes on as if nothing had happened. */
static bool goes_on(struct core *core) {
  char given[2 * CORE_TEXT], expected[32];
  uint64_t id = core_store(core, "an entirely new sentence", "new");
  snprintf(expected, sizeof expected, "%" PRIu64 " ", id);
  return id != 0 && core_query(core, "an entirely new sentence", given) &&
         strncmp(given, expected, strlen(expected)) == 0 && core_remove(core, id);
}

static int check(const char *directory) {
  static struct answers answers;
  struct core core;
  struct wiring wiring = {0};
  holosnap_engine *engine = NULL;
  holosnap_error error;
  holosnap_restore_options options;
  holosnap_restore_report report;
  holosnap_error_init(&error);
  holosnap_restore_options_init(&options);
  holosnap_restore_report_init(&report);
  options.store = directory;
  if (!core_create(&core, SIDE, DIMENSION)) return 1;
  core_store(&core, "what was there before", "old");
  answers.core = &core;

  int result = 1;
  holosnap_status status = holosnap_engine_create(NULL, &engine, &error);
  if (!status && refuses(engine, &options)) {
    status = wire(engine, &core, &wiring, &error);
    if (!status) status = add_answers(&wiring, &answers, &error);
    if (!status) status = holosnap_state_restore(wiring.state, NULL, &options, &report, &error);
    if (!status) {
      printf("restored %" PRIu64 " bytes from %s\n", report.raw_bytes, report.path);
      wiring_release(&wiring);
      if (answer(&answers) && goes_on(&core)) result = compare(&answers, directory);
    }
  }
  wiring_free(&wiring);
  holosnap_engine_free(engine, NULL);
  core_free(&core);
  return status ? complain(&error) : result;
}

int main(int count, char **arguments) {
  if (count > 2 && strcmp(arguments[1], "run") == 0) return run(arguments[2], count > 3 ? atof(arguments[3]) : 2);
  if (count > 2 && strcmp(arguments[1], "check") == 0) return check(arguments[2]);
  fprintf(stderr, "usage: embed-c run DIRECTORY [SECONDS] | embed-c check DIRECTORY\n");
  return 2;
}
