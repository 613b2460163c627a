#define _POSIX_C_SOURCE 200809L
#include "core.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hashed(const void *bytes, size_t count, uint64_t seed) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < count; i++) seed = (seed ^ byte[i]) * 0x100000001b3u;
  return seed;
}

static double product(const double *a, const double *b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/* Of rows × width doubles; none: NULL. False: no memory, and nothing has changed. */
static bool resize(double **matrix, uint64_t rows, size_t width) {
  if (rows == 0) {
    free(*matrix);
    *matrix = NULL;
    return true;
  }
  double *moved = realloc(*matrix, rows * width * sizeof **matrix);
  if (moved == NULL) return false;
  *matrix = moved;
  return true;
}

static void erase_row(double **matrix, uint64_t rows, uint64_t row, size_t width) {
  double *at = *matrix + row * width;
  memmove(at, at + width, (rows - row - 1) * width * sizeof *at);
  resize(matrix, rows - 1, width); /* if it cannot be made smaller it stays as large */
}

/* A vector of length 1: the sum of the words' vectors, each turned by its place, so that the order matters. NULL: no memory. */
static double *encoded(const struct core *core, const char *text) {
  double *sum = calloc(core->dimension, sizeof *sum);
  if (sum == NULL) return NULL;
  for (size_t place = 0; *text != 0; place++) {
    size_t length = strcspn(text, " ");
    uint64_t random = hashed(text, length, 0xcbf29ce484222325u);
    for (size_t i = 0; i < core->dimension; i++) { /* splitmix64 */
      uint64_t mixed = random += 0x9e3779b97f4a7c15u;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
      sum[(i + place) % core->dimension] += (double)((mixed ^ (mixed >> 31)) >> 11) * 0x1p-52 - 1;
    }
    text += length + (text[length] != 0);
  }
  double length = sqrt(product(sum, sum, core->dimension));
  for (size_t i = 0; i < core->dimension; i++) sum[i] /= length > 0 ? length : 1;
  return sum;
}

bool core_create(struct core *core, size_t side, size_t dimension) {
  memset(core, 0, sizeof *core);
  core->side = side;
  core->dimension = dimension;
  core->data.next_id = 1;
  core->data.grid = calloc(side * side * side, 2 * sizeof *core->data.grid);
  core->data.field = calloc(dimension, sizeof *core->data.field);
  if (core->data.grid != NULL && core->data.field != NULL && pthread_mutex_init(&core->mutex, NULL) == 0) return true;
  core_data_free(&core->data);
  return false;
}

void core_data_free(struct core_data *data) {
  free(data->grid);
  free(data->field);
  free(data->memory);
  free(data->cache);
  free(data->documents);
  free(data->responses);
  memset(data, 0, sizeof *data);
}

void core_free(struct core *core) {
  core_data_free(&core->data);
  pthread_mutex_destroy(&core->mutex);
}

/* Moves what is left of the documents together. */
static void compact(struct core *core) {
  struct core_data *data = &core->data;
  data->alloc_ptr = 0;
  for (uint64_t i = 0; i < data->document_count; i++) {
    struct core_document *document = &data->documents[i];
    memmove(data->grid + 2 * data->alloc_ptr, data->grid + 2 * document->offset, document->length * 2 * sizeof(double));
    document->offset = data->alloc_ptr;
    data->alloc_ptr += document->length;
  }
  size_t voxels = core->side * core->side * core->side;
  memset(data->grid + 2 * data->alloc_ptr, 0, (voxels - data->alloc_ptr) * 2 * sizeof(double));
}

static uint64_t store(struct core *core, const char *text, const char *session) {
  struct core_data *data = &core->data;
  uint64_t length = strlen(text), rows = data->document_count, voxels = core->side * core->side * core->side;
  if (length >= CORE_TEXT || strlen(session) >= CORE_SESSION) return 0;
  if (data->alloc_ptr + length > voxels) compact(core);
  if (data->alloc_ptr + length > voxels) return 0;
  double *row = encoded(core, text);
  struct core_document *documents = realloc(data->documents, (rows + 1) * sizeof *documents);
  if (documents != NULL) data->documents = documents;
  if (row == NULL || documents == NULL || !resize(&data->memory, rows + 1, core->dimension)) {
    free(row);
    return 0;
  }
  for (uint64_t i = 0; i < length; i++) data->grid[2 * (data->alloc_ptr + i)] = (unsigned char)text[i] / 255.0;
  for (size_t i = 0; i < core->dimension; i++) data->field[i] += row[i];
  memcpy(data->memory + rows * core->dimension, row, core->dimension * sizeof *row);
  free(row);
  struct core_document *document = &data->documents[rows];
  memset(document, 0, sizeof *document);
  document->id = data->next_id++;
  document->offset = data->alloc_ptr;
  document->length = length;
  strcpy(document->session, session);
  data->document_count++;
  data->alloc_ptr += length;
  return document->id;
}

uint64_t core_store(struct core *core, const char *text, const char *session) {
  pthread_mutex_lock(&core->mutex);
  uint64_t id = store(core, text, session);
  pthread_mutex_unlock(&core->mutex);
  return id;
}

bool core_remove(struct core *core, uint64_t id) {
  struct core_data *data = &core->data;
  pthread_mutex_lock(&core->mutex);
  uint64_t row = 0;
  while (row < data->document_count && data->documents[row].id != id) row++;
  bool found = row < data->document_count;
  if (found) {
    struct core_document *document = &data->documents[row];
    for (size_t i = 0; i < core->dimension; i++) data->field[i] -= data->memory[row * core->dimension + i];
    memset(data->grid + 2 * document->offset, 0, document->length * 2 * sizeof(double));
    erase_row(&data->memory, data->document_count, row, core->dimension);
    memmove(document, document + 1, (data->document_count - row - 1) * sizeof *document);
    data->document_count--;
  }
  pthread_mutex_unlock(&core->mutex);
  return found;
}

bool core_answer(const struct core *core, const char *text, char answer[2 * CORE_TEXT]) {
  const struct core_data *data = &core->data;
  double *key = encoded(core, text);
  if (key == NULL) return false;
  for (uint64_t row = 0; row < data->response_count; row++)
    if (product(data->cache + row * core->dimension, key, core->dimension) > 0.999999) {
      strcpy(answer, data->responses[row].answer);
      free(key);
      return true;
    }
  const struct core_document *best = NULL;
  double score = -2;
  for (uint64_t row = 0; row < data->document_count; row++) {
    double now = product(data->memory + row * core->dimension, key, core->dimension);
    if (now > score) {
      best = &data->documents[row];
      score = now;
    }
  }
  if (best == NULL) {
    strcpy(answer, "nothing");
  } else {
    int end = snprintf(
        answer, CORE_TEXT, "%" PRIu64 " %lld %lld %s: ", best->id, llround(score * 1e9),
        llround(product(data->field, key, core->dimension) * 1e9), best->session);
    for (uint64_t i = 0; i < best->length; i++) answer[end++] = (char)lround(data->grid[2 * (best->offset + i)] * 255);
    answer[end] = 0;
  }
  free(key);
  return true;
}

static bool remember(struct core *core, const char *text, const char *answer) {
  struct core_data *data = &core->data;
  for (uint64_t i = 0; i < data->response_count; i++)
    if (strcmp(data->responses[i].question, text) == 0) return true;
  if (data->responses == NULL) data->responses = calloc(CORE_RESPONSES, sizeof *data->responses);
  double *key = encoded(core, text);
  if (data->responses == NULL || key == NULL || strlen(text) >= CORE_TEXT) {
    free(key);
    return false;
  }
  if (data->response_count == CORE_RESPONSES) {
    erase_row(&data->cache, data->response_count, 0, core->dimension);
    data->response_count--;
    memmove(data->responses, data->responses + 1, data->response_count * sizeof *data->responses);
  }
  bool grown = resize(&data->cache, data->response_count + 1, core->dimension);
  if (grown) {
    memcpy(data->cache + data->response_count * core->dimension, key, core->dimension * sizeof *key);
    struct core_response *response = &data->responses[data->response_count++];
    memset(response, 0, sizeof *response);
    strcpy(response->question, text);
    strcpy(response->answer, answer);
  }
  free(key);
  return grown;
}

bool core_query(struct core *core, const char *text, char answer[2 * CORE_TEXT]) {
  pthread_mutex_lock(&core->mutex);
  bool done = core_answer(core, text, answer) && remember(core, text, answer);
  core->data.asked++;
  pthread_mutex_unlock(&core->mutex);
  return done;
}

uint64_t core_fingerprint(const struct core *core) {
  const struct core_data *data = &core->data;
  size_t width = core->dimension * sizeof(double), length = 0;
  char *text = core_index_text(data, &length);
  uint64_t hash = hashed(data->grid, core->side * core->side * core->side * 2 * sizeof(double), data->alloc_ptr);
  hash = hashed(data->field, width, hash);
  hash = hashed(data->memory, data->document_count * width, hash);
  hash = hashed(data->cache, data->response_count * width, hash);
  hash = hashed(text, length, hash);
  free(text);
  return hash;
}

/* ---- The index as JSON ---- */

struct text {
  char *bytes;
  size_t length, capacity;
  bool failed;
};

static void append(struct text *text, const char *format, ...) {
  char piece[128];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(piece, sizeof piece, format, arguments);
  va_end(arguments);
  if (count < 0 || (size_t)count >= sizeof piece) text->failed = true;
  if (text->failed) return;
  if (text->length + (size_t)count + 1 > text->capacity) {
    size_t capacity = 2 * text->capacity + 4096;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
      text->failed = true;
      return;
    }
    text->bytes = bytes;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->length, piece, (size_t)count + 1);
  text->length += (size_t)count;
}

