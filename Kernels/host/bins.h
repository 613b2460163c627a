// The loops of method 7 for one instruction set.
#include "bins-coder.h"

#define WORD uint8_t
#define SIGNED int8_t
#define BITS 8
#define NAME(name) name##_8
#include "bins-words.h"

#define WORD uint16_t
#define SIGNED int16_t
#define BITS 16
#define NAME(name) name##_16
#include "bins-words.h"

#define WORD uint32_t
#define SIGNED int32_t
#define BITS 32
#define FLOAT float
#define NAME(name) name##_32
#include "bins-words.h"

#define WORD uint64_t
#define SIGNED int64_t
#define BITS 64
#define FLOAT double
#define NAME(name) name##_64
#include "bins-words.h"

#define BIN_LOOPS(bits)                                                                                     \
  {                                                                                                         \
    .prepare = prepare_##bits, .finish = finish_##bits, .sample = sample_##bits, .range = range_##bits,     \
    .classify = classify_##bits, .encode = encode_##bits, .decode = decode_##bits                           \
  }
