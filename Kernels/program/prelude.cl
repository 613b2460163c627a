// What the program is written in, for an OpenCL compiler. Kernels/host/shim.h is the same for the host's.
#pragma OPENCL FP_CONTRACT OFF

#ifndef LANES
#error "build with -DLANES=16 (CPU) or -DLANES=1 (GPU)"
#endif

#define GLOBAL global
#define LOCAL local
// Inlined for certain: widths and strides are constants only then.
#define INLINE static inline __attribute__((always_inline))

// Work-items that share one task. A CPU's work-item has its lanes and needs no company.
#if LANES == 1
#define TEAM 64
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define TEAM 1
#define BARRIER()
#endif

// An entry point whose work-groups are teams.
#define TEAMWORK kernel __attribute__((reqd_work_group_size(TEAM, 1, 1)))

// The structs of CWaveKernels.h.
typedef struct {
  ulong offset;
  ulong firstLeaf;
  uint length;
  uint flags;
} wave_span;

typedef struct {
  ulong chunkOffset;
  ulong streamOffset;
  uint words;
  uint dictionaryOffset;
  ushort count;
  uchar width;
  uchar stride;
  uchar method;
  uchar indexBits;
  uchar reserved[2];
} wave_task;

typedef struct {
  ulong chunkOffset;
  uint words;
  ushort limit;
  uchar width;
  uchar stride;
} wave_survey;

typedef struct {
  ulong leftOffset;
  ulong rightOffset;
  ulong targetOffset;
  uint words;
  uchar width;
  uchar operation;
  uchar reserved[2];
} wave_combination;

typedef struct {
  ulong sourceOffset;
  ulong targetOffset;
  uint bytes;
  uint reserved;
} wave_run;

typedef struct {
  ulong leftOffset;
  ulong rightOffset;
  uint bytes;
  uint reserved;
} wave_comparison;

typedef struct {
  ulong sourceOffset;
  ulong targetOffset;
  ulong flagsOffset;
  uint words;
  uchar type;
  uchar quantizer;
  uchar bits;
  uchar reserved;
  ulong parameters[8];
} wave_quantization;

#define WAVE_SPAN_ROOT 1u
#define WAVE_LEAF_BYTES 1024u
#define WAVE_BLOCK_BYTES 4096u
#define WAVE_LEAVES_PER_CHUNK 256u
#define WAVE_PALETTE_BYTES 4104u
#define WAVE_METHOD_RAW 0
#define WAVE_METHOD_CONSTANT 1
#define WAVE_METHOD_PLANES 2
#define WAVE_METHOD_DIFFERENCE 3
#define WAVE_METHOD_FLOAT_DIFFERENCE 4
#define WAVE_METHOD_PALETTE 5
#define WAVE_ADD 0
#define WAVE_SUBTRACT 1
#define WAVE_ADD_ORDERED 2
#define WAVE_SUBTRACT_ORDERED 3
#define WAVE_QUANTIZED_BYTES 24u
#define WAVE_FLOAT_F16 0
#define WAVE_FLOAT_BF16 1
#define WAVE_FLOAT_F32 2
#define WAVE_FLOAT_F64 3
#define WAVE_QUANTIZER_GRID 1
#define WAVE_QUANTIZER_LOGARITHM 2
#define WAVE_QUANTIZER_PHASE 3
#define WAVE_QUANTIZER_PHASE_GRID 4

#if LANES > 1 && defined(__clang__)
#define SCALAR_LOOP _Pragma("clang loop vectorize(disable)")
#else
#define SCALAR_LOOP
#endif

// 32-bit words rotated left; T is the type of x.
#define ROTATE(T, x, n) rotate((x), (T)(n))

// The vector type of LANES, its bits taken for another type's, and its numbers converted.
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#if LANES == 1
#define WIDE(type) type
#else
#define WIDE(type) JOIN(type, LANES)
#endif
#define AS(type, x) JOIN(as_, WIDE(type))(x)
#define CONVERT(type, x) JOIN(convert_, WIDE(type))(x)
#define POPCOUNT(x) popcount(x)

// Memory of any alignment. (pocl stores a vstore16 of bytes one by one; a packed struct it takes whole.) A GPU splits
// an access of unknown alignment into bytes, so there the usual case is asked for.
#if LANES == 1
#define ALIGNED(p, bytes) (((size_t)(p) & ((bytes) - 1)) == 0)
#else
#define ALIGNED(p, bytes) 0
#endif

#define LOOSE(name, type, bytes)                                   \
  typedef struct __attribute__((packed)) {                         \
    type value;                                                    \
  } loose_##name;                                                  \
  INLINE type load##name(GLOBAL const uchar *p) {                  \
    if (ALIGNED(p, bytes)) return *(GLOBAL const type *)p;         \
    return ((GLOBAL const loose_##name *)p)->value;                \
  }                                                                \
  INLINE void store##name(GLOBAL uchar *p, type value) {           \
    if (ALIGNED(p, bytes)) *(GLOBAL type *)p = value;              \
    else ((GLOBAL loose_##name *)p)->value = value;                \
  }

LOOSE(2, ushort, 2)
LOOSE(4, uint, 4)
LOOSE(8, ulong, 8)
LOOSE(16, uint4, 16)
#if LANES == 8
LOOSE(32, uint8, 32)
#elif LANES == 16
LOOSE(64, uint16, 64)
#endif

// LANES private words as a vector `v`, and back.
#if LANES == 1
#define PRIVATE_LOAD(v, words) ((v) = (words)[0])
#define PRIVATE_STORE(v, words) ((words)[0] = (v))
#elif LANES == 4
#define PRIVATE_LOAD(v, words) ((v) = vload4(0, (words)))
#define PRIVATE_STORE(v, words) vstore4((v), 0, (words))
#elif LANES == 8
#define PRIVATE_LOAD(v, words) ((v) = vload8(0, (words)))
#define PRIVATE_STORE(v, words) vstore8((v), 0, (words))
#else
#define PRIVATE_LOAD(v, words) ((v) = vload16(0, (words)))
#define PRIVATE_STORE(v, words) vstore16((v), 0, (words))
#endif

// A set's slot claimed by one of a team, if it is free (0): gives what stood there before.
#if TEAM > 1
#define CLAIM(slot, value) atomic_cmpxchg((slot), 0u, (value))
#define COUNT(counter) atomic_inc(counter)
#else
#define CLAIM(slot, value) claim_alone((slot), (value))
#define COUNT(counter) ((*(counter))++)
INLINE uint claim_alone(LOCAL uint *slot, uint value) {
  const uint before = *slot;
  if (before == 0) *slot = value;
  return before;
}
#endif