static void append_quoted(struct text *text, const char *string) {
  append(text, "\"");
  for (; *string != 0; string++) {
    unsigned char c = (unsigned char)*string;
    append(text, c < 0x20 ? "\\u%04x" : c == '"' || c == '\\' ? "\\%c" : "%c", c);
  }
  append(text, "\"");
}

char *core_index_text(const struct core_data *data, size_t *length) {
  struct text json = {NULL, 0, 0, false};
  append(&json, "{\"next_id\":%" PRIu64 ",\"asked\":%" PRIu64 ",\"documents\":[", data->next_id, data->asked);
  for (uint64_t i = 0; i < data->document_count; i++) {
    const struct core_document *document = &data->documents[i];
    append(
        &json, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", i ? ",\n" : "", document->id, document->offset,
        document->length);
    append_quoted(&json, document->session);
    append(&json, "]");
  }
  append(&json, "],\"responses\":[");
  for (uint64_t i = 0; i < data->response_count; i++) {
    append(&json, i ? ",\n[" : "[");
    append_quoted(&json, data->responses[i].question);
    append(&json, ",");
    append_quoted(&json, data->responses[i].answer);
    append(&json, "]");
  }
  append(&json, "]}\n");
  *length = json.length;
  if (!json.failed) return json.bytes;
  free(json.bytes);
  return NULL;
}

