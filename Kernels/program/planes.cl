// Bit planes. A group is 32 words a lane: lane l works on the words 32 l ..< 32 l + 32 of the group, and its 32 bits of
// a plane are one word of that plane's bytes.
//
// In a group, x holds 8 * width vectors. Before the transposition they hold words:
//   width 8: x[i] the low half of word i, x[32 + i] the high half;   width 4: x[i] word i;
//   width 2: x[i] the words i and 16 + i;   width 1: x[i] the bytes i, 8 + i, 16 + i and 24 + i (least significant
//   first). After it, x[b] holds bit b of the 32 words.

#define GROUP_WORDS (32u * LANES)

// Swaps the bits of a at `mask << shift` with the bits of b at `mask`.
INLINE void swap_bits(lanes *a, lanes *b, const uint shift, const uint mask) {
  const lanes low = (*a & mask) | ((*b & mask) << shift);
  const lanes high = ((*a >> shift) & mask) | (*b & ~mask);
  *a = low;
  *b = high;
}

// `rows` x `rows` bits transposed in each part of `rows` bits of every word. Its own inverse.
INLINE void transpose_square(lanes *x, const uint rows) {
  if (rows == 32) {
#pragma unroll
    for (uint i = 0; i < 16; i++) swap_bits(&x[i], &x[i + 16], 16, 0x0000FFFFu);
  }
  if (rows >= 16) {
#pragma unroll
    for (uint i = 0; i < rows / 2; i++) {
      const uint k = (i & ~7u) * 2 + (i & 7u);
      swap_bits(&x[k], &x[k + 8], 8, 0x00FF00FFu);
    }
  }
#pragma unroll
  for (uint i = 0; i < rows / 2; i++) {
    const uint k = (i & ~3u) * 2 + (i & 3u);
    swap_bits(&x[k], &x[k + 4], 4, 0x0F0F0F0Fu);
  }
#pragma unroll
  for (uint i = 0; i < rows / 2; i++) {
    const uint k = (i & ~1u) * 2 + (i & 1u);
    swap_bits(&x[k], &x[k + 2], 2, 0x33333333u);
  }
#pragma unroll
  for (uint i = 0; i < rows / 2; i++) swap_bits(&x[2 * i], &x[2 * i + 1], 1, 0x55555555u);
}

INLINE void transpose_bits(lanes *x, const uint width) {
  transpose_square(x, width >= 4 ? 32u : 8 * width);
  if (width == 8) transpose_square(x + 32, 32);
}

// 4 x 4 bytes transposed across four words. Its own inverse.
INLINE void transpose_bytes(lanes *a, lanes *b, lanes *c, lanes *d) {
  swap_bits(a, c, 16, 0x0000FFFFu);
  swap_bits(b, d, 16, 0x0000FFFFu);
  swap_bits(a, b, 8, 0x00FF00FFu);
  swap_bits(c, d, 8, 0x00FF00FFu);
}

// Between the rows as they stand in memory, four words of 32 bits at a time, and x. Narrow words are packed in memory
// order there; these bring them into x's order, and back.
INLINE void unpack_narrow(lanes *x, const uint width) {
  if (width == 2) {
    lanes u[16];
#pragma unroll
    for (uint j = 0; j < 16; j++) u[j] = x[j];
#pragma unroll
    for (uint j = 0; j < 8; j++) {
      x[2 * j] = (u[j] & 0xFFFFu) | (u[j + 8] << 16);
      x[2 * j + 1] = (u[j] >> 16) | (u[j + 8] & 0xFFFF0000u);
    }
  }
  if (width == 1) {
    lanes u[8];
#pragma unroll
    for (uint j = 0; j < 8; j++) u[j] = x[j];
    transpose_bytes(&u[0], &u[2], &u[4], &u[6]);
    transpose_bytes(&u[1], &u[3], &u[5], &u[7]);
#pragma unroll
    for (uint j = 0; j < 4; j++) {
      x[j] = u[2 * j];
      x[j + 4] = u[2 * j + 1];
    }
  }
}

