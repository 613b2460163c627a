// Whether floats are numbers in fixed steps, and of what. Some are looked at first: most floats are not.
#include <string.h>

#include "bins-tables.h"

#define PROBES 64u
// A numerator has to have fewer bits than the number: else every number is such a ratio.
#define MOST_OF(width) ((width) == 8 ? 0x1p46 : 0x1p22)

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

// Of the words 0, step, 2 * step ...: the least divisor of those known that is not below `least`, and of which all of them are
// ratios; 0 for none.
static uint32_t divisor_of(const uint8_t *chunk, wave_bin_words words, uint32_t step, uint32_t least) {
  static const uint32_t decimals[] = {10, 100, 1000, 10000, 100000};
  const double most = MOST_OF(words.width);
  double largest = 0;
  int digits = 0;
  for (uint32_t i = 0; i < words.words; i += step) {
    const double number = number_at(chunk, words, i), magnitude = __builtin_fabs(number);
    if (!(magnitude < most)) return 0;
    const int more = number == 0 ? 0 : fraction_bits(number);
    digits = more > digits ? more : digits;
    largest = magnitude > largest ? magnitude : largest;
  }
  if (largest == 0) return 0;
  if (digits < 32 && largest * (double)(1ull << digits) < most) return 1u << digits;
  for (uint32_t d = 0; d < sizeof decimals / sizeof *decimals; d++) {
    const double divisor = (double)decimals[d];
    uint32_t i = 0;
    if (largest * divisor >= most) return 0;
    if (decimals[d] < least) continue;
    while (i < words.words && is_ratio(number_at(chunk, words, i), divisor, words.width)) i += step;
    if (i >= words.words) return decimals[d];
  }
  return 0;
}

uint32_t wave_bins_divisor(const uint8_t *chunk, wave_bin_words words) {
  if (words.width < 4) return 0;
  const uint32_t step = words.words < PROBES ? 1 : words.words / PROBES;
  const uint32_t probed = divisor_of(chunk, words, step, 0);
  return probed == 0 ? 0 : divisor_of(chunk, words, 1, probed);
}
