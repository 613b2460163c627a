// Surveys: the distinct words of a component, as far as there are few.
//
// The barriers between the phases stand in no branch: pocl loses writes otherwise.

// Many slots, for few collisions, which cost a branch misprediction each; a GPU's local memory is small.
#if LANES == 1
#define SURVEY_BITS 10u
#else
#define SURVEY_BITS 12u
#endif
#define SURVEY_SLOTS (1u << SURVEY_BITS)

// True where 64 bytes repeat the 64 bytes before them: they bring no new word.
INLINE bool repeats(GLOBAL const uchar *p) {
  uint4 differs = (uint4)0u;
#pragma unroll
  for (uint q = 0; q < 4; q++) differs |= load16(p + 16 * q) ^ load16(p - 64 + 16 * q);
  return (differs.s0 | differs.s1 | differs.s2 | differs.s3) == 0;
}

// A word of its own: the next of the keys. `keys` takes 256 low halves, then 256 high ones.
INLINE void survey_add(LOCAL ulong *keys, LOCAL uint *found, wave_word word, const uint width) {
  const uint place = COUNT(found);
  if (place >= 256) return;
  keys[place] = word.low;
  if (width == 16) keys[256 + place] = word.high;
}

// Puts words in the set until `*found` is past the limit, 64 bytes at a time. A slot holds 1 + the number of a word, 0
// while it is free. At most limit + TEAM slots fill, so that a search always ends.
INLINE void survey_find(GLOBAL const uchar *chunk, wave_survey survey, LOCAL uint *slots, LOCAL uint *found,
                        LOCAL ulong *keys, const uint width, uint item) {
  const uint step = width * survey.stride, perBlock = 64 / step;
  for (uint first = item * perBlock; first < survey.words; first += TEAM * perBlock) {
    const uint end = min(first + perBlock, survey.words);
    if (first != 0 && end < survey.words && repeats(chunk + first * step)) continue;
    for (uint i = first; i < end; i++) {
      if (*found > survey.limit) return;
      const wave_word word = load_word(chunk + i * step, width);
      if (width == 1) {  // bytes need no search: a slot for each
        if (slots[word.low] == 0 && CLAIM(&slots[word.low], i + 1) == 0) survey_add(keys, found, word, width);
        continue;
      }
      uint slot = hash_word(word, HASH_MULTIPLIER, SURVEY_BITS);
      while (true) {
        const uint held = CLAIM(&slots[slot], i + 1);
        if (held == 0) survey_add(keys, found, word, width);
        if (held == 0 || same_word(word, load_word(chunk + (held - 1) * step, width))) break;
        slot = (slot + 1) & (SURVEY_SLOTS - 1);
      }
    }
  }
}

// Writes each word at its rank.
INLINE void survey_rank(LOCAL const ulong *keys, uint count, GLOBAL uchar *dictionary, const uint width, uint item) {
  for (uint k = item; k < count; k += TEAM) {
    wave_word word;
    uint rank = 0;
    word.low = keys[k];
    word.high = width == 16 ? keys[256 + k] : 0;
    for (uint j = 0; j < count; j++) {
      const bool lower = keys[j] < word.low;
      rank += width == 16 ? keys[256 + j] < word.high || (keys[256 + j] == word.high && lower) : lower;
    }
    store_word(dictionary + rank * width, word, width);
  }
}

// One survey. `slots`: SURVEY_SLOTS; `found`: 1; `keys`: 512.
INLINE void survey_task(GLOBAL const uchar *chunks, wave_survey survey, LOCAL uint *slots, LOCAL uint *found,
                        LOCAL ulong *keys, GLOBAL uchar *palette, uint item) {
  GLOBAL const uchar *chunk = chunks + survey.chunkOffset;
  const uint width = survey.width, limit = min((uint)survey.limit, 256u);
  const uint slotCount = width == 1 ? 256u : SURVEY_SLOTS;
  survey.limit = (ushort)limit;
  if (survey.stride != 1 && survey.stride != 2) survey.words = 0;
  for (uint s = item; s < slotCount; s += TEAM) slots[s] = 0;
  if (item == 0) *found = 0;
  BARRIER();

  if (width == 1) survey_find(chunk, survey, slots, found, keys, 1, item);
  else if (width == 2) survey_find(chunk, survey, slots, found, keys, 2, item);
  else if (width == 4) survey_find(chunk, survey, slots, found, keys, 4, item);
  else if (width == 8) survey_find(chunk, survey, slots, found, keys, 8, item);
  else if (width == 16) survey_find(chunk, survey, slots, found, keys, 16, item);
  BARRIER();

  const uint count = *found <= limit ? *found : 0;
  if (width == 1) survey_rank(keys, count, palette + 8, 1, item);
  else if (width == 2) survey_rank(keys, count, palette + 8, 2, item);
  else if (width == 4) survey_rank(keys, count, palette + 8, 4, item);
  else if (width == 8) survey_rank(keys, count, palette + 8, 8, item);
  else survey_rank(keys, count, palette + 8, 16, item);
  if (item == 0) {
    store4(palette, min(*found, limit + 1));
    store4(palette + 4, 0);
  }
}
