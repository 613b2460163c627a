// Method 7 from words to stream and back: the choice, the table, and the order of the loops.
#include <math.h>
#include <string.h>

#include "bins-choice.h"
#include "dispatch.h"

#define INITIAL_STATE 65536u
#define SAMPLE_WORDS 1024u
#define SAMPLE_RUNS 16u

// What is worked in. `values` and `classes` have room for a whole chunk of any width.
typedef struct {
  uint8_t values[WAVE_CHUNK_BYTES + 64];
  uint16_t classes[WAVE_CHUNK_BYTES + 64];
  union {
    bin_encoder encoder;
    bin_decoder decoder;
  };
  bin_table table;
  uint32_t counts[4][BIN_CLASS_LIMIT];
  uint32_t states[BIN_LANES];
} bin_scratch;
_Static_assert(sizeof(bin_scratch) <= WAVE_BINS_SCRATCH_BYTES, "the scratch has room for everything");

static const wave_bin_loops *loops_of(uint32_t width) {
  return &wave_host_kernels_in_use()->bins[__builtin_ctz(width)];
}

static bool is_sound(const wave_bins *plan, uint32_t width) {
  if (plan->lagCount > WAVE_BINS_LAG_LIMIT || plan->mapping > WAVE_BINS_RATIO) return false;
  for (uint32_t l = 0; l < plan->lagCount; l++)
    if (plan->lags[l] == 0) return false;
  return plan->mapping != WAVE_BINS_RATIO || (plan->divisor > 0 && width >= 4);
}

static size_t head_bytes(uint32_t width, uint32_t bins) { return 2 + width + 3 * bins + 4 * BIN_LANES; }

// Four counters a class, so that equal neighbours do not wait for each other.
static void count_classes(const uint16_t *classes, uint32_t words, uint32_t counts[4][BIN_CLASS_LIMIT],
                          uint32_t classCount) {
  for (uint32_t k = 0; k < 4; k++) memset(counts[k], 0, classCount * sizeof(uint32_t));
  uint32_t i = 0;
  for (; i + 4 <= words; i += 4)
    for (uint32_t k = 0; k < 4; k++) counts[k][classes[i + k]]++;
  for (; i < words; i++) counts[0][classes[i]]++;
  for (uint32_t c = 0; c < classCount; c++) counts[0][c] += counts[1][c] + counts[2][c] + counts[3][c];
}

static void set_encoder(const bin_table *table, bin_encoder *encoder) {
  uint32_t start = 0, c = 0, most = 0;
  for (uint32_t b = 0; b < table->count; b++) {
    const uint32_t f = table->frequency[b], bits = table->bits[b];
    const uint32_t symbol = f > 0 ? (f - 1) | start << 12 | bits << 24 : 0;
    const uint32_t reciprocal = f > 1 ? (uint32_t)((1ull << 32) / f) : UINT32_MAX;
    for (; c < table->classEnd[b]; c++) {
      encoder->symbol[c] = symbol;
      encoder->reciprocal[c] = reciprocal;
    }
    if (f > 0 && bits > most) most = bits;
    start += f;
  }
  encoder->base = table->base;
  encoder->pieces = (most + 15) / 16;
}

static void write_head(const bin_table *table, uint32_t width, const uint32_t *states, uint8_t *out) {
  const uint16_t count = (uint16_t)table->count;
  memcpy(out, &count, 2);
  memcpy(out + 2, &table->base, width);
  out += 2 + width;
  for (uint32_t b = 0; b < table->count; b++) {
    out[b] = table->bits[b];
    out[table->count + b] = (uint8_t)(table->frequency[b] >> 8);
    out[2 * table->count + b] = (uint8_t)table->frequency[b];
  }
  memcpy(out + 3 * table->count, states, 4 * BIN_LANES);
}

size_t wave_bins_encode(const uint8_t *chunk, wave_bin_words words, const wave_bins *plan, void *memory,
                        uint8_t *stream, size_t limit) {
  const wave_bin_loops *loops = loops_of(words.width);
  bin_scratch *scratch = memory;
  if (!is_sound(plan, words.width)) return 0;
  if (!loops->prepare(chunk, words.words, words.stride, plan, scratch->values)) return 0;
  uint64_t least, most;
  loops->range(scratch->values, words.words, &least, &most);
  const bin_classes classes = wave_bin_classes(least, most, is_zigzagged(plan));
  const uint32_t classCount = wave_bin_class_count(&classes, most);
  loops->classify(scratch->values, words.words, &classes, scratch->classes);
  count_classes(scratch->classes, words.words, scratch->counts, classCount);
  wave_bin_choose(&classes, scratch->counts[0], classCount, words.words, &scratch->table);
  set_encoder(&scratch->table, &scratch->encoder);
  const size_t head = head_bytes(words.width, scratch->table.count);
  if (limit <= head) return 0;
  for (uint32_t l = 0; l < BIN_LANES; l++) scratch->states[l] = INITIAL_STATE;
  // Words go out downward, from the end of the room; then they move up to the head. The room for them is aligned, and its
  // size does not depend on how.
  uint16_t *floor = (uint16_t *)(stream + head + ((uintptr_t)(stream + head) & 1));
  uint16_t *end = floor + (limit - head - 1) / 2;
  uint16_t *out = loops->encode(scratch->values, words.words, scratch->classes, &scratch->encoder, scratch->states,
                                floor, end);
  if (out == NULL) return 0;
  const size_t bytes = 2 * (size_t)(end - out);
  write_head(&scratch->table, words.width, scratch->states, stream);
  memmove(stream + head, out, bytes);
  return head + bytes;
}

