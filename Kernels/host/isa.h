// The host's kernels for one instruction set: Kernels/program and its drivers, compiled under the including file's
// target attribute, LANES and WAVE_ISA.
#include "dispatch.h"
#include "shim.h"

#include "../program/lanes.cl"

#include "../program/blake3.cl"
#include "../program/checksum.cl"
#include "../program/planes.cl"
#include "../program/difference.cl"
#include "../program/words.cl"
#include "../program/palette.cl"
#include "../program/coding.cl"
#include "../program/survey.cl"

#include "checksum.h"
#include "bins.h"

static void parent(const uint8_t left[32], const uint8_t right[32], int root, uint8_t out[32]) {
  uchar values[64];
  ulong lefts[LANES], rights[LANES];
  lanes cv[8];
  memcpy(values, left, 32);
  memcpy(values + 32, right, 32);
  for (uint l = 0; l < LANES; l++) {
    lefts[l] = 0;
    rights[l] = 32;
  }
  blake3_parents(cv, values, lefts, rights, (lanes)(root ? BLAKE3_ROOT : 0u));
  blake3_store(cv, values, lefts);
  memcpy(out, values, 32);
}

static void encode(const uint8_t *chunks, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                   uint8_t *streams) {
  uchar table[TABLE_SLOTS];
  ulong totals[SCAN_WORDS];
  for (size_t k = 0; k < count; k++) encode_task(chunks, tasks[k], dictionaries, streams, table, totals, 0);
}

static void decode(const uint8_t *streams, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                   uint8_t *chunks) {
  ulong totals[SCAN_WORDS];
  for (size_t k = 0; k < count; k++) decode_task(streams, tasks[k], dictionaries, chunks, totals, 0);
}

static void survey(const uint8_t *chunks, const wave_survey *surveys, size_t count, wave_palette *palettes) {
  uint slots[SURVEY_SLOTS], found;
  ulong keys[512];
  for (size_t k = 0; k < count; k++)
    survey_task(chunks, surveys[k], slots, &found, keys, (uchar *)&palettes[k], 0);
}

const wave_host_kernels WAVE_ISA = {
    .checksum = checksum,
    .parent = parent,
    .encode = encode,
    .decode = decode,
    .survey = survey,
    .bins = {BIN_LOOPS(8), BIN_LOOPS(16), BIN_LOOPS(32), BIN_LOOPS(64)},
};
