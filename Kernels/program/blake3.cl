// BLAKE3 over lanes (https://github.com/BLAKE3-team/BLAKE3-specs, version 1): one leaf or parent a lane.

#define BLAKE3_CHUNK_START 1u
#define BLAKE3_CHUNK_END 2u
#define BLAKE3_PARENT 4u
#define BLAKE3_ROOT 8u

#define BLAKE3_MIX(a, b, c, d, x, y)     \
  v[a] += v[b] + m[x];                   \
  v[d] = ROTATE(lanes, v[d] ^ v[a], 16); \
  v[c] += v[d];                          \
  v[b] = ROTATE(lanes, v[b] ^ v[c], 20); \
  v[a] += v[b] + m[y];                   \
  v[d] = ROTATE(lanes, v[d] ^ v[a], 24); \
  v[c] += v[d];                          \
  v[b] = ROTATE(lanes, v[b] ^ v[c], 25);

// Columns, then diagonals, over the message in one round's order.
#define BLAKE3_ROUND(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, ma, mb, mc, md, me, mf) \
  BLAKE3_MIX(0, 4, 8, 12, m0, m1)                                                    \
  BLAKE3_MIX(1, 5, 9, 13, m2, m3)                                                    \
  BLAKE3_MIX(2, 6, 10, 14, m4, m5)                                                   \
  BLAKE3_MIX(3, 7, 11, 15, m6, m7)                                                   \
  BLAKE3_MIX(0, 5, 10, 15, m8, m9)                                                   \
  BLAKE3_MIX(1, 6, 11, 12, ma, mb)                                                   \
  BLAKE3_MIX(2, 7, 8, 13, mc, md)                                                    \
  BLAKE3_MIX(3, 4, 9, 14, me, mf)

INLINE void blake3_start(lanes *cv) {
  cv[0] = (lanes)0x6A09E667u;
  cv[1] = (lanes)0xBB67AE85u;
  cv[2] = (lanes)0x3C6EF372u;
  cv[3] = (lanes)0xA54FF53Au;
  cv[4] = (lanes)0x510E527Fu;
  cv[5] = (lanes)0x9B05688Cu;
  cv[6] = (lanes)0x1F83D9ABu;
  cv[7] = (lanes)0x5BE0CD19u;
}

// The compression function, truncated to the chaining value.
INLINE void blake3_compress(lanes *cv, const lanes *m, lanes counterLow, lanes counterHigh, lanes length,
                            lanes flags) {
  lanes v[16];
#pragma unroll
  for (uint i = 0; i < 8; i++) v[i] = cv[i];
  v[8] = (lanes)0x6A09E667u;
  v[9] = (lanes)0xBB67AE85u;
  v[10] = (lanes)0x3C6EF372u;
  v[11] = (lanes)0xA54FF53Au;
  v[12] = counterLow;
  v[13] = counterHigh;
  v[14] = length;
  v[15] = flags;
  BLAKE3_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  BLAKE3_ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
  BLAKE3_ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1)
  BLAKE3_ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6)
  BLAKE3_ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4)
  BLAKE3_ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7)
  BLAKE3_ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)
#pragma unroll
  for (uint i = 0; i < 8; i++) cv[i] = v[i] ^ v[i + 8];
}

// One leaf a lane: where it starts, its counter, its bytes (0 ... 1024), and the flags of its last block besides
// CHUNK_END (BLAKE3_ROOT or 0).
typedef struct {
  ulong offset[LANES];
  ulong counter[LANES];
  uint length[LANES];
  uint last[LANES];
} blake3_jobs;

// The block at `at` of leaves that do not all have it whole: bytes past a leaf's end are zero.
INLINE void blake3_load_ragged(lanes *m, GLOBAL const uchar *source, const blake3_jobs *jobs, uint at) {
  union {
    uint4 quads[4 * LANES];
    uchar bytes[64 * LANES];
  } blocks;
  for (uint l = 0; l < LANES; l++) {
    GLOBAL const uchar *block = source + jobs->offset[l] + at;
    const uint bytes = jobs->length[l] > at ? min(jobs->length[l] - at, 64u) : 0u;
    for (uint q = 0; q < 4; q++) blocks.quads[4 * l + q] = bytes >= 16 * q + 16 ? load16(block + 16 * q) : (uint4)0u;
    for (uint k = bytes & ~15u; k < bytes; k++) blocks.bytes[64 * l + k] = block[k];
  }
#pragma unroll
  for (uint q = 0; q < 4; q++) take_rows(m + 4 * q, blocks.quads + q, 4);
}

// The chaining values of LANES leaves.
INLINE void blake3_leaves(lanes *cv, GLOBAL const uchar *source, const blake3_jobs *jobs) {
  uint low[LANES], high[LANES], shortest = WAVE_LEAF_BYTES, longest = 1;  // an empty leaf has one empty block
  for (uint l = 0; l < LANES; l++) {
    low[l] = (uint)jobs->counter[l];
    high[l] = (uint)(jobs->counter[l] >> 32);
    shortest = min(shortest, jobs->length[l]);
    longest = max(longest, jobs->length[l]);
  }
  const lanes counterLow = lanes_from(low);
  const lanes counterHigh = lanes_from(high);
  blake3_start(cv);
  for (uint at = 0; at < longest; at += 64) {
    lanes m[16], next[8];
    lanes length = (lanes)64u, flags = (lanes)0u, active = (lanes)~0u;
    // Every lane has this block whole, and none ends in it but where all leaves are whole.
    const bool even = at + 64 < shortest || shortest == WAVE_LEAF_BYTES;
    if (even) {
#pragma unroll
      for (uint q = 0; q < 4; q++) load_rows(m + 4 * q, source + at + 16 * q, jobs->offset);
      if (at == WAVE_LEAF_BYTES - 64) flags = lanes_from(jobs->last) | BLAKE3_CHUNK_END;
    } else {
      uint bytes[LANES], ends[LANES], on[LANES];
      for (uint l = 0; l < LANES; l++) {
        const uint rest = jobs->length[l] > at ? jobs->length[l] - at : 0u;
        bytes[l] = min(rest, 64u);
        ends[l] = rest <= 64 ? jobs->last[l] | BLAKE3_CHUNK_END : 0u;
        on[l] = rest > 0 || at == 0 ? ~0u : 0u;
      }
      blake3_load_ragged(m, source, jobs, at);
      length = lanes_from(bytes);
      flags = lanes_from(ends);
      active = lanes_from(on);
    }
    if (at == 0) flags |= BLAKE3_CHUNK_START;
#pragma unroll
    for (uint i = 0; i < 8; i++) next[i] = cv[i];
    blake3_compress(next, m, counterLow, counterHigh, length, flags);
#pragma unroll
    for (uint i = 0; i < 8; i++) cv[i] = even ? next[i] : (next[i] & active) | (cv[i] & ~active);
  }
}

// LANES parents, over the chaining values (32 bytes) at base + left[lane] and base + right[lane].
INLINE void blake3_parents(lanes *cv, GLOBAL const uchar *base, const ulong *left, const ulong *right, lanes flags) {
  lanes m[16];
  load_rows(m, base, left);
  load_rows(m + 4, base + 16, left);
  load_rows(m + 8, base, right);
  load_rows(m + 12, base + 16, right);
  blake3_start(cv);
  blake3_compress(cv, m, (lanes)0u, (lanes)0u, (lanes)64u, flags | BLAKE3_PARENT);
}

INLINE void blake3_store(lanes *cv, GLOBAL uchar *base, const ulong *row) {
  store_rows(cv, base, row);
  store_rows(cv + 4, base + 16, row);
}
