// The coder of method 7 (HWP-Format.md, section 5): 32 interleaved rANS states, word i in lane i mod 32. Symbols have
// frequencies of 12 bits; what a word has beside its symbol is pushed into its lane's state, 16 bits at a time.
// rANS: J. Duda, "Asymmetric numeral systems" (arXiv:1311.2540); states of 32 bits that take words of 16.

#define RENORM (1u << 16)
// A symbol in 32 bits: frequency - 1, first slot, offset bits.
#define SYMBOL_FREQUENCY(s) (((s) & 0xFFFu) + 1)
#define SYMBOL_START(s) ((s) >> 12 & 0xFFFu)
#define SYMBOL_BITS(s) ((s) >> 24)

INLINE uint pieces_of(uint bits) { return (bits + 15) / 16; }

// Bits of the piece that follows `done` pieces, of a word with so many bits.
INLINE uint piece_bits(uint bits, uint done) { return bits <= 16 * done ? 0 : min(bits - 16 * done, 16); }

// One lane's steps. Words go out from `out` downward, so that the decoder reads them upward.
INLINE ushort *push_bits(uint *state, uint piece, uint bits, ushort *out) {
  if (bits == 0) return out;
  if (*state >> (32 - bits) != 0) {
    *--out = (ushort)*state;
    *state >>= 16;
  }
  *state = *state << bits | (piece & ((1u << bits) - 1));
  return out;
}

INLINE ushort *push_symbol(uint *state, uint symbol, uint reciprocal, ushort *out) {
  const uint frequency = SYMBOL_FREQUENCY(symbol);
  if (*state >> 20 >= frequency) {
    *--out = (ushort)*state;
    *state >>= 16;
  }
  // The quotient by the rounded-down reciprocal is right, or one too small.
  uint quotient = (uint)((ulong)*state * reciprocal >> 32);
  quotient += *state - quotient * frequency >= frequency;
  *state += quotient * (4096 - frequency) + SYMBOL_START(symbol);
  return out;
}

INLINE const uchar *refill(uint *state, const uchar *in) {
  if (*state >= RENORM) return in;
  *state = *state << 16 | load2(in);
  return in + 2;
}

// Words first ..< first + count (at most 32) of a component, the last step first. `classes` are those of the same words.
static ushort *encode_few(uint *states, const ushort *classes, const uint *low, const uint *high, uint count,
                          const bin_encoder *table, ushort *out) {
  for (uint piece = table->pieces; piece-- > 0;) {
    for (uint l = count; l-- > 0;) {
      const uint part = (piece < 2 ? low[l] : high[l]) >> 16 * (piece & 1);
      out = push_bits(&states[l], part, piece_bits(SYMBOL_BITS(table->symbol[classes[l]]), piece), out);
    }
  }
  for (uint l = count; l-- > 0;)
    out = push_symbol(&states[l], table->symbol[classes[l]], table->reciprocal[classes[l]], out);
  return out;
}

static const uchar *decode_few(uint *states, uint *low, uint *high, uint count, const bin_decoder *table, const uchar *in) {
  ulong values[BIN_LANES];
  uint bits[BIN_LANES];
  for (uint l = 0; l < count; l++) {
    const uint slot = states[l] & 0xFFF, symbol = table->symbol[slot];
    bits[l] = SYMBOL_BITS(symbol);
    values[l] = table->low[slot] | (ulong)table->high[slot] << 32;
    // What stands for a symbol's first slot here is the slot's own place in it.
    states[l] = SYMBOL_FREQUENCY(symbol) * (states[l] >> 12) + SYMBOL_START(symbol);
    in = refill(&states[l], in);
  }
  for (uint piece = 0; piece < table->pieces; piece++) {
    for (uint l = 0; l < count; l++) {
      const uint taken = piece_bits(bits[l], piece);
      if (taken == 0) continue;
      values[l] += (ulong)(states[l] & ((1u << taken) - 1)) << 16 * piece;
      states[l] >>= taken;
      in = refill(&states[l], in);
    }
  }
  for (uint l = 0; l < count; l++) {
    low[l] = (uint)values[l];
    high[l] = (uint)(values[l] >> 32);
  }
  return in;
}

