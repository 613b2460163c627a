// Words of 1 to 16 bytes as pairs of 64 bits, for the codings that look at whole words.

typedef struct {
  ulong low;
  ulong high;
} wave_word;

INLINE wave_word load_word(GLOBAL const uchar *p, const uint width) {
  wave_word word;
  word.high = 0;
  if (width == 1) {
    word.low = p[0];
  } else if (width == 2) {
    word.low = load2(p);
  } else if (width == 4) {
    word.low = load4(p);
  } else {
    word.low = load8(p);
    if (width == 16) word.high = load8(p + 8);
  }
  return word;
}

INLINE void store_word(GLOBAL uchar *p, wave_word word, const uint width) {
  if (width == 1) {
    p[0] = (uchar)word.low;
  } else if (width == 2) {
    store2(p, (ushort)word.low);
  } else if (width == 4) {
    store4(p, (uint)word.low);
  } else {
    store8(p, word.low);
    if (width == 16) store8(p + 8, word.high);
  }
}

INLINE bool same_word(wave_word a, wave_word b) { return a.low == b.low && a.high == b.high; }

// The top `bits` bits of a product (Knuth, The Art of Computer Programming, volume 3, section 6.4).
INLINE uint hash_word(wave_word word, ulong multiplier, uint bits) {
  const ulong other = (multiplier << 32 | multiplier >> 32) | 1;
  return (uint)((word.low * multiplier + word.high * other) >> (64 - bits));
}

#define HASH_MULTIPLIER 0x9E3779B97F4A7C15ul

// Words copied from one spacing to another; a team's items take turns.
INLINE void copy_words(GLOBAL const uchar *source, ulong sourceStep, GLOBAL uchar *target, ulong targetStep, uint words,
                       const uint width, uint item) {
  if (sourceStep == width && targetStep == width) {
    const ulong bytes = (ulong)words * width, whole = bytes / (4 * LANES) * (4 * LANES);
    for (ulong at = item * 4 * LANES; at < whole; at += TEAM * 4 * LANES)
      store_lanes(target + at, load_lanes(source + at));
    for (ulong at = whole + item; at < bytes; at += TEAM) target[at] = source[at];
    return;
  }
  SCALAR_LOOP
  for (uint i = item; i < words; i += TEAM)
    store_word(target + i * targetStep, load_word(source + i * sourceStep, width), width);
}

// One word repeated.
INLINE void fill_words(GLOBAL const uchar *source, GLOBAL uchar *target, ulong step, uint words, const uint width,
                       uint item) {
  const wave_word word = load_word(source, width);
  SCALAR_LOOP
  for (uint i = item; i < words; i += TEAM) store_word(target + i * step, word, width);
}