INLINE void pack_narrow(lanes *x, const uint width) {
  if (width == 2) {
    lanes u[16];
#pragma unroll
    for (uint j = 0; j < 8; j++) {
      u[j] = (x[2 * j] & 0xFFFFu) | (x[2 * j + 1] << 16);
      u[j + 8] = (x[2 * j] >> 16) | (x[2 * j + 1] & 0xFFFF0000u);
    }
#pragma unroll
    for (uint j = 0; j < 16; j++) x[j] = u[j];
  }
  if (width == 1) {
    lanes u[8];
#pragma unroll
    for (uint j = 0; j < 4; j++) {
      u[2 * j] = x[j];
      u[2 * j + 1] = x[j + 4];
    }
    transpose_bytes(&u[0], &u[2], &u[4], &u[6]);
    transpose_bytes(&u[1], &u[3], &u[5], &u[7]);
#pragma unroll
    for (uint j = 0; j < 8; j++) x[j] = u[j];
  }
}

// A group whose words are all there, and, at stride 2, are followed by another word: its rows are read whole.
INLINE void load_group(lanes *x, GLOBAL const uchar *words, const uint width, const uint stride) {
  ulong row[LANES];
#pragma unroll
  for (uint l = 0; l < LANES; l++) row[l] = 32ul * width * stride * l;
  if (stride == 1 && width <= 4) {
#pragma unroll
    for (uint q = 0; q < 2 * width; q++) load_rows(x + 4 * q, words + 16 * q, row);
    unpack_narrow(x, width);
    return;
  }
#pragma unroll
  for (uint q = 0; q < 2 * width * stride; q++) {
    lanes v[4];
    load_rows(v, words + 16 * q, row);
    if (width == 4) {
      x[2 * q] = v[0];
      x[2 * q + 1] = v[2];
    } else if (stride == 1) {
      x[2 * q] = v[0];
      x[32 + 2 * q] = v[1];
      x[2 * q + 1] = v[2];
      x[32 + 2 * q + 1] = v[3];
    } else {
      x[q] = v[0];
      x[32 + q] = v[1];
    }
  }
}

// A group in private memory, its words one after the other.
typedef union {
  uint4 quads[16 * LANES];
  ulong words8[32 * LANES];
  uint words4[64 * LANES];
  ushort words2[128 * LANES];
  uchar words1[256 * LANES];
} private_group;

// A group's words as they come, `rest` of them; zeros past the end.
INLINE void gather_group(lanes *x, GLOBAL const uchar *words, const uint width, uint stride, uint rest) {
  private_group group;
  const uint count = min(rest, GROUP_WORDS), step = width * stride;
  for (uint k = 0; k < 2 * width * LANES; k++) group.quads[k] = (uint4)0u;
  for (uint k = 0; k < count; k++) {
    if (width == 8) group.words8[k] = load8(words + k * step);
    else if (width == 4) group.words4[k] = load4(words + k * step);
    else if (width == 2) group.words2[k] = load2(words + k * step);
    else group.words1[k] = words[k * step];
  }
#pragma unroll
  for (uint q = 0; q < 2 * width; q++) {
    if (width == 8) {
      lanes v[4];
      take_rows(v, group.quads + q, 2 * width);
      x[2 * q] = v[0];
      x[32 + 2 * q] = v[1];
      x[2 * q + 1] = v[2];
      x[32 + 2 * q + 1] = v[3];
    } else {
      take_rows(x + 4 * q, group.quads + q, 2 * width);
    }
  }
  unpack_narrow(x, width);
}

// The inverse of load_group, for stride 1.
INLINE void store_group(lanes *x, GLOBAL uchar *words, const uint width) {
  ulong row[LANES];
#pragma unroll
  for (uint l = 0; l < LANES; l++) row[l] = 32ul * width * l;
  if (width <= 4) {
    pack_narrow(x, width);
#pragma unroll
    for (uint q = 0; q < 2 * width; q++) store_rows(x + 4 * q, words + 16 * q, row);
    return;
  }
#pragma unroll
  for (uint q = 0; q < 16; q++) {
    lanes v[4];
    v[0] = x[2 * q];
    v[1] = x[32 + 2 * q];
    v[2] = x[2 * q + 1];
    v[3] = x[32 + 2 * q + 1];
    store_rows(v, words + 16 * q, row);
  }
}

