// The host kernels of each instruction set.
#ifndef WAVE_DISPATCH_H
#define WAVE_DISPATCH_H

#include <stdbool.h>

#include "../include/CWaveKernels.h"
#include "bins-tables.h"

// The loops of method 7 over words of one width (bins-words.h).
typedef struct {
  // The words of a chunk as the values that bins tile; false where the mapping does not fit one of them.
  bool (*prepare)(const uint8_t *chunk, uint32_t words, uint32_t stride, const wave_bins *plan, void *values);
  void (*finish)(void *values, uint32_t words, uint32_t stride, const wave_bins *plan, uint8_t *chunk);
  // `prepare` for some words alone.
  bool (*sample)(const uint8_t *chunk, uint32_t first, uint32_t count, uint32_t stride, const wave_bins *plan,
                 void *values);
  void (*range)(const void *values, uint32_t words, uint64_t *least, uint64_t *most);
  void (*classify)(const void *values, uint32_t words, const bin_classes *classes, uint16_t *out);
  // Writes from `out` downward and gives where it came to; NULL where that would be below `floor`.
  uint16_t *(*encode)(const void *values, uint32_t words, const uint16_t *classes, const bin_encoder *table,
                      uint32_t *states, const uint16_t *floor, uint16_t *out);
  // False where the words in -> end are too many or too few.
  bool (*decode)(const uint8_t *in, const uint8_t *end, uint32_t words, const bin_decoder *table, uint32_t *states,
                 void *values);
} wave_bin_loops;

typedef struct {
  void (*checksum)(const uint8_t *source, const wave_span *spans, size_t count, wave_digest *digests,
                   wave_block_values *blocks);
  void (*parent)(const uint8_t left[32], const uint8_t right[32], int root, uint8_t out[32]);
  void (*encode)(const uint8_t *chunks, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                 uint8_t *streams);
  void (*decode)(const uint8_t *streams, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                 uint8_t *chunks);
  void (*survey)(const uint8_t *chunks, const wave_survey *surveys, size_t count, wave_palette *palettes);
  void (*combine)(const uint8_t *left, const uint8_t *right, const wave_combination *tasks, size_t count,
                  uint8_t *target);
  void (*compare)(const uint8_t *left, const uint8_t *right, const wave_comparison *pairs, size_t count,
                  uint64_t *masks);
  wave_bin_loops bins[4];  // words of 1, 2, 4 and 8 bytes
  void (*quantize)(const uint8_t *source, const wave_quantization *tasks, size_t count, uint8_t *codes,
                   uint8_t *restored, uint8_t *flags, wave_quantized *results);
  void (*dequantize)(const uint8_t *codes, const wave_quantization *tasks, size_t count, uint8_t *restored);
  void (*range)(const uint8_t *source, uint64_t words, uint8_t type, double clip, wave_range *range);
} wave_host_kernels;

extern const wave_host_kernels wave_host_baseline;
// The one that is in use.
const wave_host_kernels *wave_host_kernels_in_use(void);

#if defined(__x86_64__)
extern const wave_host_kernels wave_host_avx2;
extern const wave_host_kernels wave_host_avx512;
#endif

#endif
