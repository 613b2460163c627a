// What comes before and after the bins, for words of BITS bits (HWP-Format.md, section 5): mapping, lags, zigzag, and the
// classes that an encoder makes its bins of. Included once for each width, with WORD, SIGNED, BITS and NAME.

#define TOP ((WORD)((WORD)1 << (BITS - 1)))
// Elements done at a time where a loop goes over memory that the compiler cannot tell apart.
#define BLOCK 64u

INLINE WORD NAME(zigzag)(WORD x) { return (WORD)((WORD)(x << 1) ^ (WORD)((SIGNED)x >> (BITS - 1))); }
INLINE WORD NAME(unzigzag)(WORD z) { return (WORD)((WORD)(z >> 1) ^ (WORD)(0 - (WORD)(z & 1))); }
// The bits of a float as a signed integer of the same order, +0.0 as 0; and back.
INLINE WORD NAME(order)(WORD w) { return (WORD)(w ^ ((WORD)((SIGNED)w >> (BITS - 1)) & (WORD)(TOP - 1))); }

INLINE void NAME(gather)(const uchar *chunk, uint words, uint stride, WORD *x) {
  if (stride == 1) memcpy(x, chunk, words * sizeof(WORD));
  else
    for (uint i = 0; i < words; i++) memcpy(&x[i], chunk + (ulong)i * stride * sizeof(WORD), sizeof(WORD));
}

INLINE void NAME(scatter)(const WORD *x, uint words, uint stride, uchar *chunk) {
  if (stride == 1) memcpy(chunk, x, words * sizeof(WORD));
  else
    for (uint i = 0; i < words; i++) memcpy(chunk + (ulong)i * stride * sizeof(WORD), &x[i], sizeof(WORD));
}

#ifdef FLOAT
// Numbers to numerators; false where one of them is no such ratio. Rounding is by adding and subtracting 3 * 2^51: every
// instruction set has that, and the proof is that the division gives the word again.
INLINE bool NAME(to_ratio)(WORD *x, uint words, const uint divisor) {
  const double most = BITS == 32 ? 0x1p24 : 0x1p51, magic = 0x1.8p52;
  const FLOAT by = (FLOAT)divisor;
  WORD wrong = 0;
  for (uint i = 0; i < words; i++) {
    FLOAT number;
    memcpy(&number, &x[i], sizeof number);
    double m = (double)number * (double)divisor;
    m = __builtin_fabs(m) <= most ? m : 0.0;
    m = (m + magic) - magic;
    const SIGNED numerator = (SIGNED)m;
    const FLOAT again = (FLOAT)numerator / by;
    WORD word;
    memcpy(&word, &again, sizeof word);
    wrong |= word ^ x[i];
    x[i] = (WORD)numerator;
  }
  return wrong == 0;
}

INLINE void NAME(from_ratio)(WORD *x, uint words, const uint divisor) {
  const FLOAT by = (FLOAT)divisor;
  for (uint i = 0; i < words; i++) {
    const FLOAT number = (FLOAT)(SIGNED)x[i] / by;
    memcpy(&x[i], &number, sizeof number);
  }
}
#endif

INLINE bool NAME(map)(WORD *x, uint words, const wave_bins *plan) {
  if (plan->mapping == WAVE_BINS_FLOAT)
    for (uint i = 0; i < words; i++) x[i] = NAME(order)(x[i]);
#ifdef FLOAT
  if (plan->mapping == WAVE_BINS_RATIO) return NAME(to_ratio)(x, words, plan->divisor);
#endif
  return plan->mapping != WAVE_BINS_RATIO;
}

INLINE void NAME(unmap)(WORD *x, uint words, const wave_bins *plan) {
  if (plan->mapping == WAVE_BINS_FLOAT)
    for (uint i = 0; i < words; i++) x[i] = NAME(order)(x[i]);
#ifdef FLOAT
  if (plan->mapping == WAVE_BINS_RATIO) NAME(from_ratio)(x, words, plan->divisor);
#endif
}

// x[i] -= x[i - lag], from the end: what is subtracted is not yet changed.
INLINE void NAME(subtract_lag)(WORD *x, uint words, uint lag) {
  uint i = words;
  WORD a[BLOCK], b[BLOCK];
  while (i >= BLOCK && i - BLOCK >= lag) {
    i -= BLOCK;
    memcpy(a, x + i, sizeof a);
    memcpy(b, x + i - lag, sizeof b);
    for (uint j = 0; j < BLOCK; j++) a[j] -= b[j];
    memcpy(x + i, a, sizeof a);
  }
  for (; i > lag; i--) x[i - 1] -= x[i - 1 - lag];
}

