// The quantizers of complex numbers: phase, and phase grid. An element is two words: of codes, the amplitude and the phase, an
// integer of 2^B to a turn. Compiled for each precision, after quantize.cl.

typedef struct {
  NUMBER tangential, radial;     // the bound is tangential * |z| + radial, both lowered
  NUMBER offset, step, inverse;  // PHASE_GRID: the amplitude is offset + m * step
  uint bits;
} P(polar);

INLINE P(polar) P(polar_of)(wave_quantization q) {
  P(polar) polar;
  polar.tangential = P(parameter)(q, 0);
  polar.radial = P(parameter)(q, 1);
  polar.offset = P(parameter)(q, 2);
  polar.step = P(parameter)(q, 3);
  polar.inverse = P(parameter)(q, 4);
  polar.bits = q.bits;
  return polar;
}

// A complex number by amplitude and phase.
typedef struct {
  REALS amplitude;
  WORDS phase;
  // Powers of two that bring the larger part, or the radial bound, to 1 ... 2, and back.
  REALS down, up;
  REALS scaled;  // amplitude * down
  WORDS within;  // the lanes whose numbers are finite and not too large for this
} P(complex);

INLINE P(complex) P(complex_of)(REALS re, REALS im, P(polar) polar) {
  P(complex) z;
  const WORDS a = AS_WORDS(re) & ~SIGN, b = AS_WORDS(im) & ~SIGN, radial = AS_WORDS((REALS)polar.radial);
  WORDS top = PICK(MASK(a > b), a, b);
  top = PICK(MASK(top > radial), top, radial) >> MANTISSA_BITS;
  z.within = MASK(top <= 2 * BIAS - 4);
  top = PICK(z.within, top, BIAS);
  top = PICK(MASK(top == 0), (WORD)1, top);
  z.down = AS_REALS((2 * BIAS - top) << MANTISSA_BITS);
  z.up = AS_REALS(top << MANTISSA_BITS);

  const REALS x = AS_REALS(a) * z.down, y = AS_REALS(b) * z.down;
  z.scaled = P(root)(x * x + y * y);
  z.amplitude = z.scaled * z.up;

  const WORDS steep = MASK(y > x);
  REALS t = P(pick)(steep, x, y) * P(reciprocal)(P(pick)(steep, y, x));
  t = P(pick)(MASK(t > (NUMBER)1), (REALS)(NUMBER)1, t);
  t = AS_REALS(AS_WORDS(t) & MASK(t >= (NUMBER)0));  // 0 / 0, and where a reciprocal is out of reach
  const REALS g = t * t;
  REALS turn = ATAN_POLYNOMIAL(t, g);
  turn = P(pick)(steep, (NUMBER)0.25 - turn, turn);
  turn = P(pick)(MASK(AS_WORDS(re) > SIGN), (NUMBER)0.5 - turn, turn);
  turn = AS_REALS(AS_WORDS(turn) ^ (AS_WORDS(im) & SIGN));
  z.phase = P(integer)(turn * (NUMBER)(1u << polar.bits) + MAGIC) & (((WORD)1 << polar.bits) - 1);
  return z;
}

// Cosine and sine of a phase.
INLINE void P(direction)(WORDS phase, uint bits, REALS *cosine, REALS *sine) {
  const WORDS quarter = (phase + ((WORD)1 << bits >> 3)) >> (bits - 2);
  const REALS f = P(to_reals)(phase - (quarter << (bits - 2))) * AS_NUMBER((BIAS - bits) << MANTISSA_BITS);
  const REALS g = f * f;
  const WORDS c = AS_WORDS(COSINE_POLYNOMIAL(g)), s = AS_WORDS(SINE_POLYNOMIAL(f, g));
  const WORDS odd = (WORDS)(WORD)0 - (quarter & 1);
  *cosine = AS_REALS(PICK(odd, s, c) ^ ((quarter + 1) & 2) << (SIGN_SHIFT - 1));
  *sine = AS_REALS(PICK(odd, c, s) ^ (quarter & 2) << (SIGN_SHIFT - 1));
}

