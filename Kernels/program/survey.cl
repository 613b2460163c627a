// Surveys: the distinct words of a component, as far as there are few.
//
// Three phases with a barrier between them, none of which stands in a branch: pocl loses writes otherwise.

#define SURVEY_BITS 10u
#define SURVEY_SLOTS (1u << SURVEY_BITS)

// True where 64 bytes repeat the 64 bytes before them: they bring no new word.
INLINE bool repeats(GLOBAL const uchar *p) {
  uint4 differs = (uint4)0u;
#pragma unroll
  for (uint q = 0; q < 4; q++) differs |= load16(p + 16 * q) ^ load16(p - 64 + 16 * q);
  return (differs.s0 | differs.s1 | differs.s2 | differs.s3) == 0;
}

// Puts words in the set until `*found` is past the limit, 64 bytes at a time. A slot holds 1 + the number of a word, 0
// while it is free. At most limit + TEAM slots fill, so that a search always ends.
INLINE void survey_find(GLOBAL const uchar *chunk, wave_survey survey, LOCAL uint *slots, LOCAL uint *found,
                        const uint width, uint item) {
  const uint step = width * survey.stride, perBlock = 64 / step;
  for (uint first = item * perBlock; first < survey.words; first += TEAM * perBlock) {
    const uint end = min(first + perBlock, survey.words);
    if (first != 0 && end < survey.words && repeats(chunk + first * step)) continue;
    for (uint i = first; i < end; i++) {
      if (*found > survey.limit) return;
      const wave_word word = load_word(chunk + i * step, width);
      if (width == 1) {  // bytes need no search: a slot for each
        if (slots[word.low] == 0 && CLAIM(&slots[word.low], i + 1) == 0) COUNT(found);
        continue;
      }
      uint slot = hash_word(word, HASH_MULTIPLIER, SURVEY_BITS);
      while (true) {
        const uint held = CLAIM(&slots[slot], i + 1);
        if (held == 0) COUNT(found);
        if (held == 0 || same_word(word, load_word(chunk + (held - 1) * step, width))) break;
        slot = (slot + 1) & (SURVEY_SLOTS - 1);
      }
    }
  }
}

// The `count` words found, in no order. `keys` takes 256 low halves, then 256 high ones.
INLINE void survey_collect(GLOBAL const uchar *chunk, wave_survey survey, LOCAL const uint *slots, LOCAL uint *taken,
                           LOCAL ulong *keys, uint count, const uint width, uint item) {
  const ulong step = (ulong)width * survey.stride;
  const uint end = count == 0 ? 0 : width == 1 ? 256u : SURVEY_SLOTS;
  for (uint s = item; s < end; s += TEAM) {
    if (slots[s] != 0) {
      const uint place = COUNT(taken);
      const wave_word word = load_word(chunk + (slots[s] - 1) * step, width);
      keys[place] = word.low;
      if (width == 16) keys[256 + place] = word.high;
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

// One survey. `slots`: SURVEY_SLOTS; `counters`: 2; `keys`: 512.
INLINE void survey_task(GLOBAL const uchar *chunks, wave_survey survey, LOCAL uint *slots, LOCAL uint *counters,
                        LOCAL ulong *keys, GLOBAL uchar *palette, uint item) {
  GLOBAL const uchar *chunk = chunks + survey.chunkOffset;
  const uint width = survey.width;
  survey.limit = (ushort)min((uint)survey.limit, 256u);
  for (uint s = item; s < SURVEY_SLOTS; s += TEAM) slots[s] = 0;
  if (item == 0) counters[0] = counters[1] = 0;
  BARRIER();

  if (survey.stride != 1 && survey.stride != 2) survey.words = 0;
  if (width == 1) survey_find(chunk, survey, slots, &counters[0], 1, item);
  else if (width == 2) survey_find(chunk, survey, slots, &counters[0], 2, item);
  else if (width == 4) survey_find(chunk, survey, slots, &counters[0], 4, item);
  else if (width == 8) survey_find(chunk, survey, slots, &counters[0], 8, item);
  else if (width == 16) survey_find(chunk, survey, slots, &counters[0], 16, item);
  BARRIER();

  const uint found = counters[0], limit = survey.limit, count = found <= limit ? found : 0;
  if (width == 1) survey_collect(chunk, survey, slots, &counters[1], keys, count, 1, item);
  else if (width == 2) survey_collect(chunk, survey, slots, &counters[1], keys, count, 2, item);
  else if (width == 4) survey_collect(chunk, survey, slots, &counters[1], keys, count, 4, item);
  else if (width == 8) survey_collect(chunk, survey, slots, &counters[1], keys, count, 8, item);
  else survey_collect(chunk, survey, slots, &counters[1], keys, count, 16, item);
  BARRIER();

  if (width == 1) survey_rank(keys, count, palette + 8, 1, item);
  else if (width == 2) survey_rank(keys, count, palette + 8, 2, item);
  else if (width == 4) survey_rank(keys, count, palette + 8, 4, item);
  else if (width == 8) survey_rank(keys, count, palette + 8, 8, item);
  else survey_rank(keys, count, palette + 8, 16, item);
  if (item == 0) {
    store4(palette, min(found, limit + 1));
    store4(palette + 4, 0);
  }
}
