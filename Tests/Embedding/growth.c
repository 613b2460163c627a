/*
 * Captures and restores do not make the process grow: resident memory after a warm-up, and after many more rounds. A round has a full
 * capture, an incremental one in place, a restore, one that fails, one that is cancelled, and one that is freed while it is under way.
 *
 *   growth [ROUNDS]
 */
#define _GNU_SOURCE
#include "check.h"

#include <inttypes.h>

/* Arenas of malloc come with threads that meet, at any time. */
enum { WORDS = 1 << 17, GROWTH = 4 << 20 };

struct application {
  double words[WORDS];
  double *fresh;
  int fails;
};

static int describe(void *context, holosnap_shape *shape, const void **pointer) {
  struct application *application = context;
  shape->rank = 1;
  shape->extents[0] = WORDS;
  *pointer = application->words;
  return application->fails;
}

static int prepare(void *context, const holosnap_shape *shape, void **memory) {
  struct application *application = context;
  *memory = application->fresh = malloc(shape->extents[0] * sizeof(double));
  return application->fresh == NULL;
}

static int write_blob(void *context, holosnap_sink *sink) {
  struct application *application = context;
  return holosnap_sink_write(sink, application->words, sizeof application->words / 4, NULL);
}

static int read_blob(void *context, holosnap_source *source, uint32_t version) {
  char piece[5000];
  uint64_t count = 1;
  (void)context, (void)version;
  while (count > 0)
    if (holosnap_source_read(source, piece, sizeof piece, &count, NULL) != HOLOSNAP_OK) return 1;
  return 0;
}

static int nothing(void *context) {
  (void)context;
  return 0;
}

static int put(void *context) {
  struct application *application = context;
  memcpy(application->words, application->fresh, sizeof application->words);
  free(application->fresh);
  application->fresh = NULL;
  return 0;
}

static int drop(void *context) {
  struct application *application = context;
  free(application->fresh);
  application->fresh = NULL;
  return 0;
}

static void change(struct application *application, unsigned turn) {
  for (size_t i = turn % 97; i < WORDS; i += 97) application->words[i] = (double)turn / (double)(i + 1);
}

static void round_of(holosnap_state *state, struct application *application, unsigned turn) {
  char store[300], path[400];
  holosnap_error error;
  holosnap_capture_options options;
  holosnap_restore_options from;
  holosnap_capture *capture = NULL;
  holosnap_error_init(&error);
  holosnap_capture_options_init(&options);
  holosnap_restore_options_init(&from);
  snprintf(store, sizeof store, "%s/store", scratch_path);
  snprintf(path, sizeof path, "%s/there-is-none.hwp", store);
  mkdir(store, 0777);
  options.store = from.store = store;

  change(application, turn);
  CHECK_STATUS(holosnap_state_capture(state, &options, NULL, &error), HOLOSNAP_OK, &error);
  change(application, turn + 1);
  options.type = HOLOSNAP_INCREMENTAL;
  options.mode = HOLOSNAP_IN_PLACE;
  CHECK_STATUS(holosnap_state_capture(state, &options, NULL, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_restore(state, NULL, &from, NULL, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_restore(state, path, &from, NULL, &error), HOLOSNAP_NOT_FOUND, &error);

  application->fails = 5;
  CHECK_STATUS(holosnap_state_capture(state, &options, NULL, &error), HOLOSNAP_CALLBACK_FAILED, &error);
  application->fails = 0;
  options.mode = HOLOSNAP_STAGED;
  for (int kind = 0; kind < 2; kind++) {
    CHECK_STATUS(holosnap_capture_start(state, &options, &capture, &error), HOLOSNAP_OK, &error);
    if (kind == 0) CHECK_STATUS(holosnap_capture_cancel(capture, &error), HOLOSNAP_OK, &error);
    CHECK_STATUS(holosnap_capture_free(capture, &error), HOLOSNAP_OK, &error);
  }
  remove_tree(store);
}

static uint64_t resident(void) {
  unsigned long long size = 0, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%llu %llu", &size, &pages) != 2) abort();
  fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

int main(int count, char **arguments) {
  const unsigned rounds = count > 1 ? (unsigned)atoi(arguments[1]) : 100;
  static struct application application;
  begin_checks(900);
  holosnap_error error;
  holosnap_engine_options engine_options;
  holosnap_engine *engine = NULL;
  holosnap_state *state = NULL;
  holosnap_error_init(&error);
  holosnap_engine_options_init(&engine_options);
  engine_options.backend = HOLOSNAP_BACKEND_HOST;
  engine_options.workers = 2;
  CHECK_STATUS(holosnap_engine_create(&engine_options, &engine, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_state_create(engine, NULL, &state, &error), HOLOSNAP_OK, &error);

  holosnap_region region;
  holosnap_region_init(&region);
  region.name = "words.f64";
  region.context = &application;
  region.describe = describe;
  region.prepare = prepare;
  region.element_type = HOLOSNAP_F64;
  CHECK_STATUS(holosnap_state_add_region(state, &region, &error), HOLOSNAP_OK, &error);
  holosnap_blob blob;
  holosnap_blob_init(&blob);
  blob.name = "some";
  blob.context = &application;
  blob.write = write_blob;
  blob.read = read_blob;
  CHECK_STATUS(holosnap_state_add_blob(state, &blob, &error), HOLOSNAP_OK, &error);
  holosnap_hooks hooks;
  holosnap_hooks_init(&hooks);
  hooks.context = &application;
  hooks.quiesce = nothing;
  hooks.resume = nothing;
  hooks.commit = put;
  hooks.discard = drop;
  CHECK_STATUS(holosnap_state_set_hooks(state, &hooks, &error), HOLOSNAP_OK, &error);

  if (checks_failed == 0) {
    unsigned turn = 0;
    for (; turn < 60 + rounds / 4; turn++) round_of(state, &application, turn);
    const uint64_t before = resident();
    for (; turn < 60 + rounds / 4 + rounds; turn++) round_of(state, &application, turn);
    const uint64_t after = resident();
    printf(
        "resident: %" PRIu64 " KiB after the warm-up, %" PRIu64 " KiB after %u more rounds\n", before >> 10,
        after >> 10, rounds);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* these keep what is freed */
    CHECK(after <= before + GROWTH);
#endif
  }
  CHECK_STATUS(holosnap_state_free(state, &error), HOLOSNAP_OK, &error);
  CHECK_STATUS(holosnap_engine_free(engine, &error), HOLOSNAP_OK, &error);
  return end_checks();
}
