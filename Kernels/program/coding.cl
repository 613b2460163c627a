// One task, coded and decoded: its method at its width. A task of no known method or width does nothing.

// PLANES, DIFFERENCE and FLOAT_DIFFERENCE.
INLINE void planes_encode(GLOBAL const uchar *chunk, GLOBAL uchar *stream, wave_task task, const uint width,
                          uint item) {
  const ulong planeBytes = ((ulong)task.words + 7) / 8;
  const ulong step = (ulong)width * task.stride;
  const bool ordered = task.method == WAVE_METHOD_FLOAT_DIFFERENCE;
#if LANES > 1
  lanes stage[64 * STAGE_PITCH];
#endif
  for (ulong first = item * GROUP_WORDS; first < task.words; first += TEAM * GROUP_WORDS) {
    lanes x[64];
    GLOBAL const uchar *words = chunk + first * step;
    const uint rest = (uint)(task.words - first);
    if (task.stride == 1 && rest >= GROUP_WORDS) load_group(x, words, width, 1);
    else if (width >= 4 && task.stride == 2 && rest > GROUP_WORDS) load_group(x, words, width, 2);
    else gather_group(x, words, width, task.stride, rest);
    if (task.method != WAVE_METHOD_PLANES) {
      ulong before = first == 0 ? 0 : load_word(words - step, width).low;
      if (ordered) {
        order_floats(x, width);
        before = order_float(before, width);
      }
      difference(x, width, before);
    }
    transpose_bits(x, width);
    if (task.method != WAVE_METHOD_PLANES) zigzag_planes(x, width);
#if LANES > 1
    const uint group = first / GROUP_WORDS % STAGE_GROUPS;
    if (rest >= (STAGE_GROUPS - group) * GROUP_WORDS) {
      stage_planes(stage, x, group, width);
      if (group == STAGE_GROUPS - 1)
        store_stage(stage, stream + (first / 8 - 4 * LANES * group), planeBytes, width);
      continue;
    }
#endif
    store_planes(x, stream + first / 8, planeBytes, width, rest);
  }
}

INLINE void planes_decode(GLOBAL const uchar *stream, GLOBAL uchar *chunk, wave_task task, LOCAL ulong *totals,
                          const uint width, uint item) {
  const ulong planeBytes = ((ulong)task.words + 7) / 8;
  const ulong step = (ulong)width * task.stride;
  const bool ordered = task.method == WAVE_METHOD_FLOAT_DIFFERENCE;
  ulong carry = ordered ? order_float(0, width) : 0;
  // Every item of a team takes part in every scan, with or without a group of its own.
  for (ulong sweep = 0; sweep < task.words; sweep += TEAM * GROUP_WORDS) {
    lanes x[64];
    const ulong first = sweep + item * GROUP_WORDS;
    const bool mine = first < task.words;
    const uint rest = mine ? (uint)(task.words - first) : 0;
    load_planes(x, stream + first / 8, planeBytes, width, rest);
    if (task.method != WAVE_METHOD_PLANES) unzigzag_planes(x, width);
    transpose_bits(x, width);
    if (task.method != WAVE_METHOD_PLANES) undifference(x, width, &carry, totals, item);
    if (ordered) unorder_floats(x, width);
    if (task.stride == 1 && rest >= GROUP_WORDS) store_group(x, chunk + first * step, width);
    else if (mine) scatter_group(x, chunk + first * step, width, task.stride, rest);
  }
}

INLINE void encode_width(GLOBAL const uchar *chunk, wave_task task, GLOBAL const uchar *dictionary,
                         GLOBAL uchar *stream, LOCAL uchar *table, LOCAL ulong *totals, const uint width, uint item) {
  if (task.method == WAVE_METHOD_RAW)
    copy_words(chunk, (ulong)width * task.stride, stream, width, task.words, width, item);
  else if (task.method == WAVE_METHOD_PALETTE)
    palette_encode(chunk, stream, task, dictionary, table, totals, width, item);
  else if (width <= 8 && task.method != WAVE_METHOD_CONSTANT)
    planes_encode(chunk, stream, task, width, item);
}

INLINE void decode_width(GLOBAL const uchar *stream, wave_task task, GLOBAL const uchar *dictionary,
                         GLOBAL uchar *chunk, LOCAL ulong *totals, const uint width, uint item) {
  if (task.method == WAVE_METHOD_RAW)
    copy_words(stream, width, chunk, (ulong)width * task.stride, task.words, width, item);
  else if (task.method == WAVE_METHOD_CONSTANT)
    fill_words(dictionary, chunk, (ulong)width * task.stride, task.words, width, item);
  else if (task.method == WAVE_METHOD_PALETTE)
    palette_decode(stream, chunk, task, dictionary, width, item);
  else if (width <= 8)
    planes_decode(stream, chunk, task, totals, width, item);
}

INLINE bool is_known(wave_task task) {
  if (task.words == 0 || task.method > WAVE_METHOD_PALETTE || task.stride < 1 || task.stride > 2) return false;
  if (task.method != WAVE_METHOD_PALETTE) return true;
  const uint bits = task.indexBits;
  return task.count >= 1 && task.count <= 256 && (bits == 1 || bits == 2 || bits == 4 || bits == 8);
}

// `table`: TABLE_SLOTS; `totals`: SCAN_WORDS.
#define SCAN_WORDS (TEAM * LANES < 4 ? 4 : TEAM * LANES)

INLINE void encode_task(GLOBAL const uchar *chunks, wave_task task, GLOBAL const uchar *dictionaries,
                        GLOBAL uchar *streams, LOCAL uchar *table, LOCAL ulong *totals, uint item) {
  GLOBAL const uchar *chunk = chunks + task.chunkOffset;
  GLOBAL const uchar *dictionary = dictionaries + task.dictionaryOffset;
  GLOBAL uchar *stream = streams + task.streamOffset;
  if (!is_known(task)) return;
  if (task.width == 1) encode_width(chunk, task, dictionary, stream, table, totals, 1, item);
  else if (task.width == 2) encode_width(chunk, task, dictionary, stream, table, totals, 2, item);
  else if (task.width == 4) encode_width(chunk, task, dictionary, stream, table, totals, 4, item);
  else if (task.width == 8) encode_width(chunk, task, dictionary, stream, table, totals, 8, item);
  else if (task.width == 16) encode_width(chunk, task, dictionary, stream, table, totals, 16, item);
}

INLINE void decode_task(GLOBAL const uchar *streams, wave_task task, GLOBAL const uchar *dictionaries,
                        GLOBAL uchar *chunks, LOCAL ulong *totals, uint item) {
  GLOBAL const uchar *stream = streams + task.streamOffset;
  GLOBAL const uchar *dictionary = dictionaries + task.dictionaryOffset;
  GLOBAL uchar *chunk = chunks + task.chunkOffset;
  if (!is_known(task)) return;
  if (task.width == 1) decode_width(stream, task, dictionary, chunk, totals, 1, item);
  else if (task.width == 2) decode_width(stream, task, dictionary, chunk, totals, 2, item);
  else if (task.width == 4) decode_width(stream, task, dictionary, chunk, totals, 4, item);
  else if (task.width == 8) decode_width(stream, task, dictionary, chunk, totals, 8, item);
  else if (task.width == 16) decode_width(stream, task, dictionary, chunk, totals, 16, item);
}
