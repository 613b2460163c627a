/*
 * Measures libholosnap in a program. Each line that it prints is JSON.
 *
 *   measure captures STORE REPEATS FILE...   how long a staged capture stops the program, against a memcpy of the same bytes between warm
 *                                            buffers, and how long the whole capture takes, and one in place. Each FILE is read into memory, and is a region of the
 *                                            element type that its suffix tells (.f64, .c128 ...; else bytes)
 *   measure blob STORE FILE FILE             what a full snapshot with a blob stores, and an incremental one after it has changed
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "holosnap.h"

typedef struct array {
  char *name;
  unsigned char *bytes;
  unsigned char *copy;
  uint64_t byte_count;
  uint64_t element_bytes;
  uint32_t type;
} array;

static const struct {
  const char *suffix;
  uint32_t type;
  uint64_t bytes;
} types[] = {
    {".u8", HOLOSNAP_U8, 1},   {".i8", HOLOSNAP_I8, 1},   {".u16", HOLOSNAP_U16, 2}, {".i16", HOLOSNAP_I16, 2},
    {".u32", HOLOSNAP_U32, 4}, {".i32", HOLOSNAP_I32, 4}, {".u64", HOLOSNAP_U64, 8}, {".i64", HOLOSNAP_I64, 8},
    {".f16", HOLOSNAP_F16, 2}, {".f32", HOLOSNAP_F32, 4}, {".f64", HOLOSNAP_F64, 8}, {".c64", HOLOSNAP_C64, 8},
    {".c128", HOLOSNAP_C128, 16}};

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int fail(const char *what, const holosnap_error *reason) {
  fprintf(stderr, "%s: %s\n", what, reason == NULL ? "failed" : reason->message);
  return 1;
}

static int describe(void *context, holosnap_shape *shape, const void **pointer) {
  const array *region = context;
  shape->rank = 1;
  shape->extents[0] = region->byte_count / region->element_bytes;
  *pointer = region->bytes;
  return 0;
}

static int nothing(void *context) {
  (void)context;
  return 0;
}

/* A buffer at address mod 4096 = 16, as malloc gives large ones, each page written to. */
static unsigned char *warm(uint64_t byte_count) {
  unsigned char *bytes = malloc(byte_count + 1);
  if (bytes != NULL) memset(bytes, 1, byte_count);
  return bytes;
}

static int load(array *region, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 0;
  const long length = ftell(file);
  rewind(file);
  const char *name = strrchr(path, '/');
  region->name = strdup(name == NULL ? path : name + 1);
  region->type = HOLOSNAP_BYTES;
  region->element_bytes = 1;
  const char *suffix = strrchr(region->name, '.');
  for (size_t index = 0; suffix != NULL && index < sizeof types / sizeof types[0]; index++) {
    if (strcmp(suffix, types[index].suffix) != 0) continue;
    region->type = types[index].type;
    region->element_bytes = types[index].bytes;
  }
  region->byte_count = (uint64_t)length;
  region->bytes = warm(region->byte_count);
  region->copy = warm(region->byte_count);
  const int is_read = region->bytes != NULL && region->copy != NULL &&
                      fread(region->bytes, 1, region->byte_count, file) == region->byte_count;
  fclose(file);
  return is_read;
}

static holosnap_engine *engine;
static holosnap_state *state;
static holosnap_error error;

static int begin(void) {
  holosnap_error_init(&error);
  holosnap_engine_options engine_options;
  holosnap_engine_options_init(&engine_options);
  engine_options.backend = HOLOSNAP_BACKEND_HOST;
  if (holosnap_engine_create(&engine_options, &engine, &error)) return fail("engine", &error);
  if (holosnap_state_create(engine, NULL, &state, &error)) return fail("state", &error);
  holosnap_hooks hooks;
  holosnap_hooks_init(&hooks);
  hooks.quiesce = nothing;
  hooks.resume = nothing;
  if (holosnap_state_set_hooks(state, &hooks, &error)) return fail("hooks", &error);
  return 0;
}

static void end(void) {
  holosnap_state_free(state, NULL);
  holosnap_engine_free(engine, NULL);
}

