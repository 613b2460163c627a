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

static void begin(uint32_t lanes[4], uint32_t seed) {
  lanes[0] = seed + prime1 + prime2;
  lanes[1] = seed + prime2;
  lanes[2] = seed;
  lanes[3] = seed - prime1;
}

/// Goes on from `done` bytes (a multiple of 16), whose accumulators are `lanes`.
static uint32_t finish(const uint8_t *data, size_t length, size_t done, const uint32_t lanes[4], uint32_t seed) {
  const uint8_t *p = data + done;
  size_t rest = length - done;
  uint32_t hash = seed + prime5;
  if (length >= 16) {
    uint32_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
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

uint32_t wave_xxh32(const uint8_t *data, size_t length, uint32_t seed) {
  uint32_t lanes[4];
  begin(lanes, seed);
  return finish(data, length, 0, lanes, seed);
}

#ifdef __x86_64__

typedef uint32_t lanes16 __attribute__((ext_vector_type(16)));
typedef uint32_t lanes4 __attribute__((ext_vector_type(4)));

/// The stripes that four buffers have in common, side by side. One buffer's stripes wait for each other: its speed is
/// the latency of a multiplication; four take hardly longer than one. Returns the bytes done of each.
__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))) static size_t four(
    const uint8_t *const data[4], size_t common, uint32_t lanes[4][4]) {
  lanes16 state;
  memcpy(&state, lanes, sizeof state);
  size_t done = 0;
  for (; done + 16 <= common; done += 16) {
    lanes4 part[4];
    for (int i = 0; i < 4; i++) memcpy(&part[i], data[i] + done, 16);
    lanes16 input;
    input.lo.lo = part[0];
    input.lo.hi = part[1];
    input.hi.lo = part[2];
    input.hi.hi = part[3];
    state += input * prime2;
    state = (state << 13 | state >> 19) * prime1;
  }
  memcpy(lanes, &state, sizeof state);
  return done;
}

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

#endif

void wave_xxh32_each(const uint8_t *const *data, const size_t *lengths, size_t count, uint32_t seed,
                     uint32_t *hashes) {
  size_t i = 0;
#ifdef __x86_64__
  if (has_avx512()) {
    for (; i + 4 <= count; i += 4) {
      uint32_t lanes[4][4];
      size_t common = lengths[i];
      for (int k = 0; k < 4; k++) {
        begin(lanes[k], seed);
        if (lengths[i + k] < common) common = lengths[i + k];
      }
      const size_t done = four(data + i, common, lanes);
      for (int k = 0; k < 4; k++) hashes[i + k] = finish(data[i + k], lengths[i + k], done, lanes[k], seed);
    }
  }
#endif
  for (; i < count; i++) hashes[i] = wave_xxh32(data[i], lengths[i], seed);
}
