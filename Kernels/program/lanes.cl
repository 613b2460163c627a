// Lanes: LANES words of 32 bits, and how they meet memory.
//
// A "row" is a run of consecutive words in memory that one lane works on. Rows are loaded word-major: vector w holds
// word w of every row. That turns every per-row algorithm here into plain arithmetic on whole vectors.

#if LANES == 16
typedef uint16 lanes;
#define LOW_PAIRS s014589cd
#define HIGH_PAIRS s2367abef
#define ONE_UP s00123456789abcde
#elif LANES == 8
typedef uint8 lanes;
#define LOW_PAIRS s0145
#define HIGH_PAIRS s2367
#define ONE_UP s00123456
#elif LANES == 4
typedef uint4 lanes;
#define LOW_PAIRS s01
#define HIGH_PAIRS s23
#define ONE_UP s0012
#elif LANES == 1
typedef uint lanes;
#else
#error "LANES is 1, 4, 8 or 16"
#endif

// Lane l takes lane l - 1; lane 0 takes `first`.
INLINE lanes lanes_one_up(lanes v, uint first) {
#if LANES == 1
  (void)v;
  return first;
#else
  lanes up = v.ONE_UP;
  up.s0 = first;
  return up;
#endif
}

// LANES private words as a vector, and back.
INLINE lanes lanes_from(const uint *words) {
  lanes v;
  PRIVATE_LOAD(v, words);
  return v;
}

INLINE void lanes_to(uint *words, lanes v) { PRIVATE_STORE(v, words); }

// 4 x 4 words transposed within each 128 bits of four vectors. Its own inverse.
#if LANES > 1
INLINE void transpose_quads(lanes *v) {
  lanes p = v[0], q = v[0], r = v[2], s = v[2];
  p.even = v[0].LOW_PAIRS;
  p.odd = v[1].LOW_PAIRS;
  q.even = v[0].HIGH_PAIRS;
  q.odd = v[1].HIGH_PAIRS;
  r.even = v[2].LOW_PAIRS;
  r.odd = v[3].LOW_PAIRS;
  s.even = v[2].HIGH_PAIRS;
  s.odd = v[3].HIGH_PAIRS;
  v[0].LOW_PAIRS = p.LOW_PAIRS;
  v[0].HIGH_PAIRS = r.LOW_PAIRS;
  v[1].LOW_PAIRS = p.HIGH_PAIRS;
  v[1].HIGH_PAIRS = r.HIGH_PAIRS;
  v[2].LOW_PAIRS = q.LOW_PAIRS;
  v[2].HIGH_PAIRS = s.LOW_PAIRS;
  v[3].LOW_PAIRS = q.HIGH_PAIRS;
  v[3].HIGH_PAIRS = s.HIGH_PAIRS;
}
#endif

// The 128 bits of vector j that belong to each row: rows j, j + 4, j + 8 ..., so that transpose_quads leaves the rows
// in order.
#if LANES == 16
#define EACH_QUAD(DO, j, v) DO(j, v.s0123) DO(j + 4, v.s4567) DO(j + 8, v.s89ab) DO(j + 12, v.scdef)
#elif LANES == 8
#define EACH_QUAD(DO, j, v) DO(j, v.s0123) DO(j + 4, v.s4567)
#elif LANES == 4
#define EACH_QUAD(DO, j, v) DO(j, v)
#endif

// Four words from each row: v[w] holds word w of the row at base + row[lane].
INLINE void load_rows(lanes *v, GLOBAL const uchar *base, const ulong *row) {
#if LANES == 1
#pragma unroll
  for (uint w = 0; w < 4; w++) v[w] = load4(base + row[0] + 4 * w);
#else
#define LOAD_QUAD(r, quad) quad = load16(base + row[r]);
#pragma unroll
  for (uint j = 0; j < 4; j++) {
    lanes t = (lanes)0u;
    EACH_QUAD(LOAD_QUAD, j, t)
    v[j] = t;
  }
  transpose_quads(v);
#endif
}

// The inverse; v is spent.
INLINE void store_rows(lanes *v, GLOBAL uchar *base, const ulong *row) {
#if LANES == 1
#pragma unroll
  for (uint w = 0; w < 4; w++) store4(base + row[0] + 4 * w, v[w]);
#else
#define STORE_QUAD(r, quad) store16(base + row[r], quad);
  transpose_quads(v);
#pragma unroll
  for (uint j = 0; j < 4; j++) {
    EACH_QUAD(STORE_QUAD, j, v[j])
  }
#endif
}

// The same for rows in private memory, `perRow` quads each.
INLINE void take_rows(lanes *v, const uint4 *quads, const uint perRow) {
#if LANES == 1
  v[0] = quads[0].s0;
  v[1] = quads[0].s1;
  v[2] = quads[0].s2;
  v[3] = quads[0].s3;
#else
#define TAKE_QUAD(r, quad) quad = quads[(r) * perRow];
#pragma unroll
  for (uint j = 0; j < 4; j++) {
    lanes t = (lanes)0u;
    EACH_QUAD(TAKE_QUAD, j, t)
    v[j] = t;
  }
  transpose_quads(v);
#endif
}

INLINE void put_rows(lanes *v, uint4 *quads, const uint perRow) {
#if LANES == 1
  quads[0].s0 = v[0];
  quads[0].s1 = v[1];
  quads[0].s2 = v[2];
  quads[0].s3 = v[3];
#else
#define PUT_QUAD(r, quad) quads[(r) * perRow] = quad;
  transpose_quads(v);
#pragma unroll
  for (uint j = 0; j < 4; j++) {
    EACH_QUAD(PUT_QUAD, j, v[j])
  }
#endif
}

// LANES consecutive words.
#if LANES == 1
#define load_lanes load4
#define store_lanes store4
#elif LANES == 4
#define load_lanes load16
#define store_lanes store16
#elif LANES == 8
#define load_lanes load32
#define store_lanes store32
#else
#define load_lanes load64
#define store_lanes store64
#endif