static bool next(const char **at, const char *expected) {
  size_t length = strlen(expected);
  if (strncmp(*at, expected, length) != 0) return false;
  *at += length;
  return true;
}

static bool number(const char **at, uint64_t *value) {
  if (**at < '0' || **at > '9') return false;
  for (*value = 0; **at >= '0' && **at <= '9'; ++*at) *value = *value * 10 + (uint64_t)(**at - '0');
  return true;
}

static bool quoted(const char **at, char *string, size_t capacity) {
  if (!next(at, "\"")) return false;
  for (size_t length = 0; length < capacity; length++) {
    if (next(at, "\"")) {
      string[length] = 0;
      return true;
    }
    unsigned code = 0;
    int used = 0;
    if (sscanf(*at, "\\u%4x%n", &code, &used) == 1 && used == 6) {
      string[length] = (char)code;
      *at += used;
      continue;
    }
    next(at, "\\");
    if (**at == 0) return false;
    string[length] = *(*at)++;
  }
  return false;
}

static bool parse_documents(struct core_data *data, const char **at) {
  for (bool first = true; !next(at, "]"); first = false) {
    if (!first && !next(at, ",\n")) return false;
    struct core_document *moved = realloc(data->documents, (data->document_count + 1) * sizeof *moved);
    if (moved == NULL) return false;
    data->documents = moved;
    struct core_document *document = &moved[data->document_count++];
    memset(document, 0, sizeof *document);
    if (!next(at, "[") || !number(at, &document->id) || !next(at, ",") || !number(at, &document->offset) ||
        !next(at, ",") || !number(at, &document->length) || !next(at, ",") ||
        !quoted(at, document->session, CORE_SESSION) || !next(at, "]"))
      return false;
  }
  return true;
}

static bool parse_responses(struct core_data *data, const char **at) {
  data->responses = calloc(CORE_RESPONSES, sizeof *data->responses);
  if (data->responses == NULL) return false;
  for (bool first = true; !next(at, "]"); first = false) {
    if (data->response_count == CORE_RESPONSES || (!first && !next(at, ",\n"))) return false;
    struct core_response *response = &data->responses[data->response_count++];
    if (!next(at, "[") || !quoted(at, response->question, sizeof response->question) || !next(at, ",") ||
        !quoted(at, response->answer, sizeof response->answer) || !next(at, "]"))
      return false;
  }
  return true;
}

bool core_index_parse(struct core_data *data, const char *text) {
  free(data->documents);
  free(data->responses);
  data->documents = NULL;
  data->responses = NULL;
  data->document_count = data->response_count = 0;
  return next(&text, "{\"next_id\":") && number(&text, &data->next_id) && next(&text, ",\"asked\":") &&
         number(&text, &data->asked) && next(&text, ",\"documents\":[") && parse_documents(data, &text) &&
         next(&text, ",\"responses\":[") && parse_responses(data, &text) && next(&text, "}\n") && *text == 0;
}
