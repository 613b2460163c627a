/*
 * A small holographic memory with the habits of a real one. It knows nothing of HoloSnap.
 *
 * Texts are stored twice: byte for byte in a 3D grid of complex numbers, and as a row of a matrix of holographic vectors, by which a
 * query finds them again. One mutex guards everything.
 */
#ifndef EMBED_CORE_H
#define EMBED_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CORE_RESPONSES = 32, CORE_SESSION = 16, CORE_TEXT = 256 };

struct core_document {
  uint64_t id, offset, length; /* in the grid, voxels */
  char session[CORE_SESSION];
};

struct core_response {
  char question[CORE_TEXT], answer[2 * CORE_TEXT];
};

/* What a core is. Where count is 0, a pointer may be NULL. */
struct core_data {
  double *grid;       /* side × side × side pairs, never moves; byte / 255, imaginary +0 */
  double *field;      /* dimension: the sum of all memories */
  double *memory;     /* documents × dimension: grows, shrinks, moves */
  double *cache;      /* responses × dimension */
  uint64_t alloc_ptr; /* the first voxel that is free */
  /* The index, which is no array. As text it is JSON. */
  struct core_document *documents; /* in the order of the memory's rows, and of their ids */
  struct core_response *responses;
  uint64_t document_count, response_count, next_id, asked;
};

struct core {
  size_t side, dimension;
  pthread_mutex_t mutex;
  struct core_data data;
};

/* False: no memory. */
bool core_create(struct core *core, size_t side, size_t dimension);
void core_free(struct core *core);

/* An id; 0: no memory, a text that is too long, or the grid is full. */
uint64_t core_store(struct core *core, const char *text, const char *session);
bool core_remove(struct core *core, uint64_t id);
/* The same state gives the same answer. False: no memory. */
bool core_query(struct core *core, const char *text, char answer[2 * CORE_TEXT]);

/* For who holds the mutex: as query, but nothing is counted or put into the cache. */
bool core_answer(const struct core *core, const char *text, char answer[2 * CORE_TEXT]);
/* For who holds the mutex: of everything that the core is. */
uint64_t core_fingerprint(const struct core *core);

/* The index as JSON, which is the caller's; NULL: no memory. For who holds the mutex. */
char *core_index_text(const struct core_data *data, size_t *length);
/* Makes the index of what was written, which ends with NUL. False: it is not such a text, or there is no memory. */
bool core_index_parse(struct core_data *data, const char *text);
void core_data_free(struct core_data *data);

#endif
