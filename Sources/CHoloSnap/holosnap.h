/*
 * HoloSnap: snapshots of large numerical state in memory. The C interface, ABI 1.
 *
 * An engine has a device, workers and a memory budget. A state says what is captured: regions (arrays), blobs (what a program
 * writes of a structure of its own) and hooks (how it is made quiet). A capture is one snapshot under way. Documentation/Embedding.md
 * tells how to wire a program, and what each call promises.
 *
 * Ownership. What a create or start function gives is the caller's, and ends with the _free of its kind; _free of NULL does nothing. A state
 * keeps its engine alive, a capture its state, so they may be freed in any order. Strings and arrays that are given are borrowed for the
 * call. What a describe callback points at is read until resume is called, and not kept.
 *
 * Threads. Every function may be called from any thread; a state is described (add, remove, set_hooks) by one thread at a time; a capture or restore that is
 * under way may still call what was removed, but in a lock that its quiesce waits for. Callbacks
 * run on the thread that called holosnap_capture_start, holosnap_state_capture or holosnap_state_restore, one after the other, and
 * never after that function has returned. Inside of a callback its thread may call holosnap_sink_write or holosnap_source_read with what it
 * was given, holosnap_*_poll, holosnap_*_cancel, and the functions that return no status; anything else gives HOLOSNAP_BUSY. No
 * exception, longjmp or pthread_exit leaves a callback. Call with no lock held that quiesce takes.
 *
 * Errors. Functions return HOLOSNAP_OK (0) or what went wrong, and fill *error where it is not NULL: a message, a remedy where there is one,
 * and the place. An out-parameter for a handle is NULL after a failure. No error of a caller's data ends the process.
 *
 * Structs. Each begins with its size; holosnap_NAME_init() sets it and zeroes the rest, and zero is the default of every field. One that was only
 * zeroed is refused, an error without a word: it has no room for one. The library reads and fills what is there, and refuses a longer struct that
 * has something in the part it does not know.
 *
 * Names and messages are UTF-8; paths are bytes as the system has them. Only 64-bit machines whose integers are little-endian.
 */
#ifndef HOLOSNAP_H
#define HOLOSNAP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#define HOLOSNAP_ASSERT(condition, text) static_assert(condition, text)
#else
#define HOLOSNAP_ASSERT(condition, text) _Static_assert(condition, text)
#endif

HOLOSNAP_ASSERT(sizeof(void *) == 8 && sizeof(double) == 8, "HoloSnap is for 64-bit machines");

/* Of this header: major * 1,000 + minor. A program runs with a library of the same major version whose minor version is no lower. */
#define HOLOSNAP_ABI_VERSION 1000

typedef struct holosnap_engine holosnap_engine;
typedef struct holosnap_control holosnap_control;
typedef struct holosnap_state holosnap_state;
typedef struct holosnap_capture holosnap_capture;
typedef struct holosnap_sink holosnap_sink;
typedef struct holosnap_source holosnap_source;

/* ---- Constants. They keep their meaning for ever; there may be more. ---- */

typedef int32_t holosnap_status;

enum {
  HOLOSNAP_OK = 0,
  HOLOSNAP_INVALID_ARGUMENT = 1,
  HOLOSNAP_BUSY = 2,
  HOLOSNAP_TIMED_OUT = 3,         /* of a wait: the capture goes on */
  HOLOSNAP_CANCELLED = 4,
  HOLOSNAP_PAUSE_EXCEEDED = 5,    /* abandoned, as the caller wished */
  HOLOSNAP_CALLBACK_FAILED = 6,
  HOLOSNAP_COMMIT_FAILED = 7,     /* the state is what commit left */
  HOLOSNAP_NO_MEMORY = 8,
  HOLOSNAP_BUFFER_TOO_SMALL = 9,
  HOLOSNAP_MISMATCH = 10,         /* names, types or shapes are not the state's */
  HOLOSNAP_NOT_FOUND = 11,
  HOLOSNAP_MISSING_ANCESTOR = 12,
  HOLOSNAP_DAMAGED = 13,
  HOLOSNAP_UNSUPPORTED = 14,      /* of a later version */
  HOLOSNAP_CANNOT_CREATE = 15,    /* there is one, or there is no space */
  HOLOSNAP_REFUSED = 16,          /* permission */
  HOLOSNAP_IO = 17,
  HOLOSNAP_NO_DEVICE = 18,
  HOLOSNAP_FORKED = 19,           /* in the child of a fork */
  HOLOSNAP_INTERNAL = 20
};

