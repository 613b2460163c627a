// The host's kernels for one instruction set: Kernels/program and its drivers, compiled under the including file's
// target attribute, LANES and WAVE_ISA.
//
// No fused multiply-adds: every device gives the same numbers.
#pragma clang fp contract(off)
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
#include "../program/delta.cl"

#include "bins.h"

#include "../program/reals.cl"
#include "../program/single.cl"
#include "../program/quantize.cl"
#include "../program/phase.cl"
#include "range.h"
#include "../program/double.cl"
#include "../program/quantize.cl"
#include "../program/phase.cl"
#include "range.h"
#include "../program/quantizers.cl"

#include "checksum.h"

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

static void combine(const uint8_t *left, const uint8_t *right, const wave_combination *tasks, size_t count,
                    uint8_t *target) {
  for (size_t k = 0; k < count; k++) combine_task(left, right, tasks[k], target, 0);
}

static void compare(const uint8_t *left, const uint8_t *right, const wave_comparison *pairs, size_t count,
                    uint64_t *masks) {
  ulong found[TEAM];
  for (size_t k = 0; k < count; k++) compare_blocks(left, right, pairs[k], (uchar *)&masks[k], found, 0);
}

static void quantize(const uint8_t *source, const wave_quantization *tasks, size_t count, uint8_t *codes,
                     uint8_t *restored, uint8_t *flags, wave_quantized *results) {
  for (size_t k = 0; k < count; k++) {
    tally total = {0};
    ulong shared[3 * TEAM];
    quantize_chunk(source, tasks[k], codes, restored, flags, &total, 0);
    store_tally((uchar *)&results[k], total, shared, 0);
  }
}

static void dequantize(const uint8_t *codes, const wave_quantization *tasks, size_t count, uint8_t *restored) {
  for (size_t k = 0; k < count; k++) dequantize_chunk(codes, tasks[k], restored, 0);
}

static void range(const uint8_t *source, uint64_t words, uint8_t type, double clip, wave_range *found) {
  if (type == WAVE_FLOAT_F64) {
    extend_range_double(source, words, clip < __DBL_MAX__ ? clip : __DBL_MAX__, found, type);
    return;
  }
  // Toward zero: no number of the type lies between.
  float limit = clip < (double)__FLT_MAX__ ? (float)clip : __FLT_MAX__;
  if ((double)limit > clip) limit = as_float(as_uint(limit) - 1);
  if (type == WAVE_FLOAT_F16) extend_range_single(source, words, limit, found, WAVE_FLOAT_F16);
  else if (type == WAVE_FLOAT_BF16) extend_range_single(source, words, limit, found, WAVE_FLOAT_BF16);
  else extend_range_single(source, words, limit, found, WAVE_FLOAT_F32);
}

const wave_host_kernels WAVE_ISA = {
    .checksum = checksum,
    .parent = parent,
    .encode = encode,
    .decode = decode,
    .survey = survey,
    .combine = combine,
    .compare = compare,
    .bins = {BIN_LOOPS(8), BIN_LOOPS(16), BIN_LOOPS(32), BIN_LOOPS(64)},
    .quantize = quantize,
    .dequantize = dequantize,
    .range = range,
};