// The table of a stream as the decoder needs it; false where it breaks a rule.
static bool read_table(const uint8_t *in, size_t length, uint32_t width, uint32_t *bins, bin_decoder *decoder) {
  uint16_t count;
  if (length < 2) return false;
  memcpy(&count, in, 2);
  if (count == 0 || count > BIN_LIMIT || length < head_bytes(width, count)) return false;
  uint64_t start = 0;
  memcpy(&start, in + 2, width);
  const uint8_t *bits = in + 2 + width;
  // What is left of the values that words of this width have, less one; a bin must fit it.
  uint64_t left = UINT64_MAX >> (64 - 8 * width);
  left -= start;
  uint32_t slot = 0, most = 0;
  bool isFull = false;
  for (uint32_t b = 0; b < count; b++) {
    const uint32_t k = bits[b], f = (uint32_t)bits[count + b] << 8 | bits[2 * count + b];
    if (k > 8 * width || isFull || f > BIN_SLOTS - slot) return false;
    const uint64_t last = k == 64 ? UINT64_MAX : (1ull << k) - 1;
    if (last > left) return false;
    for (uint32_t i = 0; i < f; i++) {
      decoder->symbol[slot + i] = (f - 1) | i << 12 | k << 24;
      decoder->low[slot + i] = (uint32_t)start;
      decoder->high[slot + i] = (uint32_t)(start >> 32);
    }
    if (f > 0 && k > most) most = k;
    slot += f;
    isFull = last == left;
    left -= last + !isFull;
    start += last + 1;
  }
  decoder->pieces = (most + 15) / 16;
  decoder->isWide = width == 8;
  *bins = count;
  return slot == BIN_SLOTS;
}

int wave_bins_decode(const uint8_t *stream, size_t length, wave_bin_words words, const wave_bins *plan, void *memory,
                     uint8_t *chunk) {
  const wave_bin_loops *loops = loops_of(words.width);
  bin_scratch *scratch = memory;
  uint32_t bins;
  if (!is_sound(plan, words.width)) return 0;
  if (!read_table(stream, length, words.width, &bins, &scratch->decoder)) return 0;
  const size_t head = head_bytes(words.width, bins);
  memcpy(scratch->states, stream + head - 4 * BIN_LANES, 4 * BIN_LANES);
  for (uint32_t l = 0; l < BIN_LANES; l++)
    if (scratch->states[l] < INITIAL_STATE) return 0;
  if (!loops->decode(stream + head, stream + length, words.words, &scratch->decoder, scratch->states, scratch->values))
    return 0;
  for (uint32_t l = 0; l < BIN_LANES; l++)
    if (scratch->states[l] != INITIAL_STATE) return 0;
  loops->finish(scratch->values, words.words, words.stride, plan, chunk);
  return 1;
}

float wave_bins_estimate(const uint8_t *chunk, wave_bin_words words, const wave_bins *plan, void *memory) {
  const wave_bin_loops *loops = loops_of(words.width);
  bin_scratch *scratch = memory;
  if (!is_sound(plan, words.width)) return INFINITY;
  // Runs from the whole of the words; all of them where they are few.
  const uint32_t runs = words.words <= SAMPLE_WORDS ? 1 : SAMPLE_RUNS;
  const uint32_t length = runs == 1 ? words.words : SAMPLE_WORDS / SAMPLE_RUNS, sampled = runs * length;
  for (uint32_t r = 0; r < runs; r++) {
    const uint32_t first = runs == 1 ? 0 : (uint32_t)((uint64_t)(words.words - length) * (r + 1) / runs);
    if (!loops->sample(chunk, first, length, words.stride, plan, scratch->values + (size_t)r * length * words.width))
      return INFINITY;
  }
  uint64_t least, most;
  loops->range(scratch->values, sampled, &least, &most);
  const bin_classes classes = wave_bin_classes(least, most, is_zigzagged(plan));
  const uint32_t classCount = wave_bin_class_count(&classes, most);
  loops->classify(scratch->values, sampled, &classes, scratch->classes);
  count_classes(scratch->classes, sampled, scratch->counts, classCount);
  const float bits = wave_bin_cost(&classes, scratch->counts[0], classCount, sampled,
                                   (float)sampled / (float)words.words);
  return bits / 8 + (float)head_bytes(words.width, 0);
}