/* What an element of a region is. c64 and c128 are pairs of f32 and f64. */
enum {
  HOLOSNAP_BYTES = 0,
  HOLOSNAP_U8 = 1,
  HOLOSNAP_I8 = 2,
  HOLOSNAP_U16 = 3,
  HOLOSNAP_I16 = 4,
  HOLOSNAP_U32 = 5,
  HOLOSNAP_I32 = 6,
  HOLOSNAP_U64 = 7,
  HOLOSNAP_I64 = 8,
  HOLOSNAP_F16 = 9,
  HOLOSNAP_BF16 = 10,
  HOLOSNAP_F32 = 11,
  HOLOSNAP_F64 = 12,
  HOLOSNAP_C64 = 13,
  HOLOSNAP_C128 = 14
};

/* What a region or blob is a part of. */
enum {
  HOLOSNAP_COMPONENT_MEMORY = 0,
  HOLOSNAP_COMPONENT_INDEX = 1,
  HOLOSNAP_COMPONENT_CONFIGURATION = 2,
  HOLOSNAP_COMPONENT_STATISTICS = 3,
  HOLOSNAP_COMPONENT_METADATA = 4
};

enum { HOLOSNAP_BACKEND_AUTO = 0, HOLOSNAP_BACKEND_OPENCL = 1, HOLOSNAP_BACKEND_HOST = 2 };

enum { HOLOSNAP_FULL = 0, HOLOSNAP_INCREMENTAL = 1, HOLOSNAP_DIFFERENTIAL = 2 };

enum {
  HOLOSNAP_STAGED = 0,   /* copied while quiet, encoded afterwards */
  HOLOSNAP_IN_PLACE = 1, /* encoded while quiet: the least memory */
  HOLOSNAP_LIVE = 2      /* reserved */
};

/* What becomes of a capture whose pause is longer than its budget. */
enum { HOLOSNAP_OVER_BUDGET_REPORT = 0, HOLOSNAP_OVER_BUDGET_ABANDON = 1 };

/* Flags of a region or blob. */
enum {
  HOLOSNAP_OPTIONAL = 1,         /* it may be missing in a snapshot that is restored */
  HOLOSNAP_ALONE = 2,            /* it means something without the rest: it may be restored alone */
  HOLOSNAP_PINNED = 4,           /* reserved */
  HOLOSNAP_NO_SYSCALL_WRITES = 8 /* reserved */
};

/* Flags of a capture's report. */
enum { HOLOSNAP_PAUSE_MISSED = 1, HOLOSNAP_ALLOCATED_WHILE_QUIET = 2 };

/* Flags of an error. */
enum { HOLOSNAP_CUT = 1 /* a text is not whole */ };

/* Which callback an error is of. */
enum {
  HOLOSNAP_CALLBACK_NONE = 0,
  HOLOSNAP_CALLBACK_QUIESCE = 1,
  HOLOSNAP_CALLBACK_DESCRIBE = 2,
  HOLOSNAP_CALLBACK_WRITE = 3,
  HOLOSNAP_CALLBACK_RESUME = 4,
  HOLOSNAP_CALLBACK_PREPARE = 5,
  HOLOSNAP_CALLBACK_READ = 6,
  HOLOSNAP_CALLBACK_COMMIT = 7,
  HOLOSNAP_CALLBACK_DISCARD = 8
};

enum {
  HOLOSNAP_STAGE_QUEUED = 0,
  HOLOSNAP_STAGE_QUIET = 1,
  HOLOSNAP_STAGE_ENCODING = 2, /* of a restore or verification: decoding */
  HOLOSNAP_STAGE_PUBLISHING = 3,
  HOLOSNAP_STAGE_DONE = 4,
  HOLOSNAP_STAGE_FAILED = 5,
  HOLOSNAP_STAGE_CANCELLED = 6
};

/* As long as it takes. */
#define HOLOSNAP_FOREVER UINT64_MAX
/* An extent of an expected shape: whatever it is. */
#define HOLOSNAP_ANY UINT64_MAX
/* No chunk, no offset. */
#define HOLOSNAP_NONE UINT64_MAX
/* From prepare: the region cannot have this shape. */
enum { HOLOSNAP_REFUSE_SHAPE = INT32_MIN };