#if LANES == 16
// The same for all 32 lanes, sixteen to a vector.
#define SIXTEEN __m512i
#define NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

INLINE ushort *emit(SIXTEEN *state, __mmask16 full, ushort *out) {
  const uint count = (uint)__builtin_popcount(full);
  out -= count;
  const SIXTEEN words = _mm512_maskz_compress_epi32(full, *state);
  _mm256_mask_storeu_epi16(out, (__mmask16)((1u << count) - 1), _mm512_cvtepi32_epi16(words));
  *state = _mm512_mask_srli_epi32(*state, full, *state, 16);
  return out;
}

INLINE const uchar *take(SIXTEEN *state, const uchar *in) {
  const __mmask16 empty = _mm512_cmplt_epu32_mask(*state, _mm512_set1_epi32(RENORM));
  const SIXTEEN words = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)in));
  const SIXTEEN filled = _mm512_or_si512(_mm512_slli_epi32(*state, 16), _mm512_maskz_expand_epi32(empty, words));
  *state = _mm512_mask_mov_epi32(*state, empty, filled);
  return in + 2 * __builtin_popcount(empty);
}

INLINE SIXTEEN piece_counts(SIXTEEN bits, uint piece) {
  const SIXTEEN rest = _mm512_subs_epu16(bits, _mm512_set1_epi32((int)(16 * piece)));
  return _mm512_min_epu32(rest, _mm512_set1_epi32(16));
}

INLINE SIXTEEN low_bits(SIXTEEN value, SIXTEEN bits) {
  const SIXTEEN ones = _mm512_set1_epi32(-1);
  return _mm512_andnot_si512(_mm512_sllv_epi32(ones, bits), value);
}

INLINE ushort *push_sixteen(SIXTEEN *state, SIXTEEN part, SIXTEEN bits, ushort *out) {
  // A shift by 32 gives 0: no bits, no word.
  const SIXTEEN over = _mm512_srlv_epi32(*state, _mm512_sub_epi32(_mm512_set1_epi32(32), bits));
  out = emit(state, _mm512_test_epi32_mask(over, over), out);
  *state = _mm512_or_si512(_mm512_sllv_epi32(*state, bits), low_bits(part, bits));
  return out;
}

INLINE ushort *push_symbols(SIXTEEN *state, SIXTEEN symbol, ushort *out) {
  const SIXTEEN mask = _mm512_set1_epi32(0xFFF), one = _mm512_set1_epi32(1);
  const SIXTEEN frequency = _mm512_add_epi32(_mm512_and_si512(symbol, mask), one);
  out = emit(state, _mm512_cmpge_epu32_mask(_mm512_srli_epi32(*state, 20), frequency), out);
  // The quotient is below 2^20: that of floats is right, or one off. It raises no exception, whatever the thread's modes.
  const __m512 numbers = _mm512_cvt_roundepu32_ps(*state, NEAREST), divisors = _mm512_cvt_roundepu32_ps(frequency, NEAREST);
  const __m512 quotients = _mm512_div_round_ps(numbers, divisors, NEAREST);
  SIXTEEN quotient = _mm512_cvtt_roundps_epi32(quotients, _MM_FROUND_NO_EXC);
  const SIXTEEN rest = _mm512_sub_epi32(*state, _mm512_mullo_epi32(quotient, frequency));
  quotient = _mm512_mask_sub_epi32(quotient, _mm512_movepi32_mask(rest), quotient, one);
  quotient = _mm512_mask_add_epi32(quotient, _mm512_cmpge_epi32_mask(rest, frequency), quotient, one);
  const SIXTEEN start = _mm512_and_si512(_mm512_srli_epi32(symbol, 12), mask);
  const SIXTEEN gap = _mm512_sub_epi32(_mm512_set1_epi32(4096), frequency);
  *state = _mm512_add_epi32(_mm512_add_epi32(*state, start), _mm512_mullo_epi32(quotient, gap));
  return out;
}

