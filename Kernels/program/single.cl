// Binary32, for f16, bf16, f32 and c64: what quantize.cl and phase.cl are written in. First: double.cl takes its place.
#define P(name) name##_single
#define WORD uint
#define WORDS lanes
#define NUMBER float
#define REALS floats
#define AS_REALS(words) AS(float, words)
#define AS_WORDS(reals) AS(uint, reals)
#define AS_NUMBER(bits) as_float((uint)(bits))
#define WORD_BITS 32
#define MANTISSA_BITS 23
#define BIAS 127u
// A comparison as all ones or zeros.
#if LANES == 1
#define MASK(comparison) ((uint)-(int)(comparison))
#else
#define MASK(comparison) AS(uint, comparison)
#endif

// 1.5 * 2^23: a number added to it, at most 2^22, is rounded to an integer, half to even, in the low bits.
#define MAGIC 0x1.8p23f
#define LEVEL_LIMIT 0x1p22f

// Polynomials by Horner's rule (Documentation/Quantization.md, "Polynomials", has the same coefficients).
// 2^f, |f| <= 1/2: error 2e-9 before rounding. 2^0 is 1 exactly.
#define EXP2_POLYNOMIAL(f) \
  (1.0f + (f) * (0x1.62e43p-1f + (f) * (0x1.ebfbep-3f + (f) * (0x1.c6aedp-5f + (f) * (0x1.3b29aap-7f + (f) * (0x1.5f4774p-10f + \
  (f) * 0x1.448fa4p-13f))))))
// log2(1 + t), sqrt(1/2) - 1 <= t <= sqrt(2) - 1: error 2e-9 before rounding.
#define LOG2_POLYNOMIAL(t) \
  ((t) * (0x1.715476p+0f + (t) * (-0x1.71546ap-1f + (t) * (0x1.ec708ep-2f + (t) * (-0x1.715d74p-2f + (t) * (0x1.27816p-2f + \
  (t) * (-0x1.ea4ddcp-3f + (t) * (0x1.a2645ap-3f + (t) * (-0x1.89c36p-3f + (t) * (0x1.81b7fp-3f + \
  (t) * -0x1.c205fcp-4f))))))))))
// atan(t) in turns, 0 <= t <= 1, g = t * t: error 6e-9 before rounding.
#define ATAN_POLYNOMIAL(t, g) \
  ((t) * (0x1.45f2fap-3f + (g) * (-0x1.b28e28p-5f + (g) * (0x1.04138cp-5f + (g) * (-0x1.6accp-6f + (g) * (0x1.f762a8p-7f + \
  (g) * (-0x1.243e88p-7f + (g) * (0x1.c9bccap-9f + (g) * -0x1.540864p-11f))))))))
// Sine and cosine of f turns, |f| <= 1/8, g = f * f: error 2e-9 before rounding.
#define SINE_POLYNOMIAL(f, g) \
  ((f) * (0x1.921fb4p+2f + (g) * (-0x1.4abba8p+5f + (g) * (0x1.465a52p+6f + (g) * -0x1.2cf8aap+6f))))
#define COSINE_POLYNOMIAL(g) \
  (1.0f + (g) * (-0x1.3bd3ccp+4f + (g) * (0x1.03c1ep+6f + (g) * (-0x1.55c686p+6f + (g) * 0x1.da0016p+5f))))

// First guesses of a reciprocal and of one over a square root, within 12% and 4%, and how many of Newton's steps follow.
#define RECIPROCAL_SEED 0x7EF311C3u
#define RECIPROCAL_STEPS 4
#define ROOT_SEED 0x5F3759DFu
#define ROOT_STEPS 3

// Integers as numbers, exactly: |w| <= 2^24.
INLINE floats to_reals_single(lanes w) { return CONVERT(float, AS(int, w)); }

// Numbers that are integers as such: |x| <= 2^24.
INLINE lanes from_reals_single(floats x) { return AS(uint, CONVERT(int, x)); }

typedef uint4 four_single;
typedef uint8 eight_single;

// Bytes of a word, and how far its octaves reach: the exponents of the type's normal numbers (of f16, all its numbers).
INLINE uint width_single(const uint type) { return type == WAVE_FLOAT_F32 ? 4 : 2; }
INLINE uint first_exponent_single(const uint type) { return type == WAVE_FLOAT_F16 ? 103 : 1; }
INLINE uint last_exponent_single(const uint type) { return type == WAVE_FLOAT_F16 ? 142 : 254; }

// A word as binary32, exactly.
INLINE floats number_of_single(lanes w, const uint type) {
  if (type == WAVE_FLOAT_BF16) return AS(float, w << 16);
  if (type != WAVE_FLOAT_F16) return AS(float, w);
  const lanes a = w & 0x7FFFu;
  const lanes normal = (a << 13) + (112u << 23) + (MASK(a >= 0x7C00u) & (112u << 23));
  // 2^-24 is the last place of numbers from 1/2 to 1.
  const lanes subnormal = AS(uint, AS(float, a + 0x3F000000u) - 0.5f);
  return AS(float, PICK(MASK(a < 0x400u), subnormal, normal) | (w & 0x8000u) << 16);
}

// A number rounded to the type, half to even, as a word.
INLINE lanes word_of_single(floats x, const uint type) {
  const lanes w = AS(uint, x);
  if (type == WAVE_FLOAT_BF16) return (w + 0x7FFFu + (w >> 16 & 1u)) >> 16;
  if (type != WAVE_FLOAT_F16) return w;
  const lanes a = w & 0x7FFFFFFFu;
  const lanes subnormal = AS(uint, AS(float, a) + 0.5f) - 0x3F000000u;
  const lanes normal = (a + 0xFFFu + (a >> 13 & 1u) - (112u << 23)) >> 13;
  const lanes finite = PICK(MASK(a < 0x38800000u), subnormal, normal);
  return PICK(MASK(a >= 0x477FF000u), 0x7C00u, finite) | (w >> 16 & 0x8000u);
}

INLINE lanes load_code_single(GLOBAL const uchar *p, const uint width) {
  if (width == 4) return load_lanes(p);
#if LANES == 1
  return load2(p);
#else
  return CONVERT(uint, load_halves(p));
#endif
}

INLINE void store_code_single(GLOBAL uchar *p, lanes w, const uint width) {
  if (width == 4) {
    store_lanes(p, w);
  } else {
#if LANES == 1
    store2(p, (ushort)w);
#else
    store_halves(p, CONVERT(ushort, w));
#endif
  }
}

// One word of memory.
INLINE uint load_one_single(GLOBAL const uchar *p, const uint width) { return width == 4 ? load4(p) : load2(p); }
INLINE void store_one_single(GLOBAL uchar *p, uint w, const uint width) {
  if (width == 4) store4(p, w);
  else store2(p, (ushort)w);
}
