// CWaveKernels: the arithmetic of HoloSnap, written once and compiled twice: by the host's C compiler (this header)
// and by OpenCL (the program source below). Both give the same bytes for the same input.
//
// Rules for every function here
// - Threads: no global state but a CPU probe that is idempotent; every function may run on any thread at once.
// - Memory: nothing is allocated; callers own every buffer; source and target never overlap.
// - Bounds: the caller has checked that every task lies within its buffers. Nothing here reads or writes outside
//   `source[0, sourceBytes)` and `target[0, targetBytes)` as a task describes them.
// - Alignment: buffers may have any alignment. Task arrays are naturally aligned.
// - Byte order: little-endian.
#ifndef CWAVEKERNELS_H
#define CWAVEKERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A chunk: the unit of work (Documentation/HWP-Format.md, "Words"). Set in stone.
#define WAVE_CHUNK_BYTES 262144u
// A BLAKE3 leaf ("chunk" in the BLAKE3 paper, section 2.4).
#define WAVE_LEAF_BYTES 1024u
// A block: the unit of change. Set in stone.
#define WAVE_BLOCK_BYTES 4096u
#define WAVE_BLOCKS_PER_CHUNK 64u
#define WAVE_LEAVES_PER_CHUNK 256u
// The largest palette.
#define WAVE_PALETTE_LIMIT 256u

// ---------------------------------------------------------------------------------------------------------------
// Checksums

/// One chunk of a region to hash. `flags` bit 0 (WAVE_SPAN_ROOT): also give the root, as if these bytes were a whole
/// BLAKE3 input (only meaningful with firstLeaf == 0).
typedef struct {
  uint64_t offset;     // of the chunk's first byte in the source buffer
  uint64_t firstLeaf;  // BLAKE3 counter of its first leaf: (offset in the region) / 1024
  uint32_t length;     // bytes, 0 ... WAVE_CHUNK_BYTES (0 only for an empty region)
  uint32_t flags;
} wave_span;

#define WAVE_SPAN_ROOT 1u

/// The chaining value of the subtree over a chunk (never with the ROOT flag), and its root where asked for (else zeros).
typedef struct {
  uint8_t cv[32];
  uint8_t root[32];
} wave_digest;

/// The chaining values of the blocks of a chunk: those of the subtrees over 4,096 bytes each, the last one over what is left.
typedef struct {
  uint8_t cv[WAVE_BLOCKS_PER_CHUNK][32];
} wave_block_values;

/// `blocks`: NULL, or room for `count`; of each only as many values are written as the span has blocks.
void wave_host_checksum(const uint8_t *source, const wave_span *spans, size_t count, wave_digest *digests,
                        wave_block_values *blocks);

/// BLAKE3 parent node over two chaining values. `root` nonzero: with the ROOT flag.
void wave_blake3_parent(const uint8_t left[32], const uint8_t right[32], int root, uint8_t out[32]);

/// BLAKE3 (32 bytes) of one buffer of any length, on the calling thread.
void wave_blake3(const uint8_t *data, size_t length, uint8_t out[32]);

/// XXH32 (xxHash specification, XXH32), as the LZ4 frame format uses it.
uint32_t wave_xxh32(const uint8_t *data, size_t length, uint32_t seed);

/// The same of several buffers: four at a time take hardly longer than one.
void wave_xxh32_each(const uint8_t *const *data, const size_t *lengths, size_t count, uint32_t seed,
                     uint32_t *hashes);

// ---------------------------------------------------------------------------------------------------------------
// Transforms. A chunk is a run of elements; an element is 1 or 2 components; a component is a word of 1, 2, 4 or 8
// bytes (or the whole element is taken as one word of up to 16). One task codes one component of one chunk.

enum {
  WAVE_METHOD_RAW = 0,              // the component's words in order
  WAVE_METHOD_CONSTANT = 1,         // every word is dictionary[0]; nothing is stored
  WAVE_METHOD_PLANES = 2,           // bit planes
  WAVE_METHOD_DIFFERENCE = 3,       // integer difference, zigzag, bit planes
  WAVE_METHOD_FLOAT_DIFFERENCE = 4, // words as ordered integers, then as 3
  WAVE_METHOD_PALETTE = 5,          // indices into a dictionary
  // 6 (a palette with a dictionary that is not stored) is 5 here; 7 is below ("Bins")
};

