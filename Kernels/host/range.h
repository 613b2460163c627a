// The range of a region's numbers, for each precision, after quantize.cl.

// Adds the words of a region to a range; numbers of more than `clip`, infinities and NaNs are left out.
INLINE void P(extend_range)(const uchar *source, uint64_t words, NUMBER clip, wave_range *range, const uint type) {
  const uint width = P(width)(type);
  NUMBER lowest[LANES], highest[LANES];
  REALS low = (REALS)(NUMBER)__builtin_inf(), high = -low;
  for (uint64_t at = 0; at < words; at += LANES) {
    const uint here = words - at < LANES ? (uint)(words - at) : LANES;
    const REALS x = P(number_of)(P(load)(source + at * width, here, width), type);
    WORDS taken = MASK(P(magnitude)(x) <= clip);
    if (here < LANES) taken &= P(live)(here);
    low = P(pick)(taken & MASK(x < low), x, low);
    high = P(pick)(taken & MASK(x > high), x, high);
  }
  PRIVATE_STORE(low, lowest);
  PRIVATE_STORE(high, highest);
  for (uint l = 0; l < LANES; l++) {
    if ((double)lowest[l] < range->low) range->low = (double)lowest[l];
    if ((double)highest[l] > range->high) range->high = (double)highest[l];
  }
}