INLINE ushort *encode_group(uint *states, const ushort *classes, const uint *low, const uint *high,
                            const bin_encoder *table, ushort *out) {
  SIXTEEN state[2], symbol[2], bits[2];
  for (uint h = 0; h < 2; h++) {
    const SIXTEEN index = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(classes + 16 * h)));
    symbol[h] = _mm512_i32gather_epi32(index, table->symbol, 4);
    bits[h] = _mm512_srli_epi32(symbol[h], 24);
    state[h] = _mm512_loadu_si512(states + 16 * h);
  }
  for (uint piece = table->pieces; piece-- > 0;) {
    for (uint h = 2; h-- > 0;) {
      const SIXTEEN whole = _mm512_loadu_si512((piece < 2 ? low : high) + 16 * h);
      const SIXTEEN part = piece & 1 ? _mm512_srli_epi32(whole, 16) : whole;
      out = push_sixteen(&state[h], part, piece_counts(bits[h], piece), out);
    }
  }
  for (uint h = 2; h-- > 0;) {
    out = push_symbols(&state[h], symbol[h], out);
    _mm512_storeu_si512(states + 16 * h, state[h]);
  }
  return out;
}

INLINE const uchar *decode_group(uint *states, uint *low, uint *high, const bin_decoder *table, const uchar *in) {
  SIXTEEN state[2], bits[2], sum[2], sumHigh[2];
  const SIXTEEN mask = _mm512_set1_epi32(0xFFF);
  for (uint h = 0; h < 2; h++) {
    state[h] = _mm512_loadu_si512(states + 16 * h);
    const SIXTEEN slot = _mm512_and_si512(state[h], mask);
    const SIXTEEN symbol = _mm512_i32gather_epi32(slot, table->symbol, 4);
    sum[h] = _mm512_i32gather_epi32(slot, table->low, 4);
    if (table->isWide) sumHigh[h] = _mm512_i32gather_epi32(slot, table->high, 4);
    bits[h] = _mm512_srli_epi32(symbol, 24);
    const SIXTEEN frequency = _mm512_add_epi32(_mm512_and_si512(symbol, mask), _mm512_set1_epi32(1));
    const SIXTEEN place = _mm512_and_si512(_mm512_srli_epi32(symbol, 12), mask);
    state[h] = _mm512_add_epi32(_mm512_mullo_epi32(frequency, _mm512_srli_epi32(state[h], 12)), place);
    in = take(&state[h], in);
  }
  SIXTEEN offset[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  SIXTEEN offsetHigh[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (uint piece = 0; piece < table->pieces; piece++) {
    for (uint h = 0; h < 2; h++) {
      const SIXTEEN taken = piece_counts(bits[h], piece);
      SIXTEEN part = low_bits(state[h], taken);
      if (piece & 1) part = _mm512_slli_epi32(part, 16);
      if (piece < 2) offset[h] = _mm512_or_si512(offset[h], part);
      else offsetHigh[h] = _mm512_or_si512(offsetHigh[h], part);
      state[h] = _mm512_srlv_epi32(state[h], taken);
      in = take(&state[h], in);
    }
  }
  for (uint h = 0; h < 2; h++) {
    _mm512_storeu_si512(states + 16 * h, state[h]);
    const SIXTEEN value = _mm512_add_epi32(sum[h], offset[h]);
    _mm512_storeu_si512(low + 16 * h, value);
    if (!table->isWide) continue;
    const __mmask16 carry = _mm512_cmplt_epu32_mask(value, sum[h]);
    SIXTEEN top = _mm512_add_epi32(sumHigh[h], offsetHigh[h]);
    top = _mm512_mask_add_epi32(top, carry, top, _mm512_set1_epi32(1));
    _mm512_storeu_si512(high + 16 * h, top);
  }
  return in;
}
#else
INLINE ushort *encode_group(uint *states, const ushort *classes, const uint *low, const uint *high,
                            const bin_encoder *table, ushort *out) {
  return encode_few(states, classes, low, high, BIN_LANES, table, out);
}

INLINE const uchar *decode_group(uint *states, uint *low, uint *high, const bin_decoder *table, const uchar *in) {
  return decode_few(states, low, high, BIN_LANES, table, in);
}
#endif