// A part of the number: 0 is +0.
INLINE REALS P(part)(REALS amplitude, REALS direction) { return amplitude * direction + (NUMBER)0; }

INLINE REALS P(grid_amplitude)(REALS level, P(polar) polar) {
  const REALS a = level * polar.step + polar.offset;
  return AS_REALS(AS_WORDS(a) & MASK(a > (NUMBER)0));
}

// MAGIC + the level of an amplitude; as grid_level.
INLINE REALS P(amplitude_level)(REALS amplitude, P(polar) polar, WORDS *within) {
  const REALS t = (amplitude - polar.offset) * polar.inverse;
  *within = MASK(P(magnitude)(t) <= LEVEL_LIMIT);
  return AS_REALS(AS_WORDS(t) & *within) + MAGIC;
}

typedef struct {
  WORDS phase;  // trial.code is the amplitude's
  REALS im;     // trial.value is the real part
} P(second);

// Of `phase` the amplitude is a number.
//
// The amplitude of z' is not always the one that made it, but is near. So of the amplitudes near that of z, one that makes z itself
// is taken where there is one: then a restored number stays what it is.
#define NEAR 2

INLINE P(trial) P(phase_try)(REALS re, REALS im, P(polar) polar, P(second) *second, P(complex) z) {
  P(trial) trial;
  REALS cosine, sine;
  P(direction)(z.phase, polar.bits, &cosine, &sine);
  WORDS amplitude = AS_WORDS(z.amplitude);
#pragma unroll
  for (uint k = 0; k <= 2 * NEAR; k++) {
    const WORDS other = AS_WORDS(z.amplitude) + k - NEAR;
    const WORDS same = MASK(AS_WORDS(P(part)(AS_REALS(other), cosine)) == AS_WORDS(re)) &
                       MASK(AS_WORDS(P(part)(AS_REALS(other), sine)) == AS_WORDS(im));
    amplitude = PICK(same, other, amplitude);
  }
  trial.value = P(part)(AS_REALS(amplitude), cosine);
  second->im = P(part)(AS_REALS(amplitude), sine);
  second->phase = z.phase;
  trial.code = amplitude;
  const P(complex) again = P(complex_of)(trial.value, second->im, polar);
  trial.holds = again.within & MASK(again.phase == z.phase) & MASK(amplitude - AS_WORDS(again.amplitude) + NEAR <= 2 * NEAR);
  return trial;
}

INLINE P(trial) P(phase_grid_try)(P(polar) polar, P(second) *second, P(complex) z) {
  P(trial) trial;
  REALS cosine, sine;
  WORDS within, stays;
  const REALS sum = P(amplitude_level)(z.amplitude, polar, &within);
  const REALS amplitude = P(grid_amplitude)(sum - MAGIC, polar);
  const WORDS nonzero = MASK(amplitude > (NUMBER)0);
  const WORDS phase = z.phase & nonzero;
  P(direction)(phase, polar.bits, &cosine, &sine);
  trial.value = P(part)(amplitude, cosine);
  second->im = P(part)(amplitude, sine);
  second->phase = phase;
  trial.code = P(integer)(sum);
  const P(complex) again = P(complex_of)(trial.value, second->im, polar);
  const REALS sumAgain = P(amplitude_level)(again.amplitude, polar, &stays);
  trial.holds = within & stays & again.within & MASK(AS_WORDS(sumAgain) == AS_WORDS(sum)) &
                (MASK(again.phase == phase) | ~nonzero);
  return trial;
}

// LANES elements from memory.
INLINE void P(load_pairs)(GLOBAL const uchar *p, uint here, const uint width, WORDS *first, WORDS *second) {
  const uint words = 2 * here;
  const WORDS v = P(load)(p, words, width);
  const WORDS w = P(load)(p + LANES * width, words > LANES ? words - LANES : 0, width);
  PARTS(*first, *second, v, w);
}