// Sums of neighbours: of sixteen words in registers, then across them.
INLINE void NAME(add_neighbours)(WORD *x, uint words) {
  WORD carry = 0, a[16];
  uint i = 0;
  for (; i + 16 <= words; i += 16) {
    memcpy(a, x + i, sizeof a);
#pragma unroll
    for (uint step = 1; step < 16; step *= 2) {
      WORD b[16];
#pragma unroll
      for (uint j = 0; j < 16; j++) b[j] = j >= step ? (WORD)(a[j] + a[j - step]) : a[j];
      memcpy(a, b, sizeof a);
    }
    for (uint j = 0; j < 16; j++) a[j] += carry;
    carry = a[15];
    memcpy(x + i, a, sizeof a);
  }
  for (; i < words; i++) x[i] = carry += x[i];
}

INLINE void NAME(add_lag)(WORD *x, uint words, uint lag) {
  uint i = lag;
  WORD a[BLOCK], b[BLOCK];
  if (lag == 1) {
    NAME(add_neighbours)(x, words);
    return;
  }
  if (lag >= BLOCK)
    for (; i < words && words - i >= BLOCK; i += BLOCK) {
      memcpy(a, x + i, sizeof a);
      memcpy(b, x + i - lag, sizeof b);
      for (uint j = 0; j < BLOCK; j++) a[j] += b[j];
      memcpy(x + i, a, sizeof a);
    }
  for (; i < words; i++) x[i] += x[i - lag];
}

// Signed integers to what the bins tile.
INLINE void NAME(fold)(WORD *x, uint words, const wave_bins *plan) {
  if (is_zigzagged(plan))
    for (uint i = 0; i < words; i++) x[i] = NAME(zigzag)(x[i]);
  else if (plan->mapping == WAVE_BINS_FLOAT)
    for (uint i = 0; i < words; i++) x[i] ^= TOP;
}

INLINE void NAME(unfold)(WORD *x, uint words, const wave_bins *plan) {
  if (is_zigzagged(plan))
    for (uint i = 0; i < words; i++) x[i] = NAME(unzigzag)(x[i]);
  else if (plan->mapping == WAVE_BINS_FLOAT)
    for (uint i = 0; i < words; i++) x[i] ^= TOP;
}

static bool NAME(prepare)(const uchar *chunk, uint words, uint stride, const wave_bins *plan, void *values) {
  WORD *x = values;
  NAME(gather)(chunk, words, stride, x);
  if (!NAME(map)(x, words, plan)) return false;
  for (uint l = 0; l < plan->lagCount; l++) NAME(subtract_lag)(x, words, plan->lags[l]);
  NAME(fold)(x, words, plan);
  return true;
}

static void NAME(finish)(void *values, uint words, uint stride, const wave_bins *plan, uchar *chunk) {
  WORD *x = values;
  NAME(unfold)(x, words, plan);
  for (uint l = plan->lagCount; l > 0; l--) NAME(add_lag)(x, words, plan->lags[l - 1]);
  NAME(unmap)(x, words, plan);
  NAME(scatter)(x, words, stride, chunk);
}

// What `prepare` gives for the words first ..< first + count alone, BLOCK words at a time of every distance that the lags
// reach back to.
static bool NAME(sample)(const uchar *chunk, uint first, uint count, uint stride, const wave_bins *plan, void *values) {
  WORD *x = values;
  memset(x, 0, count * sizeof(WORD));
  for (uint subset = 0; subset < 1u << plan->lagCount; subset++) {
    uint back = 0, sign = 0;
    for (uint l = 0; l < plan->lagCount; l++) {
      if (subset >> l & 1) {
        back += plan->lags[l];
        sign ^= 1;
      }
    }
    const uint skipped = back > first ? min(back - first, count) : 0;
    WORD part[BLOCK];
    for (uint i = skipped; i < count; i += BLOCK) {
      const uint taken = min(BLOCK, count - i);
      NAME(gather)(chunk + (ulong)(first + i - back) * stride * sizeof(WORD), taken, stride, part);
      if (!NAME(map)(part, taken, plan)) return false;
      for (uint j = 0; j < taken; j++) x[i + j] = sign ? (WORD)(x[i + j] - part[j]) : (WORD)(x[i + j] + part[j]);
    }
  }
  NAME(fold)(x, count, plan);
  return true;
}

