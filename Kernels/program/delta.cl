// What is made of chunks and of those that they are relative to: copies of blocks, which blocks differ, sums and differences of words.

// The inverse of order_float (difference.cl).
INLINE ulong unorder_float(ulong ordered, const uint width) {
  const ulong top = 1ul << (8 * width - 1);
  const ulong word = ordered ^ (ordered & top ? top : ~0ul);
  return width == 8 ? word : word & ((1ul << (8 * width % 64)) - 1);
}

INLINE ulong combined(ulong left, ulong right, const uint operation, const uint width) {
  if (operation == WAVE_ADD) return left + right;
  if (operation == WAVE_SUBTRACT) return left - right;
  const ulong ordered = order_float(left, width);
  if (operation == WAVE_SUBTRACT_ORDERED) return ordered - order_float(right, width);
  return unorder_float(ordered + right, width);
}

INLINE void combine_words(GLOBAL const uchar *left, GLOBAL const uchar *right, GLOBAL uchar *target, uint words,
                          const uint operation, const uint width, uint item) {
  for (uint i = item; i < words; i += TEAM) {
    const ulong at = (ulong)i * width;
    if (width == 1) target[at] = (uchar)combined(left[at], right[at], operation, 1);
    else if (width == 2) store2(target + at, (ushort)combined(load2(left + at), load2(right + at), operation, 2));
    else if (width == 4) store4(target + at, (uint)combined(load4(left + at), load4(right + at), operation, 4));
    else store8(target + at, combined(load8(left + at), load8(right + at), operation, 8));
  }
}

INLINE void combine_width(GLOBAL const uchar *left, GLOBAL const uchar *right, GLOBAL uchar *target,
                          wave_combination task, const uint width, uint item) {
  if (task.operation == WAVE_ADD) combine_words(left, right, target, task.words, WAVE_ADD, width, item);
  else if (task.operation == WAVE_SUBTRACT) combine_words(left, right, target, task.words, WAVE_SUBTRACT, width, item);
  else if (width == 1) return;
  else if (task.operation == WAVE_ADD_ORDERED)
    combine_words(left, right, target, task.words, WAVE_ADD_ORDERED, width, item);
  else combine_words(left, right, target, task.words, WAVE_SUBTRACT_ORDERED, width, item);
}

INLINE void combine_task(GLOBAL const uchar *left, GLOBAL const uchar *right, wave_combination task,
                         GLOBAL uchar *target, uint item) {
  left += task.leftOffset;
  right += task.rightOffset;
  target += task.targetOffset;
  if (task.width == 1) combine_width(left, right, target, task, 1, item);
  else if (task.width == 2) combine_width(left, right, target, task, 2, item);
  else if (task.width == 4) combine_width(left, right, target, task, 4, item);
  else combine_width(left, right, target, task, 8, item);
}

INLINE void move_run(GLOBAL const uchar *source, wave_run run, GLOBAL uchar *target, uint item) {
  copy_words(source + run.sourceOffset, 1, target + run.targetOffset, 1, run.bytes, 1, item);
}

INLINE bool differ(GLOBAL const uchar *left, GLOBAL const uchar *right, uint bytes) {
  const uint whole = bytes / 8 * 8;
  ulong difference = 0;
  for (uint at = 0; at < whole; at += 8) difference |= load8(left + at) ^ load8(right + at);
  for (uint at = whole; at < bytes; at++) difference |= left[at] ^ right[at];
  return difference != 0;
}

// `found`: TEAM masks.
INLINE void compare_blocks(GLOBAL const uchar *left, GLOBAL const uchar *right, wave_comparison pair,
                           GLOBAL uchar *mask, LOCAL ulong *found, uint item) {
  ulong mine = 0;
  left += pair.leftOffset;
  right += pair.rightOffset;
  for (uint block = item; block * WAVE_BLOCK_BYTES < pair.bytes; block += TEAM) {
    const uint start = block * WAVE_BLOCK_BYTES;
    if (differ(left + start, right + start, min(WAVE_BLOCK_BYTES, pair.bytes - start))) mine |= 1ul << block;
  }
  found[item] = mine;
  BARRIER();
  if (item == 0) {
    ulong all = 0;
    for (uint k = 0; k < TEAM; k++) all |= found[k];
    store8(mask, all);
  }
}
