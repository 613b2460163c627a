// BLAKE3 of a whole buffer, from the values of its chunks.
#include "../include/CWaveKernels.h"

#include <string.h>

// A stack of one value a level holds 2^54 leaves: any size_t.
#define STACK_DEPTH 54

void wave_blake3(const uint8_t *data, size_t length, uint8_t out[32]) {
  uint8_t stack[STACK_DEPTH][32], value[32];
  unsigned depth = 0;
  size_t at = 0;
  uint64_t chunks = 0;
  // Every chunk but the last closes the subtrees that it completes; the last one's may only close as the root does.
  while (length - at > WAVE_CHUNK_BYTES) {
    const wave_span span = {.offset = at, .firstLeaf = at / WAVE_LEAF_BYTES, .length = WAVE_CHUNK_BYTES};
    wave_digest digest;
    wave_host_checksum(data, &span, 1, &digest, NULL);
    at += WAVE_CHUNK_BYTES;
    chunks++;
    memcpy(value, digest.cv, 32);
    for (uint64_t rest = chunks; (rest & 1) == 0; rest >>= 1) wave_blake3_parent(stack[--depth], value, 0, value);
    memcpy(stack[depth++], value, 32);
  }
  const wave_span last = {.offset = at,
                          .firstLeaf = at / WAVE_LEAF_BYTES,
                          .length = (uint32_t)(length - at),
                          .flags = depth == 0 ? WAVE_SPAN_ROOT : 0};
  wave_digest digest;
  wave_host_checksum(data, &last, 1, &digest, NULL);
  memcpy(value, depth == 0 ? digest.root : digest.cv, 32);
  while (depth > 0) {
    depth--;
    wave_blake3_parent(stack[depth], value, depth == 0, value);
  }
  memcpy(out, value, 32);
}
