// The host kernels of each instruction set.
#ifndef WAVE_DISPATCH_H
#define WAVE_DISPATCH_H

#include "../include/CWaveKernels.h"

typedef struct {
  void (*checksum)(const uint8_t *source, const wave_span *spans, size_t count, wave_digest *digests);
  void (*parent)(const uint8_t left[32], const uint8_t right[32], int root, uint8_t out[32]);
  void (*encode)(const uint8_t *chunks, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                 uint8_t *streams);
  void (*decode)(const uint8_t *streams, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                 uint8_t *chunks);
  void (*survey)(const uint8_t *chunks, const wave_survey *surveys, size_t count, wave_palette *palettes);
  void (*quantize)(const uint8_t *source, const wave_quantization *tasks, size_t count, uint8_t *codes,
                   uint8_t *restored, uint8_t *flags, wave_quantized *results);
  void (*dequantize)(const uint8_t *codes, const wave_quantization *tasks, size_t count, uint8_t *restored);
  void (*range)(const uint8_t *source, uint64_t words, uint8_t type, double clip, wave_range *range);
} wave_host_kernels;

extern const wave_host_kernels wave_host_baseline;
#if defined(__x86_64__)
extern const wave_host_kernels wave_host_avx2;
extern const wave_host_kernels wave_host_avx512;
#endif

#endif