/* ---- Structs ---- */

/* Extents are the outermost first. It has no size: it cannot grow. */
typedef struct holosnap_shape {
  uint32_t rank; /* 1 ... 32 */
  uint32_t reserved;
  uint64_t extents[32];
} holosnap_shape;

typedef struct holosnap_error {
  uint64_t size;
  holosnap_status status;
  uint32_t flags;
  int32_t callback;       /* what a callback gave */
  uint32_t callback_kind; /* HOLOSNAP_CALLBACK_... */
  uint64_t chunk;         /* of the region; HOLOSNAP_NONE */
  uint64_t offset;        /* in the file; HOLOSNAP_NONE */
  char message[512];
  char remedy[256];
  char region[256];
  char path[4096];
} holosnap_error;

typedef struct holosnap_engine_options {
  uint64_t size;
  uint32_t backend; /* HOLOSNAP_BACKEND_... */
  uint32_t device;  /* 0: any; n: device n - 1 of those that `holosnap devices` lists */
  uint32_t workers; /* threads; 0: one a core */
  uint32_t reserved;
  uint64_t memory_limit;  /* bytes of what encodes and decodes, staging apart; 0: 256 MiB */
  uint64_t staging_limit; /* bytes of all states together; 0: none */
} holosnap_engine_options;

typedef struct holosnap_state_options {
  uint64_t size;
  const char *series;     /* of its snapshots; NULL: "default" */
  uint64_t staging_bytes; /* kept ready from the start; else what the last capture took */
} holosnap_state_options;

typedef struct holosnap_region {
  uint64_t size;
  const char *name;
  void *context;
  /* Says what the region is now. The pointer is valid until resume; it may be NULL where there are no elements. */
  int (*describe)(void *context, holosnap_shape *shape, const void **pointer);
  /* Restore: gives memory of exactly the shape's bytes, of any alignment, that nobody sees yet. NULL: the region is never restored. */
  int (*prepare)(void *context, const holosnap_shape *shape, void **memory);
  const holosnap_shape *expected; /* what a snapshot must have; extents may be HOLOSNAP_ANY; NULL: any shape */
  uint32_t component;             /* HOLOSNAP_COMPONENT_... */
  uint32_t element_type;          /* HOLOSNAP_F64 ... */
  uint32_t flags;
  uint32_t reserved;
} holosnap_region;

typedef struct holosnap_blob {
  uint64_t size;
  const char *name;
  void *context;
  /* Streams the blob into the sink. */
  int (*write)(void *context, holosnap_sink *sink);
  /* Restore: loads the blob where nobody sees it yet. NULL: it is never restored. */
  int (*read)(void *context, holosnap_source *source, uint32_t version);
  uint32_t component;
  uint32_t version; /* of what write writes; read is given the one that was stored */
  uint64_t size_hint; /* bytes that it will about have; 0: not known */
  uint32_t flags;
  uint32_t reserved;
} holosnap_blob;

typedef struct holosnap_hooks {
  uint64_t size;
  void *context;
  int (*quiesce)(void *context); /* makes the state quiet; not 0: it cannot */
  int (*resume)(void *context);  /* lets it go on: once after each quiesce that gave 0 */
  int (*commit)(void *context);  /* restore, quiet: puts in place what was prepared and read. It is not to fail */
  int (*discard)(void *context); /* restore: drops what was prepared and read, where commit was not called */
} holosnap_hooks;

typedef struct holosnap_capture_options {
  uint64_t size;
  holosnap_control *control;
  const char *store;  /* a directory of snapshots; or */
  const char *output; /* a .hwp that is not there yet */
  const char *base;   /* of one that is not full; NULL: the newest of the series that will do */
  const char *reason; /* manual (NULL), scheduled, maintenance, deployment, test, emergency, error */
  const char *const *quantize; /* GLOB=MODE, as `holosnap create --quantize` takes them */
  uint64_t quantize_count;
  uint64_t busy_timeout_nanoseconds; /* how long to wait while the state is captured or restored; 0: not */
  uint64_t pause_budget_nanoseconds; /* 0: none */
  uint32_t type;        /* HOLOSNAP_FULL ... */
  uint32_t mode;        /* HOLOSNAP_STAGED ... */
  uint32_t over_budget; /* HOLOSNAP_OVER_BUDGET_... */
  int32_t priority;
} holosnap_capture_options;

