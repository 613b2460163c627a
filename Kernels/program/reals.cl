// Numbers of LANES lanes, for the quantizers. (lanes.cl has the words of 32 bits.)
//
// quantize.cl and phase.cl are written once for both precisions: they are compiled after single.cl for binary32, and again
// after double.cl for binary64. P(name) is the name of what has a precision. Every addition and multiplication
// stands for itself, rounded to nearest even; none is contracted to a fused multiply-add.

typedef WIDE(float) floats;
typedef WIDE(double) doubles;
typedef WIDE(ulong) wides;
typedef WIDE(ushort) halves;

LOOSE(_halves, halves, 2 * LANES)
LOOSE(_wides, wides, 8 * LANES)

// Vectors that fill whole bytes of flags, one bit an item.
#define FLAG_VECTORS (LANES < 8 ? 8 / LANES : 1)
#define FLAG_ITEMS (FLAG_VECTORS * LANES)

// Where `mask` is set `a`, else `b`: words.
#define PICK(mask, a, b) (((a) & (mask)) | ((b) & ~(mask)))

// The pairs of two vectors apart, and together again.
#if LANES == 1
#define PARTS(first, second, v, w) ((first) = (v), (second) = (w))
#define PAIRS(v, w, first, second) ((v) = (first), (w) = (second))
#else
#define PARTS(first, second, v, w) \
  ((first).lo = (v).even, (first).hi = (w).even, (second).lo = (v).odd, (second).hi = (w).odd)
#define PAIRS(v, w, first, second) \
  ((v).even = (first).lo, (v).odd = (second).lo, (w).even = (first).hi, (w).odd = (second).hi)
#endif

// What has been seen of a chunk: wave_quantized.
typedef struct {
  ulong exceptions;
  ulong largest;  // the largest error's bits: those of numbers that are not negative are in the numbers' order
  ulong squares;
} tally;

// Flags of FLAG_ITEMS items, of which `here` exist.
INLINE void store_flags(GLOBAL uchar *p, uint bits, uint here) {
#if LANES == 16
  if (here > 8) store2(p, (ushort)bits);
  else p[0] = (uchar)bits;
#else
  (void)here;
  p[0] = (uchar)bits;
#endif
}
