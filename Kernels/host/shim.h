// What Kernels/program is written in, for the host's C compiler: the counterpart of program/prelude.cl.
// The including file sets LANES and holds every function in its target attribute.
#include <string.h>

#include "../include/CWaveKernels.h"

// Every function with wide vectors is inlined: none has a calling convention that could differ.
#pragma clang diagnostic ignored "-Wpsabi"

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
_Static_assert(sizeof(uint) == 4 && sizeof(ulong) == 8, "OpenCL's sizes");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "streams are little-endian");

typedef uint uint4 __attribute__((ext_vector_type(4)));
typedef uint uint8 __attribute__((ext_vector_type(8)));
typedef uint uint16 __attribute__((ext_vector_type(16)));

#define VECTORS(type)                                          \
  typedef type type##4 __attribute__((ext_vector_type(4)));    \
  typedef type type##8 __attribute__((ext_vector_type(8)));    \
  typedef type type##16 __attribute__((ext_vector_type(16)));
VECTORS(int)
VECTORS(ushort)
VECTORS(ulong)
VECTORS(float)
VECTORS(double)

// The vector type of LANES, its bits taken for another type's, and its numbers converted.
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define WIDE(type) JOIN(type, LANES)
#define AS(type, x) ((WIDE(type))(x))
#define CONVERT(type, x) __builtin_convertvector((x), WIDE(type))

#define GLOBAL
#define LOCAL
#define INLINE static inline __attribute__((always_inline))
#define TEAM 1
#define BARRIER()
#define WAVE_PALETTE_BYTES sizeof(wave_palette)

// A loop that scatters or gathers: AVX-512 has instructions for it that are slower.
#define SCALAR_LOOP _Pragma("clang loop vectorize(disable)")

INLINE uint min(uint a, uint b) { return a < b ? a : b; }
INLINE uint max(uint a, uint b) { return a > b ? a : b; }

// Bits of 32-bit words rotated left.
#define ROTATE(T, x, n) (((x) << (n)) | ((x) >> (32 - (n))))

// Memory of any alignment.
#define LOOSE(name, type, bytes)                                               \
  INLINE type load##name(const uchar *p) {                                     \
    type value;                                                                \
    memcpy(&value, p, sizeof value);                                           \
    return value;                                                              \
  }                                                                            \
  INLINE void store##name(uchar *p, type value) { memcpy(p, &value, sizeof value); }

LOOSE(2, ushort, 2)
LOOSE(4, uint, 4)
LOOSE(8, ulong, 8)
LOOSE(16, uint4, 16)
LOOSE(32, uint8, 32)
LOOSE(64, uint16, 64)

// LANES private words as a vector `v`, and back.
#define PRIVATE_LOAD(v, words) memcpy(&(v), (words), sizeof(v))
#define PRIVATE_STORE(v, words) memcpy((words), &(v), sizeof(v))

// One number's bits.
#define BITS_OF(from, to)           \
  INLINE to as_##to(from x) {       \
    to bits;                        \
    memcpy(&bits, &x, sizeof bits); \
    return bits;                    \
  }
BITS_OF(uint, float)
BITS_OF(float, uint)
BITS_OF(ulong, double)
BITS_OF(double, ulong)

#define POPCOUNT(x) ((uint)__builtin_popcount(x))

INLINE uint CLAIM(uint *slot, uint value) {
  const uint before = *slot;
  if (before == 0) *slot = value;
  return before;
}

INLINE uint COUNT(uint *counter) { return (*counter)++; }