typedef struct holosnap_capture_report {
  uint64_t size;
  char id[72];     /* of the snapshot: 64 hexadecimal digits */
  char path[4096];
  uint64_t raw_bytes;     /* of the state */
  uint64_t stored_bytes;  /* of the file */
  uint64_t changed_bytes; /* of the state, that the file itself stores */
  uint64_t dirty_bytes;   /* reserved for live captures, as is preserved_bytes */
  uint64_t copied_bytes;  /* while quiet */
  uint64_t staging_bytes; /* that the state holds */
  uint64_t preserved_bytes;
  uint64_t pause_nanoseconds; /* from the return of quiesce to the call of resume; the longest, where there were several */
  double seconds;
  uint32_t quiesce_count;
  uint32_t mode; /* that was used */
  uint32_t flags;
  uint32_t reserved;
  char notices[1024]; /* a line each */
} holosnap_capture_report;

typedef struct holosnap_progress {
  uint64_t size;
  uint64_t done_bytes; /* of the state */
  uint64_t total_bytes; /* 0 until they are known */
  double bytes_per_second;
  double seconds;
  uint32_t stage; /* HOLOSNAP_STAGE_... */
  uint32_t reserved;
} holosnap_progress;

typedef struct holosnap_restore_options {
  uint64_t size;
  holosnap_control *control;
  const char *store;          /* where the snapshot, and those that it needs, are looked for */
  const char *const *regions; /* globs, of blobs too; none: everything */
  uint64_t region_count;
  uint64_t busy_timeout_nanoseconds;
} holosnap_restore_options;

typedef struct holosnap_restore_report {
  uint64_t size;
  char id[72];
  char path[4096];
  uint64_t raw_bytes;
  uint64_t pause_nanoseconds; /* of quiesce, commit, resume */
  double seconds;
  char notices[1024];
} holosnap_restore_report;

typedef struct holosnap_verify_options {
  uint64_t size;
  holosnap_control *control;
  const char *store;
  uint32_t quick; /* not 0: stored bytes against their hashes, nothing is decoded */
  uint32_t reserved;
} holosnap_verify_options;

typedef struct holosnap_verify_report {
  uint64_t size;
  char id[72]; /* empty where it cannot be known */
  char path[4096];
  uint64_t raw_bytes;     /* that were checked */
  uint64_t problem_count; /* the first one is the call's error */
  double seconds;
} holosnap_verify_report;

typedef struct holosnap_inspect_options {
  uint64_t size;
  holosnap_control *control;
  const char *store;
} holosnap_inspect_options;

#define HOLOSNAP_INIT(name)                                 \
  static inline void name##_init(name *value) {             \
    memset(value, 0, sizeof *value);                        \
    value->size = sizeof *value;                            \
  }
HOLOSNAP_INIT(holosnap_error)
HOLOSNAP_INIT(holosnap_engine_options)
HOLOSNAP_INIT(holosnap_state_options)
HOLOSNAP_INIT(holosnap_region)
HOLOSNAP_INIT(holosnap_blob)
HOLOSNAP_INIT(holosnap_hooks)
HOLOSNAP_INIT(holosnap_capture_options)
HOLOSNAP_INIT(holosnap_capture_report)
HOLOSNAP_INIT(holosnap_progress)
HOLOSNAP_INIT(holosnap_restore_options)
HOLOSNAP_INIT(holosnap_restore_report)
HOLOSNAP_INIT(holosnap_verify_options)
HOLOSNAP_INIT(holosnap_verify_report)
HOLOSNAP_INIT(holosnap_inspect_options)
#undef HOLOSNAP_INIT

#ifndef __cplusplus
/* The same where a struct is declared: holosnap_error error = HOLOSNAP_SIZED(holosnap_error); */
#define HOLOSNAP_SIZED(type) ((type){.size = sizeof(type)})
#endif

/* ---- Functions. Options may be NULL: all defaults. Reports may be NULL. ---- */

/* Of the library that runs, as HOLOSNAP_ABI_VERSION is of this header. */
uint32_t holosnap_abi_version(void);
/* "0.1.0" */
const char *holosnap_version(void);
/* "HOLOSNAP_DAMAGED"; of a number that is none: "unknown". */
const char *holosnap_status_name(holosnap_status status);