INLINE void P(store_pairs)(GLOBAL uchar *p, WORDS first, WORDS second, uint here, const uint width) {
  const uint words = 2 * here;
  WORDS v, w;
  PAIRS(v, w, first, second);
  P(store)(p, v, words, width);
  P(store)(p + LANES * width, w, words > LANES ? words - LANES : 0, width);
}

INLINE void P(quantize_pairs)(GLOBAL const uchar *source, wave_quantization q, GLOBAL uchar *codes,
                              GLOBAL uchar *restored, GLOBAL uchar *flags, tally *total, const uint quantizer,
                              uint item) {
  const uint width = WORD_BITS / 8, elements = q.words / 2;
  const P(polar) polar = P(polar_of)(q);
  P(sums) sums = {(WORDS)(WORD)0, (WORDS)(WORD)0};
  uint unsettled = 0;
  for (uint first = item * FLAG_ITEMS; first < elements; first += TEAM * FLAG_ITEMS) {
    uint missed = 0;
    for (uint v = 0; v < FLAG_VECTORS && first + v * LANES < elements; v++) {
      const uint at = first + v * LANES, here = min(elements - at, (uint)LANES);
      const ulong place = (ulong)at * 2 * width;
      WORDS reWord, imWord;
      P(load_pairs)(source + place, here, width, &reWord, &imWord);
      const REALS re = AS_REALS(reWord), im = AS_REALS(imWord);
      P(second) second;
      const P(complex) z = P(complex_of)(re, im, polar);
      P(trial) trial;
      if (quantizer == WAVE_QUANTIZER_PHASE) trial = P(phase_try)(re, im, polar, &second, z);
      else trial = P(phase_grid_try)(polar, &second, z);
      // Roundings are far below what the bound was lowered by.
      const REALS x = (re - trial.value) * z.down, y = (im - second.im) * z.down;
      const REALS square = x * x + y * y, size = P(root)(square);
      const REALS bound = polar.tangential * z.scaled + polar.radial * z.down;
      trial.error = size * z.up;
      trial.ratio = size * P(reciprocal)(bound);
      const WORDS holds = trial.holds & z.within & MASK(square <= bound * bound) & MASK(reWord != SIGN) & MASK(imWord != SIGN);
      WORDS counted;
      missed |= P(exceptions)(holds, here, &counted) << v * LANES;
      P(store_pairs)(codes + place, trial.code & holds, second.phase & holds, here, width);
      P(store_pairs)(restored + place, PICK(holds, AS_WORDS(trial.value), reWord), PICK(holds, AS_WORDS(second.im), imWord),
                     here, width);
      P(count)(&sums, trial, counted);
    }
    P(finish_flags)(flags + first / 8, missed, elements - first, &sums, &unsettled, total);
  }
  P(settle)(&sums, total);
}

INLINE void P(dequantize_pairs)(GLOBAL const uchar *codes, wave_quantization q, GLOBAL uchar *restored,
                                const uint quantizer, uint item) {
  const uint width = WORD_BITS / 8, elements = q.words / 2;
  const P(polar) polar = P(polar_of)(q);
  for (uint first = item * LANES; first < elements; first += TEAM * LANES) {
    const uint here = min(elements - first, (uint)LANES);
    const ulong place = (ulong)first * 2 * width;
    WORDS code, phase;
    P(load_pairs)(codes + place, here, width, &code, &phase);
    // A code that no encoder writes is 0.
    REALS amplitude = AS_REALS(code & MASK(code < ((WORD)2 * BIAS + 1) << MANTISSA_BITS));
    if (quantizer == WAVE_QUANTIZER_PHASE_GRID) {
      const WORD limit = (WORD)1 << (MANTISSA_BITS - 1);
      code &= MASK(code + limit <= 2 * limit);
      amplitude = P(grid_amplitude)(P(to_reals)(code), polar);
    }
    phase &= ((WORD)1 << polar.bits) - 1;
    REALS cosine, sine;
    P(direction)(phase, polar.bits, &cosine, &sine);
    P(store_pairs)(restored + place, AS_WORDS(P(part)(amplitude, cosine)), AS_WORDS(P(part)(amplitude, sine)), here, width);
  }
}
