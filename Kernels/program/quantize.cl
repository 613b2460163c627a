// The quantizers of single words, grid and logarithm, and what all quantizers share. Compiled for each precision.
//
// A code counts only if the number that a restore makes of it is within the bound, and would get the same code again.
// Comparisons are written so that a NaN fails them.

#undef SIGN
#undef SIGN_SHIFT
#define SIGN_SHIFT (WORD_BITS - 1)
#define SIGN ((WORD)1 << SIGN_SHIFT)

// What became of one vector.
typedef struct {
  WORDS code;
  REALS value;   // what a restore makes of the code
  WORDS holds;   // the lanes where the code counts
  REALS error;   // how far off the value is
  REALS ratio;   // the same in terms of the bound
} P(trial);

INLINE NUMBER P(parameter)(wave_quantization q, uint index) { return AS_NUMBER(q.parameters[index]); }

INLINE REALS P(pick)(WORDS mask, REALS a, REALS b) { return AS_REALS(PICK(mask, AS_WORDS(a), AS_WORDS(b))); }

INLINE REALS P(magnitude)(REALS x) { return AS_REALS(AS_WORDS(x) & ~SIGN); }

// The integer of a sum with MAGIC.
INLINE WORDS P(integer)(REALS sum) { return AS_WORDS(sum) - AS_WORDS((REALS)MAGIC); }

// 1 / v for positive v, to a few units in the last place, by Newton's steps.
INLINE REALS P(reciprocal)(REALS v) {
  REALS r = AS_REALS(RECIPROCAL_SEED - AS_WORDS(v));
#pragma unroll
  for (uint step = 0; step < RECIPROCAL_STEPS; step++) r = r * ((NUMBER)2 - v * r);
  return r;
}

// The square root of n >= 0, to about a unit in the last place.
INLINE REALS P(root)(REALS n) {
  const REALS halved = n * (NUMBER)0.5;
  REALS y = AS_REALS(ROOT_SEED - (AS_WORDS(n) >> 1));
#pragma unroll
  for (uint step = 0; step < ROOT_STEPS; step++) y = y * ((NUMBER)1.5 - halved * y * y);
  const REALS s = n * y;
  return s + y * (NUMBER)0.5 * (n - s * s);
}

// LANES words from memory, of which `here` exist; the rest are zero.
INLINE WORDS P(load)(GLOBAL const uchar *p, uint here, const uint width) {
  WORD words[LANES];
  WORDS v;
  if (here >= LANES) return P(load_code)(p, width);
  for (uint l = 0; l < LANES; l++) words[l] = l < here ? P(load_one)(p + l * width, width) : 0;
  PRIVATE_LOAD(v, words);
  return v;
}

INLINE void P(store)(GLOBAL uchar *p, WORDS v, uint here, const uint width) {
  WORD words[LANES];
  if (here >= LANES) {
    P(store_code)(p, v, width);
    return;
  }
  PRIVATE_STORE(v, words);
  for (uint l = 0; l < here; l++) P(store_one)(p + l * width, words[l], width);
}

// The lanes of items that exist.
INLINE WORDS P(live)(uint here) {
  WORD index[LANES];
  WORDS v;
  for (uint l = 0; l < LANES; l++) index[l] = l < here ? ~(WORD)0 : 0;
  PRIVATE_LOAD(v, index);
  return v;
}

// A mask as bits, lane 0's least significant.
INLINE uint P(bits)(WORDS mask) {
#if LANES == 1
  return (uint)mask & 1u;
#else
  WORD weights[LANES];
  WORDS v;
  for (uint l = 0; l < LANES; l++) weights[l] = (WORD)1 << l;
  PRIVATE_LOAD(v, weights);
  v &= mask;
#if LANES == 16
  const P(eight) eights = v.lo | v.hi;
  const P(four) fours = eights.lo | eights.hi;
#elif LANES == 8
  const P(four) fours = v.lo | v.hi;
#else
  const P(four) fours = v;
#endif
  return (uint)(fours.s0 | fours.s1 | fours.s2 | fours.s3);
#endif
}

// A vector's part of a chunk's tally; `bits`: its exceptions.
typedef struct {
  WORDS largest;
  WORDS squares;
} P(sums);

