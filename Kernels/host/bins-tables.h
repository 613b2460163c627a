// What the loops of method 7 share with the choice of its bins.
#ifndef WAVE_BINS_TABLES_H
#define WAVE_BINS_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/CWaveKernels.h"

// Word i is in lane i mod 32. Set in stone.
#define BIN_LANES 32u
#define BIN_SLOTS 4096u
// 1,024 linear ones and one that a base between them adds.
#define BIN_CLASS_LIMIT 1025u

// An encoder's first division of the values: bins are made of whole classes, and a class is found by arithmetic.
// Linear: 2^shift values each, from `base`. Else eight to each power of two, single values below 16.
typedef struct {
  uint64_t base;
  uint32_t shift;
  uint32_t isLinear;
} bin_classes;

// By class.
typedef struct {
  uint32_t symbol[BIN_CLASS_LIMIT];      // bins-coder.h
  uint32_t reciprocal[BIN_CLASS_LIMIT];  // 2^32 / frequency, rounded down
  uint64_t base;
  uint32_t pieces;  // of 16 bits, that the largest bin's offsets take
} bin_encoder;

// By slot: what the decoder needs of the symbol that the slot is part of.
typedef struct {
  uint32_t symbol[BIN_SLOTS];
  uint32_t low[BIN_SLOTS];  // the bin's least value
  uint32_t high[BIN_SLOTS];
  uint32_t pieces;
  uint32_t isWide;  // values have more than 32 bits
} bin_decoder;

// Whether what the bins tile are signed numbers, as zigzag: small ones of either sign are small.
static inline bool is_zigzagged(const wave_bins *plan) {
  return plan->lagCount > 0 || plan->mapping == WAVE_BINS_SIGNED || plan->mapping == WAVE_BINS_RATIO;
}

#endif
