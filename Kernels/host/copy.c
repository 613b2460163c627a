// Copying past the cache: of what is written, a store that goes through the cache reads the old line from memory first.
#include <string.h>

#include "../include/CWaveKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum {
  LINE = 64,
  // A page ahead: the processor's own prefetching ends with each page.
  AHEAD = 4096,
  // What is shorter fits into the cache, and may be read there soon.
  LEAST = 1 << 20,
};

// `target` begins at a line; whole lines.
static void stream_lines(uint8_t *target, const uint8_t *source, size_t length) {
  for (size_t offset = 0; offset < length; offset += LINE) {
    // Whatever is there, or is not: a prefetch has no faults.
    _mm_prefetch((const char *)((uintptr_t)source + offset + AHEAD), _MM_HINT_T0);
    const __m128i *from = (const __m128i *)(source + offset);
    __m128i *to = (__m128i *)(target + offset);
    const __m128i first = _mm_loadu_si128(from), second = _mm_loadu_si128(from + 1);
    const __m128i third = _mm_loadu_si128(from + 2), fourth = _mm_loadu_si128(from + 3);
    _mm_stream_si128(to, first);
    _mm_stream_si128(to + 1, second);
    _mm_stream_si128(to + 2, third);
    _mm_stream_si128(to + 3, fourth);
  }
  // Such stores are not ordered with others.
  _mm_sfence();
}
#endif

void wave_host_copy(uint8_t *target, const uint8_t *source, size_t length) {
#if defined(__x86_64__)
  if (length >= LEAST) {
    const size_t head = (size_t)(-(uintptr_t)target % LINE);
    const size_t lines = (length - head) / LINE * LINE;
    memcpy(target, source, head);
    stream_lines(target + head, source + head, lines);
    target += head + lines;
    source += head + lines;
    length -= head + lines;
  }
#endif
  if (length > 0) memcpy(target, source, length);
}
