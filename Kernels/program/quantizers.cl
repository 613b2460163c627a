// One chunk, quantized and brought back: its quantizer in its precision. A chunk of no known type or quantizer is left as it is.

#define EACH_QUANTIZER(q, WORDS_OF, PAIRS_OF)                                                                      \
  if (q.quantizer == WAVE_QUANTIZER_GRID) {                                                                        \
    if (q.type == WAVE_FLOAT_F16) WORDS_OF(single, WAVE_FLOAT_F16, WAVE_QUANTIZER_GRID);                           \
    else if (q.type == WAVE_FLOAT_BF16) WORDS_OF(single, WAVE_FLOAT_BF16, WAVE_QUANTIZER_GRID);                    \
    else if (q.type == WAVE_FLOAT_F32) WORDS_OF(single, WAVE_FLOAT_F32, WAVE_QUANTIZER_GRID);                      \
    else if (q.type == WAVE_FLOAT_F64) WORDS_OF(double, WAVE_FLOAT_F64, WAVE_QUANTIZER_GRID);                      \
  } else if (q.quantizer == WAVE_QUANTIZER_LOGARITHM) {                                                            \
    if (q.type == WAVE_FLOAT_F16) WORDS_OF(single, WAVE_FLOAT_F16, WAVE_QUANTIZER_LOGARITHM);                      \
    else if (q.type == WAVE_FLOAT_BF16) WORDS_OF(single, WAVE_FLOAT_BF16, WAVE_QUANTIZER_LOGARITHM);               \
    else if (q.type == WAVE_FLOAT_F32) WORDS_OF(single, WAVE_FLOAT_F32, WAVE_QUANTIZER_LOGARITHM);                 \
    else if (q.type == WAVE_FLOAT_F64) WORDS_OF(double, WAVE_FLOAT_F64, WAVE_QUANTIZER_LOGARITHM);                 \
  } else if (q.quantizer == WAVE_QUANTIZER_PHASE) {                                                                \
    if (q.type == WAVE_FLOAT_F32) PAIRS_OF(single, WAVE_QUANTIZER_PHASE);                                          \
    else if (q.type == WAVE_FLOAT_F64) PAIRS_OF(double, WAVE_QUANTIZER_PHASE);                                     \
  } else if (q.quantizer == WAVE_QUANTIZER_PHASE_GRID) {                                                           \
    if (q.type == WAVE_FLOAT_F32) PAIRS_OF(single, WAVE_QUANTIZER_PHASE_GRID);                                     \
    else if (q.type == WAVE_FLOAT_F64) PAIRS_OF(double, WAVE_QUANTIZER_PHASE_GRID);                                \
  }

INLINE void quantize_chunk(GLOBAL const uchar *source, wave_quantization q, GLOBAL uchar *codes, GLOBAL uchar *restored,
                           GLOBAL uchar *flags, tally *total, uint item) {
  source += q.sourceOffset;
  codes += q.targetOffset;
  restored += q.targetOffset;
  flags += q.flagsOffset;
#define QUANTIZE_WORDS(precision, type, quantizer) \
  quantize_words_##precision(source, q, codes, restored, flags, total, type, quantizer, item)
#define QUANTIZE_PAIRS(precision, quantizer) \
  quantize_pairs_##precision(source, q, codes, restored, flags, total, quantizer, item)
  EACH_QUANTIZER(q, QUANTIZE_WORDS, QUANTIZE_PAIRS)
}

INLINE void dequantize_chunk(GLOBAL const uchar *codes, wave_quantization q, GLOBAL uchar *restored, uint item) {
  codes += q.targetOffset;
  restored += q.targetOffset;
#define DEQUANTIZE_WORDS(precision, type, quantizer) \
  dequantize_words_##precision(codes, q, restored, type, quantizer, item)
#define DEQUANTIZE_PAIRS(precision, quantizer) dequantize_pairs_##precision(codes, q, restored, quantizer, item)
  EACH_QUANTIZER(q, DEQUANTIZE_WORDS, DEQUANTIZE_PAIRS)
}

// A team's tallies added up, into wave_quantized. `shared`: 3 * TEAM.
INLINE void store_tally(GLOBAL uchar *result, tally total, LOCAL ulong *shared, uint item) {
  shared[item] = total.exceptions;
  shared[TEAM + item] = total.largest;
  shared[2 * TEAM + item] = total.squares;
  BARRIER();
  if (item == 0) {
    ulong exceptions = 0, largest = 0, squares = 0;
    for (uint k = 0; k < TEAM; k++) {
      exceptions += shared[k];
      largest = largest < shared[TEAM + k] ? shared[TEAM + k] : largest;
      squares += shared[2 * TEAM + k];
    }
    store8(result, exceptions);
    store8(result + 8, largest);
    store8(result + 16, squares);
  }
}