/// One component of one chunk.
/// Words of width W stand at `chunkOffset + i * W * stride`, i in 0 ..< words, in the chunk buffer (the caller adds
/// component * W to chunkOffset). The coded stream stands at `streamOffset` in the stream buffer and is
/// wave_stream_bytes() long.
typedef struct {
  uint64_t chunkOffset;
  uint64_t streamOffset;
  uint32_t words;
  uint32_t dictionaryOffset;  // bytes into the dictionary buffer: CONSTANT (1 word) and PALETTE (`count` words)
  uint16_t count;             // words in the dictionary (1 ... 256)
  uint8_t width;              // bytes a word: 1, 2, 4, 8, 16 (16: RAW, CONSTANT and PALETTE only)
  uint8_t stride;             // 1, or 2 for one component of a complex element
  uint8_t method;
  uint8_t indexBits;          // PALETTE: 1, 2, 4 or 8
  uint8_t reserved[2];        // zero
} wave_task;

/// Bytes of the coded stream of a task.
///   RAW: words * width.   CONSTANT: 0.   PLANES, DIFFERENCE, FLOAT_DIFFERENCE: 8 * width * ceil(words / 8).
///   PALETTE: ceil(words * indexBits / 8).
static inline uint64_t wave_stream_bytes(const wave_task *task) {
  switch (task->method) {
    case WAVE_METHOD_RAW: return (uint64_t)task->words * task->width;
    case WAVE_METHOD_CONSTANT: return 0;
    case WAVE_METHOD_PALETTE: return ((uint64_t)task->words * task->indexBits + 7) / 8;
    default: return 8ull * task->width * (((uint64_t)task->words + 7) / 8);
  }
}

// The streams, exactly (Documentation/HWP-Format.md, "Codings"):
// PLANES: 8*W planes, the most significant bit's first; plane bytes B = ceil(words / 8); bit (i mod 8) (least
//   significant first) of byte i / 8 is that bit of word i; the unused bits of the last byte are zero.
// DIFFERENCE: d[i] = w[i] - w[i-1] mod 2^(8W), w[-1] = 0; z = (d << 1) ^ (d's sign ? ~0 : 0); planes of z.
// FLOAT_DIFFERENCE: w' = w ^ (w's top bit ? ~0 : top bit), then as DIFFERENCE over w', w'[-1] = top bit (that is +0.0).
// PALETTE: index i takes indexBits bits at bit i * indexBits, least significant first; unused bits are zero.
//   The dictionary holds distinct words; encode finds each word in it (the caller knows that each is there).

/// Codes words into streams. Fastest where streamOffset is a multiple of 64 bytes of an aligned buffer. Takes some
/// 64 KiB of stack (five times that without optimisation).
void wave_host_encode(const uint8_t *chunks, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                      uint8_t *streams);

/// The inverse. A palette index at or past `count` (hostile input) decodes as dictionary word 0: never out of bounds.
/// Words of the other component (stride 2) are left as they are.
void wave_host_decode(const uint8_t *streams, const wave_task *tasks, size_t count, const uint8_t *dictionaries,
                      uint8_t *chunks);

/// How many distinct words a component has. `limit` (1 ... 256): stop when there are more.
typedef struct {
  uint64_t chunkOffset;
  uint32_t words;
  uint16_t limit;
  uint8_t width;   // 1, 2, 4, 8, 16
  uint8_t stride;  // 1 or 2
} wave_survey;

/// `distinct`: the number of distinct words, or limit + 1 when there are more (0 for no words). When it is not more than
/// the limit, dictionary holds them in ascending order as unsigned little-endian integers, `width` bytes each.
/// Bytes of the dictionary past distinct * width are unspecified.
typedef struct {
  uint32_t distinct;
  uint32_t reserved;
  uint8_t dictionary[4096];
} wave_palette;

void wave_host_survey(const uint8_t *chunks, const wave_survey *surveys, size_t count, wave_palette *palettes);

