// XXH32 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, "XXH32 algorithm description").
#include "../include/CWaveKernels.h"

#include <string.h>

static const uint32_t prime1 = 0x9E3779B1u, prime2 = 0x85EBCA77u, prime3 = 0xC2B2AE3Du, prime4 = 0x27D4EB2Fu,
                      prime5 = 0x165667B1u;

static uint32_t rotate(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static uint32_t load(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t stripe(uint32_t accumulator, const uint8_t *p) {
  return rotate(accumulator + load(p) * prime2, 13) * prime1;
}

uint32_t wave_xxh32(const uint8_t *data, size_t length, uint32_t seed) {
  const uint8_t *p = data;
  size_t rest = length;
  uint32_t hash = seed + prime5;
  if (rest >= 16) {
    uint32_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
    for (; rest >= 16; rest -= 16, p += 16) {
      a = stripe(a, p);
      b = stripe(b, p + 4);
      c = stripe(c, p + 8);
      d = stripe(d, p + 12);
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  }
  hash += (uint32_t)length;
  for (; rest >= 4; rest -= 4, p += 4) hash = rotate(hash + load(p) * prime3, 17) * prime4;
  for (; rest > 0; rest--, p++) hash = rotate(hash + *p * prime5, 11) * prime1;
  hash = (hash ^ hash >> 15) * prime2;
  hash = (hash ^ hash >> 13) * prime3;
  return hash ^ hash >> 16;
}