INLINE void P(count)(P(sums) *sums, P(trial) trial, WORDS counted) {
  const WORDS error = AS_WORDS(trial.error) & counted;
  sums->largest = PICK(MASK(error > sums->largest), error, sums->largest);
  // 4096ths of the bound.
  const REALS ratio = AS_REALS(AS_WORDS(trial.ratio) & counted & MASK(trial.ratio <= (NUMBER)2));
  const WORDS units = P(integer)(ratio * (NUMBER)4096 + MAGIC);
  sums->squares += units * units;
}

// Adds the lanes up. In binary32 a square has 25 bits: 64 of them fit.
INLINE void P(settle)(P(sums) *sums, tally *total) {
  WORD largest[LANES], squares[LANES];
  PRIVATE_STORE(sums->largest, largest);
  PRIVATE_STORE(sums->squares, squares);
  for (uint l = 0; l < LANES; l++) {
    total->largest = total->largest < largest[l] ? largest[l] : total->largest;
    total->squares += squares[l];
  }
  sums->squares = (WORDS)(WORD)0;
}

// The exceptions among `here` items, as bits; `counted`: those of them that are none.
INLINE uint P(exceptions)(WORDS holds, uint here, WORDS *counted) {
  *counted = here < LANES ? holds & P(live)(here) : holds;
  return ~P(bits)(holds) & (uint)((1ul << min(here, (uint)LANES)) - 1);
}