// ---------------------------------------------------------------------------------------------------------------
// Deltas: chunks and those that they are relative to (Documentation/HWP-Format.md, section 6, "Layers").

enum {
  WAVE_ADD = 0,               // target = left + right
  WAVE_SUBTRACT = 1,          // target = left - right
  WAVE_ADD_ORDERED = 2,       // w'(target) = w'(left) + right, w' as in FLOAT_DIFFERENCE; not of words of 1 byte
  WAVE_SUBTRACT_ORDERED = 3,  // target = w'(left) - w'(right); likewise
};

/// Sums or differences of words side by side, modulo 2^(8 * width). The target may be one of the operands, at the same offset.
typedef struct {
  uint64_t leftOffset;
  uint64_t rightOffset;
  uint64_t targetOffset;
  uint32_t words;  // of no more than a chunk
  uint8_t width;   // 1, 2, 4, 8
  uint8_t operation;
  uint8_t reserved[2];  // zero
} wave_combination;

void wave_host_combine(const uint8_t *left, const uint8_t *right, const wave_combination *tasks, size_t count,
                       uint8_t *target);

/// Bytes that are copied from one buffer to another: blocks that are gathered, or scattered.
typedef struct {
  uint64_t sourceOffset;
  uint64_t targetOffset;
  uint32_t bytes;     // of no more than a chunk
  uint32_t reserved;  // zero
} wave_run;

void wave_host_move(const uint8_t *source, const wave_run *runs, size_t count, uint8_t *target);

/// Two chunks of so many bytes, of which the blocks are told that differ.
typedef struct {
  uint64_t leftOffset;
  uint64_t rightOffset;
  uint32_t bytes;     // of no more than a chunk
  uint32_t reserved;  // zero
} wave_comparison;

/// Bit b of `masks[i]`: whether block b (of WAVE_BLOCK_BYTES, the last one the rest) differs.
void wave_host_compare(const uint8_t *left, const uint8_t *right, const wave_comparison *pairs, size_t count,
                       uint64_t *masks);

// ---------------------------------------------------------------------------------------------------------------
// Bins: integers by their frequency, in fractions of a bit (Documentation/HWP-Format.md, section 5, method 7). On the
// host alone: a stream's length depends on the numbers.

enum {
  WAVE_BINS_UNSIGNED = 0,  // words are unsigned integers
  WAVE_BINS_SIGNED = 1,    // words are two's-complement integers
  WAVE_BINS_FLOAT = 2,     // words are IEEE-754 numbers, taken as integers of the same order
  WAVE_BINS_RATIO = 3,     // words are m / divisor, correctly rounded, m a two's-complement integer (width 4 and 8)
};

#define WAVE_BINS_LAG_LIMIT 3u

/// What is done to words before they are binned. Lags are at least 1; one of as many words as there are, or more, does
/// nothing.
typedef struct {
  uint8_t mapping;
  uint8_t lagCount;     // 0 ... 3
  uint8_t reserved[2];  // zero
  uint32_t divisor;     // RATIO: at least 1; else 0
  uint32_t lags[WAVE_BINS_LAG_LIMIT];  // those past lagCount are 0
} wave_bins;

/// Words of one component, as in wave_task: word i at `i * width * stride`. `words`: 1 ... WAVE_CHUNK_BYTES / width;
/// `width`: 1, 2, 4, 8; `stride`: 1, 2.
typedef struct {
  uint32_t words;
  uint8_t width;
  uint8_t stride;
} wave_bin_words;

/// Memory that encoding and decoding work in: aligned to 64 bytes, one a thread, unspecified before and after.
#define WAVE_BINS_SCRATCH_BYTES (1u << 20)

/// Codes words into a stream of at most `limit` bytes and gives its length; 0 where it might be longer, or the mapping
/// does not fit a word. Bytes of the stream past its length, up to `limit`, are unspecified.
size_t wave_bins_encode(const uint8_t *chunk, wave_bin_words words, const wave_bins *plan, void *scratch,
                        uint8_t *stream, size_t limit);

