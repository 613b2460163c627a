/* Where the texts of structs lie, for the implementation alone: Swift takes a long array for a tuple of as many fields. */
#ifndef HOLOSNAP_TEXTS_H
#define HOLOSNAP_TEXTS_H

#include "holosnap.h"

typedef struct holosnap_text {
  char *bytes;
  size_t capacity;
} holosnap_text;

#define HOLOSNAP_TEXT(kind, field)                                     \
  static inline holosnap_text kind##_##field(kind *value) {            \
    holosnap_text text = {value->field, sizeof value->field};          \
    return text;                                                       \
  }
HOLOSNAP_TEXT(holosnap_error, message)
HOLOSNAP_TEXT(holosnap_error, remedy)
HOLOSNAP_TEXT(holosnap_error, region)
HOLOSNAP_TEXT(holosnap_error, path)
HOLOSNAP_TEXT(holosnap_capture_report, id)
HOLOSNAP_TEXT(holosnap_capture_report, path)
HOLOSNAP_TEXT(holosnap_capture_report, notices)
HOLOSNAP_TEXT(holosnap_restore_report, id)
HOLOSNAP_TEXT(holosnap_restore_report, path)
HOLOSNAP_TEXT(holosnap_restore_report, notices)
HOLOSNAP_TEXT(holosnap_verify_report, id)
HOLOSNAP_TEXT(holosnap_verify_report, path)
#undef HOLOSNAP_TEXT

static inline uint64_t *holosnap_shape_extents(holosnap_shape *shape) { return shape->extents; }
static inline const uint64_t *holosnap_shape_constant_extents(const holosnap_shape *shape) { return shape->extents; }

#endif