// What is done after each set of flags: every 64 vectors the sums are settled.
INLINE void P(finish_flags)(GLOBAL uchar *flags, uint missed, uint left, P(sums) *sums, uint *unsettled, tally *total) {
  store_flags(flags, missed, left);
  total->exceptions += POPCOUNT(missed);
  if ((*unsettled += FLAG_VECTORS) < 64) return;
  P(settle)(sums, total);
  *unsettled = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Grid: x' = m * step. The levels of the range's ends stand for the ends themselves.

typedef struct {
  NUMBER inverse, step, bound, scale, low, high, bottom, top, limit;
} P(grid);

INLINE P(grid) P(grid_of)(wave_quantization q, const uint type) {
  P(grid) grid;
  grid.inverse = P(parameter)(q, 0);
  grid.step = P(parameter)(q, 1);
  grid.bound = P(parameter)(q, 2);
  grid.scale = P(parameter)(q, 3);
  grid.low = P(parameter)(q, 4);
  grid.high = P(parameter)(q, 5);
  grid.bottom = P(parameter)(q, 6);
  grid.top = P(parameter)(q, 7);
  grid.limit = P(width)(type) == 2 ? (NUMBER)32767 : LEVEL_LIMIT;
  return grid;
}

// MAGIC + the level of x. `within`: the lanes where it has one; the others get 0.
INLINE REALS P(grid_level)(REALS x, P(grid) grid, WORDS *within) {
  const REALS t = x * grid.inverse;
  *within = MASK(P(magnitude)(t) <= grid.limit);
  return AS_REALS(AS_WORDS(t) & *within) + MAGIC;
}

INLINE REALS P(grid_value)(REALS level, P(grid) grid) {
  REALS x = level * grid.step;
  x = P(pick)(MASK(level >= grid.top), (REALS)grid.high, x);
  return P(pick)(MASK(level <= grid.bottom), (REALS)grid.low, x);
}

INLINE P(trial) P(grid_try)(REALS x, P(grid) grid, const uint type) {
  P(trial) trial;
  WORDS within, again;
  const REALS sum = P(grid_level)(x, grid, &within);
  const REALS value = P(number_of)(P(word_of)(P(grid_value)(sum - MAGIC, grid), type), type);
  // x - x' is d + e exactly (two-sum). It is at most the bound where d is, and e does not lead on from the bound itself.
  const REALS d = x - value, part = d - x;
  const REALS e = (x - (d - part)) - (value + part);
  const REALS size = P(magnitude)(d), rest = AS_REALS(AS_WORDS(e) ^ (AS_WORDS(d) & SIGN));
  const WORDS close = MASK(size < grid.bound) | (MASK(size == grid.bound) & MASK(rest <= (NUMBER)0));
  // The range stays what it is: its ends are exact, and nothing leaves it.
  const WORDS inside = MASK(x >= grid.low) & MASK(x <= grid.high) & MASK(value >= grid.low) & MASK(value <= grid.high);
  const WORDS end = MASK(x == grid.low) | MASK(x == grid.high);
  const WORDS same = MASK(AS_WORDS(P(grid_level)(value, grid, &again)) == AS_WORDS(sum));
  trial.code = P(integer)(sum);
  trial.value = value;
  trial.holds = within & close & inside & (~end | MASK(size == (NUMBER)0)) & same & again;
  trial.error = size;
  trial.ratio = size * grid.scale;
  return trial;
}

// ---------------------------------------------------------------------------------------------------------------
// Logarithm: |x'| = 2^(first + k / K), and the code is k + 1 with the sign of x; 0 is 0.

typedef struct {
  NUMBER levels, inverse, bound, scale;
  WORD last;  // the largest code
} P(logarithm);

INLINE P(logarithm) P(logarithm_of)(wave_quantization q, const uint type) {
  P(logarithm) logarithm;
  logarithm.levels = (NUMBER)q.parameters[0];
  logarithm.inverse = P(parameter)(q, 1);
  logarithm.bound = P(parameter)(q, 2);
  logarithm.scale = P(parameter)(q, 3);
  logarithm.last = (P(last_exponent)(type) - P(first_exponent)(type) + 1) * (WORD)q.parameters[0];
  return logarithm;
}

// The code of |x|, x given by its exponent and its mantissa from 1 to 2.
INLINE WORDS P(logarithm_code)(WORDS exponent, REALS mantissa, P(logarithm) logarithm, const uint type) {
  const WORDS upper = MASK(mantissa > (NUMBER)0x1.6a09e6p+0);
  const REALS t = P(pick)(upper, mantissa * (NUMBER)0.5, mantissa) - (NUMBER)1;
  const REALS octave = P(to_reals)(exponent - upper - P(first_exponent)(type));
  const REALS level = (LOG2_POLYNOMIAL(t) * logarithm.levels + MAGIC) - MAGIC;
  return P(from_reals)(octave * logarithm.levels + level + (NUMBER)1);
}

// The magnitude of a code's, 1 ... last.
INLINE REALS P(logarithm_value)(WORDS code, P(logarithm) logarithm, const uint type) {
  const REALS k = P(to_reals)(code - 1);
  const REALS sum = k * logarithm.inverse + MAGIC;
  const REALS f = (k - (sum - MAGIC) * logarithm.levels) * logarithm.inverse;
  const WORDS exponent = P(integer)(sum) + ((WORD)P(first_exponent)(type) - BIAS);
  return AS_REALS(AS_WORDS(EXP2_POLYNOMIAL(f)) + (exponent << MANTISSA_BITS));
}

INLINE P(trial) P(logarithm_try)(REALS x, P(logarithm) logarithm, const uint type) {
  const WORD one = (WORD)BIAS << MANTISSA_BITS, fraction = ((WORD)1 << MANTISSA_BITS) - 1;
  P(trial) trial;
  const WORDS bits = AS_WORDS(x) & ~SIGN, sign = AS_WORDS(x) & SIGN;
  const WORDS exponent = bits >> MANTISSA_BITS;
  const REALS mantissa = AS_REALS((bits & fraction) | one);
  const WORDS code = P(logarithm_code)(exponent, mantissa, logarithm, type);
  const WORDS value =
      AS_WORDS(P(number_of)(P(word_of)(P(logarithm_value)(code, logarithm, type), type), type));
  // Compared where x is from 1 to 2: nothing under- or overflows. The product with the lowered bound is below |x| times the
  // bound whichever way it is rounded, and the difference is exact where it is smaller.
  const REALS scaled = AS_REALS(value - (bits & ~fraction) + one);
  const REALS size = P(magnitude)(mantissa - scaled);
  const WORDS valueExponent = value >> MANTISSA_BITS;
  const WORDS again =
      P(logarithm_code)(valueExponent, AS_REALS((value & fraction) | one), logarithm, type);
  const WORDS holds = MASK(exponent >= P(first_exponent)(type)) & MASK(exponent <= P(last_exponent)(type)) &
      MASK(valueExponent >= P(first_exponent)(type)) & MASK(valueExponent <= P(last_exponent)(type)) &
      MASK(code - 1 < logarithm.last) & MASK(again == code) & MASK(size <= mantissa * logarithm.bound);
  const WORDS nonzero = MASK(bits != 0);
  const WORDS negative = (WORDS)(WORD)0 - (sign >> SIGN_SHIFT);
  trial.code = ((code ^ negative) - negative) & nonzero;
  trial.value = AS_REALS((value | sign) & nonzero);
  trial.holds = holds | ~nonzero;
  trial.error = AS_REALS(AS_WORDS(size * P(reciprocal)(mantissa)) & nonzero);
  trial.ratio = trial.error * logarithm.scale;
  return trial;
}

// ---------------------------------------------------------------------------------------------------------------
// Chunks of words

INLINE void P(quantize_words)(GLOBAL const uchar *source, wave_quantization q, GLOBAL uchar *codes,
                              GLOBAL uchar *restored, GLOBAL uchar *flags, tally *total, const uint type,
                              const uint quantizer, uint item) {
  const uint width = P(width)(type);
  const P(grid) grid = P(grid_of)(q, type);
  const P(logarithm) logarithm = P(logarithm_of)(q, type);
  P(sums) sums = {(WORDS)(WORD)0, (WORDS)(WORD)0};
  uint unsettled = 0;
  for (uint first = item * FLAG_ITEMS; first < q.words; first += TEAM * FLAG_ITEMS) {
    uint missed = 0;
    for (uint v = 0; v < FLAG_VECTORS && first + v * LANES < q.words; v++) {
      const uint at = first + v * LANES, here = min(q.words - at, (uint)LANES);
      const WORDS word = P(load)(source + (ulong)at * width, here, width);
      const REALS x = P(number_of)(word, type);
      P(trial) trial;
      if (quantizer == WAVE_QUANTIZER_GRID) trial = P(grid_try)(x, grid, type);
      else trial = P(logarithm_try)(x, logarithm, type);
      const WORDS holds = trial.holds & MASK(AS_WORDS(x) != SIGN);
      WORDS counted;
      missed |= P(exceptions)(holds, here, &counted) << v * LANES;
      P(store)(codes + (ulong)at * width, trial.code & holds, here, width);
      P(store)(restored + (ulong)at * width, PICK(holds, P(word_of)(trial.value, type), word), here, width);
      P(count)(&sums, trial, counted);
    }
    P(finish_flags)(flags + first / 8, missed, q.words - first, &sums, &unsettled, total);
  }
  P(settle)(&sums, total);
}

INLINE void P(dequantize_words)(GLOBAL const uchar *codes, wave_quantization q, GLOBAL uchar *restored,
                                const uint type, const uint quantizer, uint item) {
  const uint width = P(width)(type);
  const P(grid) grid = P(grid_of)(q, type);
  const P(logarithm) logarithm = P(logarithm_of)(q, type);
  for (uint first = item * LANES; first < q.words; first += TEAM * LANES) {
    const uint here = min(q.words - first, (uint)LANES);
    WORDS code = P(load)(codes + (ulong)first * width, here, width), word;
    if (width == 2) code = (code ^ (WORD)0x8000) - (WORD)0x8000;
    // A code that no encoder writes is 0.
    if (quantizer == WAVE_QUANTIZER_GRID) {
      const WORD limit = (WORD)1 << (MANTISSA_BITS - 1);
      code &= MASK(code + limit <= 2 * limit);
      word = P(word_of)(P(grid_value)(P(to_reals)(code), grid), type);
    } else {
      const WORDS sign = code & SIGN, negative = (WORDS)(WORD)0 - (sign >> SIGN_SHIFT);
      const WORDS size = (code ^ negative) - negative, known = MASK(size - 1 < logarithm.last);
      const REALS value = P(logarithm_value)(PICK(known, size, (WORD)1), logarithm, type);
      word = P(word_of)(AS_REALS((AS_WORDS(value) | sign) & known), type);
    }
    P(store)(restored + (ulong)first * width, word, here, width);
  }
}
