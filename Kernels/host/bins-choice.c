#include "bins-choice.h"

#include <string.h>

// What one more bin costs: three bytes of the table, of which LZ4 saves some.
#define BIN_COST 20.0f

// Logarithm to base 2, to 1e-4: an exponent and a polynomial for the mantissa.
static float log2_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const float exponent = (float)((int32_t)(bits >> 23) - 127);
  bits = (bits & 0x7FFFFFu) | 0x3F800000u;
  float m;
  memcpy(&m, &bits, sizeof m);
  return exponent + (-2.153620718f + m * (3.047884161f + m * (-1.051875031f + m * 0.158248790f)));
}

static uint32_t bit_length(uint64_t x) { return x == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(x); }

bin_classes wave_bin_classes(uint64_t least, uint64_t most, bool isZigzagged) {
  bin_classes classes = {.isLinear = !isZigzagged};
  if (isZigzagged) return classes;
  const uint32_t length = bit_length(most - least);
  classes.shift = length > 10 ? length - 10 : 0;
  // From a multiple of a class, so that the last one ends where the words' range does, or before.
  classes.base = least >> classes.shift << classes.shift;
  return classes;
}

uint32_t wave_bin_class_count(const bin_classes *classes, uint64_t most) {
  if (classes->isLinear) return (uint32_t)((most - classes->base) >> classes->shift) + 1;
  if (most < 8) return (uint32_t)most + 1;
  const uint32_t exponent = bit_length(most) - 1;
  return ((exponent - 2) << 3) + (uint32_t)(most >> (exponent - 3) & 7) + 1;
}

// Offset bits of a class, and where it starts, counted from the base.
static uint32_t class_bits(const bin_classes *classes, uint32_t c) {
  return classes->isLinear ? classes->shift : c < 16 ? 0 : (c >> 3) - 1;
}

static uint64_t class_start(const bin_classes *classes, uint32_t c) {
  if (classes->isLinear) return (uint64_t)c << classes->shift;
  return c < 16 ? c : (uint64_t)(8 + (c & 7)) << ((c >> 3) - 1);
}

// A run of values that one bin could cover: 2^bits from a multiple of that; and the best bins for it, from `first` on.
typedef struct {
  uint64_t start;
  uint32_t bits, count, first;
  float cost;
} bin_node;

// Bits that a bin costs, less what is the same for every division: words * log2(words).
static float bin_cost(uint32_t count, uint32_t bits, float perBin) {
  return count == 0 ? perBin : perBin + (float)count * ((float)bits - log2_of((float)count));
}

// Halves join where one bin is no dearer than the best bins of both.
static uint32_t join_classes(const bin_classes *classes, const uint32_t *counts, uint32_t classCount, float perBin,
                             uint32_t *binCounts, uint8_t *binBits, uint16_t *classEnds) {
  bin_node nodes[BIN_CLASS_LIMIT];
  uint32_t depth = 0, bins = 0;
  for (uint32_t c = 0; c < classCount; c++) {
    const uint32_t bits = class_bits(classes, c);
    bin_node node = {class_start(classes, c), bits, counts[c], bins, bin_cost(counts[c], bits, perBin)};
    binCounts[bins] = counts[c];
    binBits[bins] = (uint8_t)bits;
    classEnds[bins++] = (uint16_t)(c + 1);
    while (depth > 0 && nodes[depth - 1].bits == node.bits && (node.start >> node.bits & 1) == 1) {
      const bin_node lower = nodes[--depth];
      node.start = lower.start;
      node.bits++;
      node.count += lower.count;
      node.first = lower.first;
      node.cost += lower.cost;
      const float whole = bin_cost(node.count, node.bits, perBin);
      if (whole <= node.cost) {
        node.cost = whole;
        binCounts[node.first] = node.count;
        binBits[node.first] = (uint8_t)node.bits;
        classEnds[node.first] = (uint16_t)(c + 1);
        bins = node.first + 1;
      }
    }
    nodes[depth++] = node;
  }
  return bins;
}

// Frequencies that add up to BIN_SLOTS, at least 1 where there is a count.
static void set_frequencies(const uint32_t *counts, uint32_t bins, uint32_t words, uint16_t *frequencies) {
  int32_t rest = BIN_SLOTS;
  for (uint32_t b = 0; b < bins; b++) {
    uint64_t f = ((uint64_t)counts[b] * BIN_SLOTS + words / 2) / words;
    if (counts[b] > 0 && f == 0) f = 1;
    frequencies[b] = (uint16_t)f;
    rest -= (int32_t)f;
  }
  while (rest != 0) {
    // The largest bears it best; no more of it at once than it bears well.
    uint32_t largest = 0;
    for (uint32_t b = 1; b < bins; b++) largest = frequencies[b] > frequencies[largest] ? b : largest;
    const int32_t most = frequencies[largest] / 8 + 1;
    const int32_t change = rest > most ? most : rest < -most ? -most : rest;
    frequencies[largest] = (uint16_t)(frequencies[largest] + change);
    rest -= change;
  }
}

void wave_bin_choose(const bin_classes *classes, const uint32_t *counts, uint32_t classCount, uint32_t words,
                     bin_table *table) {
  uint32_t binCounts[BIN_CLASS_LIMIT];
  uint8_t bits[BIN_CLASS_LIMIT];
  uint16_t ends[BIN_CLASS_LIMIT];
  float perBin = BIN_COST;
  uint32_t bins;
  while ((bins = join_classes(classes, counts, classCount, perBin, binCounts, bits, ends)) > BIN_LIMIT) perBin *= 2;
  table->count = bins;
  table->base = classes->base;
  memcpy(table->bits, bits, bins);
  memcpy(table->classEnd, ends, bins * sizeof *ends);
  set_frequencies(binCounts, bins, words, table->frequency);
}

float wave_bin_cost(const bin_classes *classes, const uint32_t *counts, uint32_t classCount, uint32_t words,
                    float sampledShare) {
  float bits = 0;
  uint32_t taken = 0;
  for (uint32_t c = 0; c < classCount; c++) {
    if (counts[c] == 0) continue;
    bits += bin_cost(counts[c], class_bits(classes, c), 0);
    taken++;
  }
  bits += (float)words * log2_of((float)words);
  // Miller and Madow: what a sample's entropy falls short of the whole's, (classes - 1) / 2 nats.
  bits += (float)(taken - 1) * 0.7213f;
  return bits / sampledShare + BIN_COST * (float)taken;
}