/// The inverse. 0, with no word written, where the stream of `length` bytes is malformed; no plan and no stream makes it
/// read or write out of bounds. Words of the other component (stride 2) are left as they are.
int wave_bins_decode(const uint8_t *stream, size_t length, wave_bin_words words, const wave_bins *plan, void *scratch,
                     uint8_t *chunk);

/// About how many bytes `wave_bins_encode` would give, from a sample of some thousand words; infinite where the mapping
/// does not fit one of them. Much cheaper than encoding.
float wave_bins_estimate(const uint8_t *chunk, wave_bin_words words, const wave_bins *plan, void *scratch);

/// A divisor with which floats (width 4 or 8) are WAVE_BINS_RATIO (but for a −0.0 among them); 0: none is known. Slower where
/// there is one.
uint32_t wave_bins_divisor(const uint8_t *chunk, wave_bin_words words);
// Quantizers (Documentation/Quantization.md): numbers to integers, within a bound that is checked for each.

enum { WAVE_FLOAT_F16 = 0, WAVE_FLOAT_BF16 = 1, WAVE_FLOAT_F32 = 2, WAVE_FLOAT_F64 = 3 };

enum {
  WAVE_QUANTIZER_GRID = 1,
  WAVE_QUANTIZER_LOGARITHM = 2,
  WAVE_QUANTIZER_PHASE = 3,       // of pairs: F32 and F64 only
  WAVE_QUANTIZER_PHASE_GRID = 4,  // likewise
};

/// One chunk, to be quantized or brought back. Codes and numbers are words of the type's width.
///
/// `parameters` are bits of binary64 for F64, else of binary32 in the low half, in this order (dequantizing needs those
/// with an asterisk alone):
///   GRID: 1 / step, step*, bound, 1 / bound, low*, high*, bottom*, top*. bottom and top are the codes of low and high.
///   LOGARITHM: K* (an integer, not a number's bits), 1 / K*, the bound lowered, 1 / bound.
///   PHASE, PHASE_GRID: the bound's part in |z| and its constant part, both lowered; of PHASE_GRID also offset*, step*, 1 / step.
/// Any bits are safe but K, which is 1 ... 819 (F16), 129 (BF16), 65,536 (F32), 2^30 (F64).
typedef struct {
  uint64_t sourceOffset;  // of the chunk's numbers; unused when dequantizing
  uint64_t targetOffset;  // of its codes, and of its restored numbers: in both buffers
  uint64_t flagsOffset;   // of its exceptions: one bit a word, of PHASE and PHASE_GRID one an element, least significant
                          // first, in whole bytes, unused bits 0; unused when dequantizing
  uint32_t words;         // numbers: elements * components
  uint8_t type;           // WAVE_FLOAT_...
  uint8_t quantizer;      // WAVE_QUANTIZER_...
  uint8_t bits;           // PHASE, PHASE_GRID: B, 2 ... 16; else 0
  uint8_t reserved;       // zero
  uint64_t parameters[8];
} wave_quantization;

/// What became of a chunk.
typedef struct {
  uint64_t exceptions;  // bits set in the flags
  uint64_t largest;     // bits of the largest error, as those of a parameter: |x - x'|, LOGARITHM: |x - x'| / |x|, PHASE: |z - z'|
  uint64_t squares;     // sum of round(4096 * error / bound)^2
} wave_quantized;

/// Codes, the numbers that a restore makes of them, and the exceptions, whose numbers are restored as they are and whose codes are 0.
/// `restored` may be `source` where the offsets are the same.
///
/// All three functions give the same bytes whatever floating-point modes the calling thread has set, and leave them.
void wave_host_quantize(const uint8_t *source, const wave_quantization *tasks, size_t count, uint8_t *codes,
                        uint8_t *restored, uint8_t *flags, wave_quantized *results);

/// Numbers from codes. `restored` may be `codes`. Codes that no quantizer makes are 0 or some number.
void wave_host_dequantize(const uint8_t *codes, const wave_quantization *tasks, size_t count, uint8_t *restored);

typedef struct {
  double low;
  double high;
} wave_range;

/// Sets the calling thread's floating-point modes (rounding to nearest even, subnormal numbers, no traps) and gives what they
/// were: a program built with -ffast-math has others.
uint64_t wave_modes_default(void);
void wave_modes_restore(uint64_t modes);

