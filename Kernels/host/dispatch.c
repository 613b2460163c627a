// Which host kernels to run, and the calls of CWaveKernels.h that need no more than that.
#include "dispatch.h"

#include <stdatomic.h>
#include <string.h>

// The choice, made at the first call: threads that race for it come to the same one.
static _Atomic(const wave_host_kernels *) chosen;

static const wave_host_kernels *best(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
    return &wave_host_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) return &wave_host_avx2;
#endif
  return &wave_host_baseline;
}

const wave_host_kernels *wave_host_kernels_in_use(void) {
  const wave_host_kernels *found = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (found == NULL) {
    found = best();
    atomic_store_explicit(&chosen, found, memory_order_relaxed);
  }
  return found;
}

static const wave_host_kernels *kernels(void) { return wave_host_kernels_in_use(); }

const char *wave_host_isa(void) {
#if defined(__x86_64__)
  if (kernels() == &wave_host_avx512) return "avx512";
  if (kernels() == &wave_host_avx2) return "avx2";
#endif
  return "baseline";
}

int wave_host_select(const char *isa) {
  const wave_host_kernels *wanted = NULL;
  if (isa == NULL) wanted = best();
  else if (strcmp(isa, "baseline") == 0) wanted = &wave_host_baseline;
#if defined(__x86_64__)
  else if (strcmp(isa, "avx2") == 0 && best() != &wave_host_baseline) wanted = &wave_host_avx2;
  else if (strcmp(isa, "avx512") == 0 && best() == &wave_host_avx512) wanted = &wave_host_avx512;
#endif
  if (wanted != NULL) atomic_store_explicit(&chosen, wanted, memory_order_relaxed);
  return wanted != NULL;
}

void wave_host_checksum(const uint8_t *source, const wave_span *spans, size_t count, wave_digest *digests,
                        wave_block_values *blocks) {
  kernels()->checksum(source, spans, count, digests, blocks);
}

void wave_blake3_parent(const uint8_t left[32], const uint8_t right[32], int root, uint8_t out[32]) {
  kernels()->parent(left, right, root, out);
}

void wave_host_encode(const uint8_t *chunks, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                      uint8_t *streams) {
  kernels()->encode(chunks, tasks, count, dictionaries, streams);
}

void wave_host_decode(const uint8_t *streams, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                      uint8_t *chunks) {
  kernels()->decode(streams, tasks, count, dictionaries, chunks);
}

void wave_host_survey(const uint8_t *chunks, const wave_survey *surveys, size_t count, wave_palette *palettes) {
  kernels()->survey(chunks, surveys, count, palettes);
}

void wave_host_combine(const uint8_t *left, const uint8_t *right, const wave_combination *tasks, size_t count,
                       uint8_t *target) {
  kernels()->combine(left, right, tasks, count, target);
}

// The C library's copies are as fast as ours, whatever the instruction set.
void wave_host_move(const uint8_t *source, const wave_run *runs, size_t count, uint8_t *target) {
  for (size_t k = 0; k < count; k++) memcpy(target + runs[k].targetOffset, source + runs[k].sourceOffset, runs[k].bytes);
}

void wave_host_compare(const uint8_t *left, const uint8_t *right, const wave_comparison *pairs, size_t count,
                       uint64_t *masks) {
  kernels()->compare(left, right, pairs, count, masks);
}

void wave_host_quantize(const uint8_t *source, const wave_quantization *tasks, size_t count, uint8_t *codes,
                        uint8_t *restored, uint8_t *flags, wave_quantized *results) {
  const uint64_t modes = wave_modes_default();
  kernels()->quantize(source, tasks, count, codes, restored, flags, results);
  wave_modes_restore(modes);
}

void wave_host_dequantize(const uint8_t *codes, const wave_quantization *tasks, size_t count, uint8_t *restored) {
  const uint64_t modes = wave_modes_default();
  kernels()->dequantize(codes, tasks, count, restored);
  wave_modes_restore(modes);
}

void wave_host_range(const uint8_t *source, uint64_t words, uint8_t type, double clip, wave_range *range) {
  const uint64_t modes = wave_modes_default();
  kernels()->range(source, words, type, clip, range);
  wave_modes_restore(modes);
}