static void NAME(range)(const void *values, uint words, ulong *least, ulong *most) {
  const WORD *x = values;
  WORD low = x[0], high = x[0];
  for (uint i = 1; i < words; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  *least = low;
  *most = high;
}

// The class of each value (bins-choice.h). Up to 2^24 a float holds an integer exactly: its exponent and the top of its
// mantissa are the class; larger ones are shifted down first.
static void NAME(classify)(const void *values, uint words, const bin_classes *classes, ushort *out) {
  const WORD *x = values, base = (WORD)classes->base;
  if (classes->isLinear) {
    for (uint i = 0; i < words; i++) out[i] = (ushort)((WORD)(x[i] - base) >> classes->shift);
    return;
  }
  for (uint i = 0; i < words; i++) {
    const uint down = BITS <= 16 || x[i] < (WORD)(1ul << (24 % BITS)) ? 0 : BITS == 32 || x[i] < (WORD)(1ul << (44 % BITS)) ? 20 : 40;
    const int small = (int)(x[i] >> down);
    const float number = (float)small;
    uint bits;
    memcpy(&bits, &number, sizeof bits);
    out[i] = (ushort)(small < 8 ? (uint)small : (bits >> 20) - (129u << 3) + 8 * down);
  }
}

// What the coder takes of words: their places above `base`, in halves of 32 bits; and back.
INLINE void NAME(split)(const void *values, uint first, uint count, ulong base, uint *low, uint *high) {
  const WORD *x = (const WORD *)values + first;
  for (uint l = 0; l < count; l++) low[l] = (uint)(WORD)(x[l] - (WORD)base);
  if (BITS == 64)
    for (uint l = 0; l < count; l++) high[l] = (uint)((ulong)(WORD)(x[l] - (WORD)base) >> 32);
}

INLINE void NAME(join)(void *values, uint first, uint count, const uint *low, const uint *high) {
  WORD *x = (WORD *)values + first;
  for (uint l = 0; l < count; l++) x[l] = (WORD)(BITS == 64 ? low[l] | (ulong)high[l] << 32 : low[l]);
}

static ushort *NAME(encode)(const void *values, uint words, const ushort *classes, const bin_encoder *table, uint *states,
                            const ushort *floor, ushort *out) {
  const long most = (long)BIN_LANES * (1 + table->pieces);
  uint low[BIN_LANES] = {0}, high[BIN_LANES] = {0};
  uint i = words - words % BIN_LANES, count = words % BIN_LANES;
  if (out - floor < most) return NULL;
  if (count > 0) {
    NAME(split)(values, i, count, table->base, low, high);
    out = encode_few(states, classes + i, low, high, count, table, out);
  }
  while (i > 0) {
    i -= BIN_LANES;
    if (out - floor < most) return NULL;
    NAME(split)(values, i, BIN_LANES, table->base, low, high);
    out = encode_group(states, classes + i, low, high, table, out);
  }
  return out;
}

// `end`: of the words, behind which there may be nothing. The last of them are read from a copy that is long enough for
// any group, so that a stream that is too short ends behind its copy and nowhere else.
static bool NAME(decode)(const uchar *in, const uchar *end, uint words, const bin_decoder *table, uint *states,
                         void *values) {
  const ulong most = 2 * BIN_LANES * (1 + table->pieces) + 32;
  uchar rest[4 * (2 * BIN_LANES * 5 + 32)];
  bool isCopy = false;
  uint low[BIN_LANES], high[BIN_LANES];
  for (uint i = 0; i < words; i += BIN_LANES) {
    const ulong left = (ulong)(end - in);
    if (!isCopy && left < most) {
      memcpy(rest, in, left);
      memset(rest + left, 0, sizeof rest - left);
      in = rest;
      end = rest + left;
      isCopy = true;
    }
    if (words - i >= BIN_LANES) {
      in = decode_group(states, low, high, table, in);
      NAME(join)(values, i, BIN_LANES, low, high);
    } else {
      in = decode_few(states, low, high, words - i, table, in);
      NAME(join)(values, i, words - i, low, high);
    }
    if (in > end) return false;
  }
  return in == end;
}

#undef TOP
#undef BLOCK
#undef NAME
#undef WORD
#undef SIGNED
#undef BITS
#undef FLOAT
