// Binary64, for f64 and c128: what quantize.cl and phase.cl are written in. As single.cl, which has the comments.
#undef P
#undef WORD
#undef WORDS
#undef NUMBER
#undef REALS
#undef AS_REALS
#undef AS_WORDS
#undef AS_NUMBER
#undef MASK
#undef WORD_BITS
#undef MANTISSA_BITS
#undef BIAS
#undef MAGIC
#undef LEVEL_LIMIT
#define P(name) name##_double
#define WORD ulong
#define WORDS wides
#define NUMBER double
#define REALS doubles
#define AS_REALS(words) AS(double, words)
#define AS_WORDS(reals) AS(ulong, reals)
#define AS_NUMBER(bits) as_double((ulong)(bits))
#define WORD_BITS 64
#define MANTISSA_BITS 52
#define BIAS 1023ul
#if LANES == 1
#define MASK(comparison) ((ulong)-(long)(comparison))
#else
#define MASK(comparison) AS(ulong, comparison)
#endif

#define MAGIC 0x1.8p52
#define LEVEL_LIMIT 0x1p51

// 2^f, |f| <= 1/2: error 5e-18 before rounding.
#undef EXP2_POLYNOMIAL
#define EXP2_POLYNOMIAL(f) \
  (1.0 + (f) * (0x1.62e42fefa39efp-1 + (f) * (0x1.ebfbdff82c5a6p-3 + (f) * (0x1.c6b08d704a0ccp-5 + \
  (f) * (0x1.3b2ab6fb9faacp-7 + (f) * (0x1.5d87fe78a2b47p-10 + (f) * (0x1.430913103dee3p-13 + \
  (f) * (0x1.ffcbfc748ab7dp-17 + (f) * (0x1.62bfc400c4f4bp-20 + (f) * (0x1.b524dc7bfcd45p-24 + \
  (f) * (0x1.e62194fc1210cp-28 + (f) * 0x1.ea041c20f030ep-32)))))))))))
// log2(1 + t), sqrt(1/2) - 1 <= t <= sqrt(2) - 1: error 1e-15 before rounding.
#undef LOG2_POLYNOMIAL
#define LOG2_POLYNOMIAL(t) \
  ((t) * (0x1.71547652b8297p+0 + (t) * (-0x1.71547652b8149p-1 + (t) * (0x1.ec709dc3d7b50p-2 + \
  (t) * (-0x1.715476532896cp-2 + (t) * (0x1.2776c4ef2268bp-2 + (t) * (-0x1.ec709d30e2846p-3 + \
  (t) * (0x1.a6177282bd693p-3 + (t) * (-0x1.7154a145c77efp-3 + (t) * (0x1.48490d699db4bp-3 + \
  (t) * (-0x1.277039fc3e446p-3 + (t) * (0x1.0cbdd2475eeb3p-3 + (t) * (-0x1.ed8b4eb7eb471p-4 + \
  (t) * (0x1.c4419628d5277p-4 + (t) * (-0x1.98f4416c65799p-4 + (t) * (0x1.8d08bfc005d08p-4 + \
  (t) * (-0x1.be9b938756d7ep-4 + (t) * (0x1.a6505d58b9dbbp-4 + (t) * -0x1.833fa61cc6803p-5))))))))))))))))))
// atan(t) in turns, 0 <= t <= 1, g = t * t: error 4e-12; a turn has at most 2^16 phases.
#undef ATAN_POLYNOMIAL
#define ATAN_POLYNOMIAL(t, g) \
  ((t) * (0x1.45f306d9cb923p-3 + (g) * (-0x1.b29959680cf81p-5 + (g) * (0x1.04c1c1f8c3f55p-5 + \
  (g) * (-0x1.746ee1b4554a6p-6 + (g) * (0x1.2107a939bc346p-6 + (g) * (-0x1.d2648380ee1cap-7 + \
  (g) * (0x1.74c34a212f406p-7 + (g) * (-0x1.1243360055bc5p-7 + (g) * (0x1.5108c12a6e001p-8 + \
  (g) * (-0x1.343b19635255ap-9 + (g) * (0x1.680a1c1e5858cp-11 + (g) * -0x1.8ab5c54957369p-14))))))))))))
// Sine and cosine of f turns, |f| <= 1/8, g = f * f: error 2e-17 before rounding.
#undef SINE_POLYNOMIAL
#define SINE_POLYNOMIAL(f, g) \
  ((f) * (0x1.921fb54442d18p+2 + (g) * (-0x1.4abbce625be0ap+5 + (g) * (0x1.466bc67755028p+6 + \
  (g) * (-0x1.32d2ccdfe257dp+6 + (g) * (0x1.50782d540f138p+5 + (g) * (-0x1.e2fe6b129bcaep+3 + \
  (g) * 0x1.e353887a21505p+1)))))))
#undef COSINE_POLYNOMIAL
#define COSINE_POLYNOMIAL(g) \
  (1.0 + (g) * (-0x1.3bd3cc9be45dep+4 + (g) * (0x1.03c1f081b5ac4p+6 + (g) * (-0x1.55d3c7e3cbffap+6 + \
  (g) * (0x1.e1f506891babbp+5 + (g) * (-0x1.a6d1f2a204a8cp+4 + (g) * (0x1.f9d38a3763cc3p+2 + \
  (g) * (-0x1.b6e24f44b128fp+0 + (g) * 0x1.20c62c2f2d7f5p-2))))))))

#undef RECIPROCAL_SEED
#undef RECIPROCAL_STEPS
#undef ROOT_SEED
#undef ROOT_STEPS
#define RECIPROCAL_SEED 0x7FDE6238502484BAul
#define RECIPROCAL_STEPS 5
#define ROOT_SEED 0x5FE6EB50C7B537A9ul
#define ROOT_STEPS 4

// Integers as numbers, exactly: |w| <= 2^51. (A conversion instruction is AVX-512's alone.)
INLINE doubles to_reals_double(wides w) { return AS(double, w + as_ulong(MAGIC)) - MAGIC; }

INLINE wides from_reals_double(doubles x) { return AS(ulong, x + MAGIC) - as_ulong(MAGIC); }

typedef ulong4 four_double;
typedef ulong8 eight_double;

INLINE uint width_double(const uint type) {
  (void)type;
  return 8;
}
INLINE uint first_exponent_double(const uint type) {
  (void)type;
  return 1;
}
INLINE uint last_exponent_double(const uint type) {
  (void)type;
  return 2046;
}

INLINE doubles number_of_double(wides w, const uint type) {
  (void)type;
  return AS(double, w);
}

INLINE wides word_of_double(doubles x, const uint type) {
  (void)type;
  return AS(ulong, x);
}

INLINE wides load_code_double(GLOBAL const uchar *p, const uint width) {
  (void)width;
  return load_wides(p);
}

INLINE void store_code_double(GLOBAL uchar *p, wides w, const uint width) {
  (void)width;
  store_wides(p, w);
}

INLINE ulong load_one_double(GLOBAL const uchar *p, const uint width) {
  (void)width;
  return load8(p);
}

INLINE void store_one_double(GLOBAL uchar *p, ulong w, const uint width) {
  (void)width;
  store8(p, w);
}
