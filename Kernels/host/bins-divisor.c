// Whether floats are numbers in fixed steps, and of what: a guess that an encoder makes from some of them.
#include <string.h>

#include "bins-tables.h"

#define PROBES 64u

static double number_at(const uint8_t *chunk, wave_bin_words words, uint32_t i) {
  const uint8_t *word = chunk + (size_t)i * words.width * words.stride;
  if (words.width == 8) {
    double number;
    memcpy(&number, word, sizeof number);
    return number;
  }
  float number;
  memcpy(&number, word, sizeof number);
  return (double)number;
}

// Binary digits behind the point.
static int fraction_bits(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  const uint64_t mantissa = (bits & ((1ull << 52) - 1)) | 1ull << 52;
  return 52 - __builtin_ctzll(mantissa) - ((int)(bits >> 52 & 0x7FF) - 1023);
}

static int is_ratio(double number, double divisor, uint32_t width) {
  const double scaled = number * divisor + 0x1.8p52, m = scaled - 0x1.8p52;
  return width == 8 ? m / divisor == number : (float)m / (float)divisor == (float)number;
}

uint32_t wave_bins_divisor(const uint8_t *chunk, wave_bin_words words) {
  static const uint32_t decimals[] = {10, 100, 1000, 10000, 100000};
  // A numerator has to have fewer bits than the number: else every number is such a ratio.
  const double most = words.width == 8 ? 0x1p46 : 0x1p22;
  const uint32_t count = words.words < PROBES ? words.words : PROBES;
  double probes[PROBES], largest = 0;
  int digits = 0;
  if (words.width < 4) return 0;
  for (uint32_t p = 0; p < count; p++) {
    const double number = number_at(chunk, words, (uint32_t)((uint64_t)words.words * p / count));
    const double magnitude = __builtin_fabs(number);
    if (!(magnitude < most)) return 0;
    const int more = number == 0 ? 0 : fraction_bits(number);
    digits = more > digits ? more : digits;
    largest = magnitude > largest ? magnitude : largest;
    probes[p] = number;
  }
  if (largest == 0) return 0;
  if (digits < 32 && largest * (double)(1ull << digits) < most) return 1u << digits;
  for (uint32_t d = 0; d < sizeof decimals / sizeof *decimals; d++) {
    const double divisor = (double)decimals[d];
    uint32_t p = 0;
    if (largest * divisor >= most) return 0;
    while (p < count && is_ratio(probes[p], divisor, words.width)) p++;
    if (p == count) return decimals[d];
  }
  return 0;
}