/* Takes a snapshot. 0, or what main gives. */
static int capture(const char *store, uint32_t type, uint32_t mode, holosnap_capture_report *report) {
  holosnap_capture_options options;
  holosnap_capture_options_init(&options);
  options.store = store;
  options.type = type;
  options.mode = mode;
  holosnap_capture_report_init(report);
  return holosnap_state_capture(state, &options, report, &error) ? fail("capture", &error) : 0;
}

static int measure_captures(const char *store, int repeats, char **paths, int region_count) {
  array *regions = calloc((size_t)region_count, sizeof *regions);
  if (regions == NULL || begin()) return 1;
  for (int index = 0; index < region_count; index++) {
    if (!load(&regions[index], paths[index])) return fail(paths[index], NULL);
    holosnap_region region;
    holosnap_region_init(&region);
    region.name = regions[index].name;
    region.context = &regions[index];
    region.describe = describe;
    region.element_type = regions[index].type;
    if (holosnap_state_add_region(state, &region, &error)) return fail(region.name, &error);
  }
  /* The first one makes staging and buffers. */
  for (int repeat = -1; repeat < repeats; repeat++) {
    const uint64_t start = now();
    for (int index = 0; index < region_count; index++) {
      memcpy(regions[index].copy, regions[index].bytes, regions[index].byte_count);
    }
    const uint64_t copied = now();
    holosnap_capture_report report, in_place;
    if (capture(store, HOLOSNAP_FULL, HOLOSNAP_STAGED, &report)) return 1;
    const uint64_t captured = now();
    if (unlink(report.path) != 0) return fail(report.path, NULL);
    const uint64_t unlinked = now();
    if (capture(store, HOLOSNAP_FULL, HOLOSNAP_IN_PLACE, &in_place)) return 1;
    const uint64_t captured_in_place = now();
    if (unlink(in_place.path) != 0) return fail(in_place.path, NULL);
    if (repeat < 0) continue;
    printf("{\"memcpy\": %.9f, \"pause\": %.9f, \"capture\": %.9f, \"inPlace\": %.9f, \"bytes\": %llu}\n",
           (double)(copied - start) / 1e9, (double)report.pause_nanoseconds / 1e9, (double)(captured - copied) / 1e9,
           (double)(captured_in_place - unlinked) / 1e9, (unsigned long long)report.raw_bytes);
  }
  end();
  free(regions);
  return 0;
}

static int write_blob(void *context, holosnap_sink *sink) {
  const array *blob = context;
  return holosnap_sink_write(sink, blob->bytes, blob->byte_count, NULL);
}

static int measure_blob(const char *store, const char *before, const char *after) {
  array text = {0};
  if (begin()) return 1;
  holosnap_blob blob;
  holosnap_blob_init(&blob);
  blob.name = "index.json";
  blob.context = &text;
  blob.write = write_blob;
  blob.component = HOLOSNAP_COMPONENT_INDEX;
  if (holosnap_state_add_blob(state, &blob, &error)) return fail(blob.name, &error);
  for (uint32_t type = HOLOSNAP_FULL; type <= HOLOSNAP_INCREMENTAL; type++) {
    const char *path = type == HOLOSNAP_FULL ? before : after;
    if (!load(&text, path)) return fail(path, NULL);
    holosnap_capture_report report;
    if (capture(store, type, HOLOSNAP_STAGED, &report)) return 1;
    printf("{\"bytes\": %llu, \"stored\": %llu}\n", (unsigned long long)report.raw_bytes,
           (unsigned long long)report.stored_bytes);
  }
  end();
  return 0;
}

int main(int count, char **arguments) {
  if (count > 4 && strcmp(arguments[1], "captures") == 0) {
    return measure_captures(arguments[2], atoi(arguments[3]), arguments + 4, count - 4);
  }
  if (count == 5 && strcmp(arguments[1], "blob") == 0) {
    return measure_blob(arguments[2], arguments[3], arguments[4]);
  }
  return fail("usage: measure captures STORE REPEATS FILE... | measure blob STORE FILE FILE", NULL);
}
