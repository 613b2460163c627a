// Which bins an encoder makes. Compiled once, for the baseline: floating-point arithmetic decides here, and every
// instruction set has to decide alike.
#ifndef WAVE_BINS_CHOICE_H
#define WAVE_BINS_CHOICE_H

#include "bins-tables.h"

#define BIN_LIMIT 256u

typedef struct {
  uint32_t count;
  uint64_t base;
  uint8_t bits[BIN_LIMIT];
  uint16_t frequency[BIN_LIMIT];
  // The classes that a bin is made of: from where the bin before ends.
  uint16_t classEnd[BIN_LIMIT];
} bin_table;

// Classes for values of this range.
bin_classes wave_bin_classes(uint64_t least, uint64_t most, bool isZigzagged);
// The classes that such a range takes up.
uint32_t wave_bin_class_count(const bin_classes *classes, uint64_t most);
// The best bins for values that fall into classes so often.
void wave_bin_choose(const bin_classes *classes, const uint32_t *counts, uint32_t classCount, uint32_t words,
                     bin_table *table);
// Bits that words take whose values fall into classes so often, each class a bin; a small sample's are corrected.
float wave_bin_cost(const bin_classes *classes, const uint32_t *counts, uint32_t classCount, uint32_t words,
                    float sampledShare);

#endif
