#define _POSIX_C_SOURCE 200809L
/* All that connects the core with HoloSnap. */
#include "wiring.h"

#include <stdlib.h>

/* An array of the core: where it is now, and where one that is restored goes. */
static int describe_grid(void *context, holosnap_shape *shape, const void **pointer) {
  struct core *core = ((struct wiring *)context)->core;
  shape->rank = 3;
  shape->extents[0] = shape->extents[1] = shape->extents[2] = core->side;
  *pointer = core->data.grid;
  return 0;
}

static int describe_rows(
    holosnap_shape *shape, uint64_t rows, size_t width, const double *matrix, const void **pointer) {
  shape->rank = 2;
  shape->extents[0] = rows;
  shape->extents[1] = width;
  *pointer = matrix;
  return 0;
}

static int describe_field(void *context, holosnap_shape *shape, const void **pointer) {
  struct core *core = ((struct wiring *)context)->core;
  return describe_rows(shape, 1, core->dimension, core->data.field, pointer);
}

static int describe_memory(void *context, holosnap_shape *shape, const void **pointer) {
  struct core *core = ((struct wiring *)context)->core;
  return describe_rows(shape, core->data.document_count, core->dimension, core->data.memory, pointer);
}

static int describe_cache(void *context, holosnap_shape *shape, const void **pointer) {
  struct core *core = ((struct wiring *)context)->core;
  return describe_rows(shape, core->data.response_count, core->dimension, core->data.cache, pointer);
}

static int describe_alloc_ptr(void *context, holosnap_shape *shape, const void **pointer) {
  shape->rank = 1;
  shape->extents[0] = 1;
  *pointer = &((struct wiring *)context)->core->data.alloc_ptr;
  return 0;
}

static int prepare(const holosnap_shape *shape, size_t element_size, double **array, void **memory) {
  uint64_t size = element_size;
  for (uint32_t i = 0; i < shape->rank; i++) size *= shape->extents[i];
  free(*array);
  *memory = *array = size > 0 ? malloc(size) : NULL;
  return size > 0 && *array == NULL ? 1 : 0;
}

static int prepare_grid(void *context, const holosnap_shape *shape, void **memory) {
  return prepare(shape, 2 * sizeof(double), &((struct wiring *)context)->fresh.grid, memory);
}

static int prepare_field(void *context, const holosnap_shape *shape, void **memory) {
  return prepare(shape, sizeof(double), &((struct wiring *)context)->fresh.field, memory);
}

static int prepare_memory(void *context, const holosnap_shape *shape, void **memory) {
  return prepare(shape, sizeof(double), &((struct wiring *)context)->fresh.memory, memory);
}

static int prepare_cache(void *context, const holosnap_shape *shape, void **memory) {
  return prepare(shape, sizeof(double), &((struct wiring *)context)->fresh.cache, memory);
}

static int prepare_alloc_ptr(void *context, const holosnap_shape *shape, void **memory) {
  (void)shape;
  *memory = &((struct wiring *)context)->fresh.alloc_ptr;
  return 0;
}

/* The index: JSON, written at once, and read piece by piece as it comes. */
static int write_index(void *context, holosnap_sink *sink) {
  size_t length = 0;
  char *text = core_index_text(&((struct wiring *)context)->core->data, &length);
  if (text == NULL) return 1;
  holosnap_status status = holosnap_sink_write(sink, text, length, NULL);
  free(text);
  return status;
}

static int read_index(void *context, holosnap_source *source, uint32_t version) {
  uint64_t size = 0, count = 0;
  holosnap_status status = holosnap_source_size(source, &size, NULL);
  if (status != HOLOSNAP_OK || version != 1) return 1;
  char *text = malloc(size + 1);
  if (text == NULL) return 1;
  status = holosnap_source_read(source, text, size, &count, NULL);
  text[count] = 0;
  bool parsed = status == HOLOSNAP_OK && core_index_parse(&((struct wiring *)context)->fresh, text);
  free(text);
  return parsed ? 0 : 1;
}

/* Quiet is: the mutex is locked. */
static int quiesce(void *context) { return pthread_mutex_lock(&((struct wiring *)context)->core->mutex); }

static int resume(void *context) { return pthread_mutex_unlock(&((struct wiring *)context)->core->mutex); }

static int commit(void *context) {
  struct wiring *wiring = context;
  struct core_data old = wiring->core->data;
  wiring->core->data = wiring->fresh;
  wiring->fresh = old;
  return 0;
}

static int discard(void *context) {
  wiring_release(context);
  return 0;
}

void wiring_release(struct wiring *wiring) { core_data_free(&wiring->fresh); }

void wiring_free(struct wiring *wiring) {
  holosnap_state_free(wiring->state, NULL);
  wiring_release(wiring);
}

typedef int (*describe_function)(void *, holosnap_shape *, const void **);
typedef int (*prepare_function)(void *, const holosnap_shape *, void **);

/* Extents of 0 are none. */
static holosnap_status add_region(
    struct wiring *wiring, const char *name, uint32_t type, describe_function describe, prepare_function prepare_it,
    uint64_t first, uint64_t second, uint64_t third, holosnap_error *error) {
  holosnap_shape expected = {third ? 3 : second ? 2 : 1, 0, {first, second, third}};
  holosnap_region region;
  holosnap_region_init(&region);
  region.name = name;
  region.context = wiring;
  region.describe = describe;
  region.prepare = prepare_it;
  region.expected = &expected;
  region.element_type = type;
  return holosnap_state_add_region(wiring->state, &region, error);
}

holosnap_status wire(holosnap_engine *engine, struct core *core, struct wiring *wiring, holosnap_error *error) {
  const uint64_t n = core->side, d = core->dimension, any = HOLOSNAP_ANY;
  memset(wiring, 0, sizeof *wiring);
  wiring->core = core;

  holosnap_state_options options;
  holosnap_state_options_init(&options);
  options.series = "core";
  holosnap_status status = holosnap_state_create(engine, &options, &wiring->state, error);

  holosnap_hooks hooks;
  holosnap_hooks_init(&hooks);
  hooks.context = wiring;
  hooks.quiesce = quiesce;
  hooks.resume = resume;
  hooks.commit = commit;
  hooks.discard = discard;
  if (!status) status = holosnap_state_set_hooks(wiring->state, &hooks, error);

  if (!status) status = add_region(wiring, "grid.c128", HOLOSNAP_C128, describe_grid, prepare_grid, n, n, n, error);
  if (!status) status = add_region(wiring, "field.f64", HOLOSNAP_F64, describe_field, prepare_field, 1, d, 0, error);
  if (!status)
    status = add_region(wiring, "memory.f64", HOLOSNAP_F64, describe_memory, prepare_memory, any, d, 0, error);
  if (!status) status = add_region(wiring, "cache.f64", HOLOSNAP_F64, describe_cache, prepare_cache, any, d, 0, error);
  if (!status)
    status = add_region(wiring, "alloc_ptr.u64", HOLOSNAP_U64, describe_alloc_ptr, prepare_alloc_ptr, 1, 0, 0, error);

  holosnap_blob index;
  holosnap_blob_init(&index);
  index.name = "index.json";
  index.context = wiring;
  index.write = write_index;
  index.read = read_index;
  index.component = HOLOSNAP_COMPONENT_INDEX;
  index.version = 1;
  if (!status) status = holosnap_state_add_blob(wiring->state, &index, error);

  if (status) wiring_free(wiring);
  return status;
}