// The inverse of gather_group; x is spent.
INLINE void scatter_group(lanes *x, GLOBAL uchar *words, const uint width, uint stride, uint rest) {
  private_group group;
  const uint count = min(rest, GROUP_WORDS), step = width * stride;
  pack_narrow(x, width);
#pragma unroll
  for (uint q = 0; q < 2 * width; q++) {
    if (width == 8) {
      lanes v[4];
      v[0] = x[2 * q];
      v[1] = x[32 + 2 * q];
      v[2] = x[2 * q + 1];
      v[3] = x[32 + 2 * q + 1];
      put_rows(v, group.quads + q, 2 * width);
    } else {
      put_rows(x + 4 * q, group.quads + q, 2 * width);
    }
  }
  SCALAR_LOOP
  for (uint k = 0; k < count; k++) {
    if (width == 8) store8(words + k * step, group.words8[k]);
    else if (width == 4) store4(words + k * step, group.words4[k]);
    else if (width == 2) store2(words + k * step, group.words2[k]);
    else words[k * step] = group.words1[k];
  }
}

// Planes of a full chunk stand a power of two apart: lines of all of them meet in one set of a CPU's cache. There, the
// planes of several groups are kept back until each has 256 bytes to write.
#if LANES > 1
#define STAGE_GROUPS (64 / LANES)
#define STAGE_PITCH (STAGE_GROUPS + 1)  // not a power of two

INLINE void stage_planes(lanes *stage, const lanes *x, uint group, const uint width) {
#pragma unroll
  for (uint b = 0; b < 8 * width; b++) stage[b * STAGE_PITCH + group] = x[b];
}

INLINE void store_stage(const lanes *stage, GLOBAL uchar *planes, ulong planeBytes, const uint width) {
  for (uint b = 0; b < 8 * width; b++) {
    GLOBAL uchar *plane = planes + (8 * width - 1 - b) * planeBytes;
#pragma unroll
    for (uint g = 0; g < STAGE_GROUPS; g++) store_lanes(plane + 4 * LANES * g, stage[b * STAGE_PITCH + g]);
  }
}
#endif

// The planes of a group; plane p (the most significant bit's is 0) starts at planes + p * planeBytes. Of a group that
// is not whole, `rest` words are there.
INLINE void store_planes(lanes *x, GLOBAL uchar *planes, ulong planeBytes, const uint width, uint rest) {
  if (rest >= GROUP_WORDS) {
#pragma unroll
    for (uint b = 0; b < 8 * width; b++) store_lanes(planes + (8 * width - 1 - b) * planeBytes, x[b]);
    return;
  }
  uint valid[LANES], scratch[64 * LANES];
  for (uint l = 0; l < LANES; l++) {
    const uint bits = rest > 32 * l ? rest - 32 * l : 0u;
    valid[l] = bits >= 32 ? ~0u : (1u << bits) - 1;
  }
  const lanes mask = lanes_from(valid);
#pragma unroll
  for (uint b = 0; b < 8 * width; b++) lanes_to(scratch + b * LANES, x[b] & mask);
  const uint bytes = (rest + 7) / 8;
  for (uint b = 0; b < 8 * width; b++) {
    GLOBAL uchar *plane = planes + (8 * width - 1 - b) * planeBytes;
    for (uint k = 0; k < bytes; k++) plane[k] = (uchar)(scratch[b * LANES + k / 4] >> (8 * (k % 4)));
  }
}

INLINE void load_planes(lanes *x, GLOBAL const uchar *planes, ulong planeBytes, const uint width, uint rest) {
  if (rest >= GROUP_WORDS) {
#pragma unroll
    for (uint b = 0; b < 8 * width; b++) x[b] = load_lanes(planes + (8 * width - 1 - b) * planeBytes);
    return;
  }
  uint scratch[64 * LANES];
  for (uint k = 0; k < 8 * width * LANES; k++) scratch[k] = 0;
  const uint bytes = (rest + 7) / 8;
  for (uint b = 0; b < 8 * width; b++) {
    GLOBAL const uchar *plane = planes + (8 * width - 1 - b) * planeBytes;
    for (uint k = 0; k < bytes; k++) scratch[b * LANES + k / 4] |= (uint)plane[k] << (8 * (k % 4));
  }
#pragma unroll
  for (uint b = 0; b < 8 * width; b++) x[b] = lanes_from(scratch + b * LANES);
}