/* Brings a device up, here and nowhere else. */
holosnap_status holosnap_engine_create(
    const holosnap_engine_options *options, holosnap_engine **engine, holosnap_error *error);
holosnap_status holosnap_engine_free(holosnap_engine *engine, holosnap_error *error);

/* The way to watch or stop a call that blocks: it exists before that call, and serves one call at a time. */
holosnap_status holosnap_control_create(holosnap_control **control, holosnap_error *error);
/* Stops the call that has it, or else the next one. */
holosnap_status holosnap_control_cancel(holosnap_control *control, holosnap_error *error);
holosnap_status holosnap_control_poll(holosnap_control *control, holosnap_progress *progress, holosnap_error *error);
holosnap_status holosnap_control_free(holosnap_control *control, holosnap_error *error);

holosnap_status holosnap_state_create(
    holosnap_engine *engine, const holosnap_state_options *options, holosnap_state **state, holosnap_error *error);
holosnap_status holosnap_state_add_region(holosnap_state *state, const holosnap_region *region, holosnap_error *error);
holosnap_status holosnap_state_add_blob(holosnap_state *state, const holosnap_blob *blob, holosnap_error *error);
/* Of a region or blob that there is no longer. With a capture or restore under way, under the lock that quiesce takes. */
holosnap_status holosnap_state_remove(holosnap_state *state, const char *name, holosnap_error *error);
holosnap_status holosnap_state_set_hooks(holosnap_state *state, const holosnap_hooks *hooks, holosnap_error *error);
holosnap_status holosnap_state_free(holosnap_state *state, holosnap_error *error);

/* Quiesces, describes, copies and resumes; the rest goes on without the caller. */
holosnap_status holosnap_capture_start(
    holosnap_state *state, const holosnap_capture_options *options, holosnap_capture **capture, holosnap_error *error);
holosnap_status holosnap_capture_poll(holosnap_capture *capture, holosnap_progress *progress, holosnap_error *error);
/* 0: only looks; HOLOSNAP_FOREVER: as long as it takes. Once it has ended, it gives the same each time. */
holosnap_status holosnap_capture_wait(
    holosnap_capture *capture, uint64_t nanoseconds, holosnap_capture_report *report, holosnap_error *error);
holosnap_status holosnap_capture_cancel(holosnap_capture *capture, holosnap_error *error);
/* Cancels, and waits until it has ended. */
holosnap_status holosnap_capture_free(holosnap_capture *capture, holosnap_error *error);

/* Start, wait and free in one. */
holosnap_status holosnap_state_capture(
    holosnap_state *state, const holosnap_capture_options *options, holosnap_capture_report *report,
    holosnap_error *error);

/* Brings a snapshot back: everything is proved, prepared and read before one commit; on any failure before it, discard.
 * snapshot: a path, an id or its beginning, a file's name in the store, "latest:SERIES"; NULL: the newest of the state's series. */
holosnap_status holosnap_state_restore(
    holosnap_state *state, const char *snapshot, const holosnap_restore_options *options,
    holosnap_restore_report *report, holosnap_error *error);

/* HOLOSNAP_OK: sound. Else what the first problem is. */
holosnap_status holosnap_verify(
    holosnap_engine *engine, const char *snapshot, const holosnap_verify_options *options,
    holosnap_verify_report *report, holosnap_error *error);

/* JSON, as `holosnap inspect --json` prints it: *length bytes, without NUL. Where they are more than the capacity: BUFFER_TOO_SMALL, and
 * *length is what is needed. buffer may be NULL with a capacity of 0. */
holosnap_status holosnap_inspect(
    holosnap_engine *engine, const char *snapshot, const holosnap_inspect_options *options, char *buffer,
    uint64_t capacity, uint64_t *length, holosnap_error *error);

/* Inside of the callbacks of a blob alone. What fails stays failed. */
holosnap_status holosnap_sink_write(holosnap_sink *sink, const void *bytes, uint64_t count, holosnap_error *error);
/* Fills the buffer but for the end; 0 bytes: the end. */
holosnap_status holosnap_source_read(
    holosnap_source *source, void *bytes, uint64_t capacity, uint64_t *count, holosnap_error *error);
/* Bytes of the whole blob. */
holosnap_status holosnap_source_size(holosnap_source *source, uint64_t *count, holosnap_error *error);

#undef HOLOSNAP_ASSERT

#ifdef __cplusplus
}
#endif

#endif