/// Copies bytes that nobody reads soon: long ones go past the cache, which takes less time than `memcpy` does. The two do not
/// overlap.
void wave_host_copy(uint8_t *target, const uint8_t *source, size_t length);

/// Extends `range` (at first: infinity to -infinity) to the finite numbers of at most `clip` in magnitude.
void wave_host_range(const uint8_t *source, uint64_t words, uint8_t type, double clip, wave_range *range);

// ---------------------------------------------------------------------------------------------------------------

/// Which instruction set the host kernels use here: "avx512", "avx2" or "baseline".
const char *wave_host_isa(void);

/// For tests: makes the host kernels use one of those instruction sets (NULL: the best there is). Gives 0, and changes
/// nothing, where the machine has it not. Not while another thread is in a host function.
int wave_host_select(const char *isa);

// ---------------------------------------------------------------------------------------------------------------
// OpenCL

/// The OpenCL C 1.2 program source, NUL-terminated. Build options that the program needs: -DLANES=16 for a CPU device,
/// -DLANES=1 for a GPU; nothing else. Kernels, with the structs above as plain arrays:
///
///   wave_checksum_leaves(global const uchar *source, global const wave_span *spans, uint count, global uint *leaves)
///       `leaves`: count * 256 * 8 words of scratch (the leaf chaining values of each span).
///   wave_checksum_tree(global const uchar *source, global const wave_span *spans, uint count, global uint *leaves,
///       global uchar *digests)    digests: count * 64 bytes (wave_digest)
///   wave_encode(global const uchar *chunks, global const wave_task *tasks, uint count,
///       global const uchar *dictionaries, global uchar *streams)
///   wave_decode(global const uchar *streams, global const wave_task *tasks, uint count,
///       global const uchar *dictionaries, global uchar *chunks)
///   wave_survey_palettes(global const uchar *chunks, global const wave_survey *surveys, uint count,
///       global uchar *palettes)   palettes: count * sizeof(wave_palette)
///   wave_combine(global const uchar *left, global const uchar *right, global const wave_combination *tasks, uint count,
///       global uchar *target)
///   wave_move(global const uchar *source, global const wave_run *runs, uint count, global uchar *target)
///   wave_compare(global const uchar *left, global const uchar *right, global const wave_comparison *pairs, uint count,
///       global uchar *masks)      masks: count * 8 bytes
///
/// Global and local size of each kernel: wave_kernel_shape().
extern const char *const wave_opencl_source;

/// A program of its own for the quantizers, since it takes long to compile and most captures are exact. It needs binary64,
/// subnormal numbers and rounding to nearest in both precisions. Build options as above.
///
///   wave_quantize(global const uchar *source, global const wave_quantization *tasks, uint count, global uchar *codes,
///       global uchar *restored, global uchar *flags, global uchar *results)   results: count * sizeof(wave_quantized)
///   wave_dequantize(global const uchar *codes, global const wave_quantization *tasks, uint count,
///       global uchar *restored)
extern const char *const wave_opencl_quantizer_source;

enum wave_kernel {
  WAVE_KERNEL_CHECKSUM_LEAVES = 0,
  WAVE_KERNEL_CHECKSUM_TREE = 1,
  WAVE_KERNEL_ENCODE = 2,
  WAVE_KERNEL_DECODE = 3,
  WAVE_KERNEL_SURVEY = 4,
  WAVE_KERNEL_COMBINE = 5,
  WAVE_KERNEL_MOVE = 6,
  WAVE_KERNEL_COMPARE = 7,
  WAVE_KERNEL_COUNT = 8,  // of wave_opencl_source
  WAVE_KERNEL_QUANTIZE = 8,
  WAVE_KERNEL_DEQUANTIZE = 9,
};

typedef struct {
  const char *name;
  size_t global;  // work-items for `count` spans, tasks, surveys or chunks; a multiple of local
  size_t local;   // fixed for a kernel and LANES: each local size compiles anew
} wave_shape;

/// The one-dimensional launch of a kernel for `count` items.
wave_shape wave_kernel_shape(int kernel, size_t count, int lanes);

#ifdef __cplusplus
}
#endif

#endif
