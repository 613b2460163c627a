// Palettes: words as indices into a dictionary, and back. Eight words at a time: their indices are the bytes of one
// 64-bit word, squeezed to indexBits each.

// Slots of the largest table that finds a word's index. A GPU's local memory is small.
#if LANES == 1
#define TABLE_BITS 13u
#else
#define TABLE_BITS 15u
#endif
#define TABLE_SLOTS (1u << TABLE_BITS)

// A hash table over the dictionary. The multiplier is chosen so that no two words meet, if one can be found: then a
// word's slot alone tells its index. Else words stand up to `reach` slots past their own.
typedef struct {
  ulong multiplier;
  uint bits;
  uint reach;
} palette_table;

// Enough slots that a multiplier serves with a probability of about a third. A byte has a slot of its own.
INLINE uint table_bits(uint count, const uint width) {
  uint bits = 5;
  if (width == 1) return 8;
  while (bits < TABLE_BITS && count * count > 1u << (bits + 1)) bits++;
  return bits;
}

INLINE uint slot_of(wave_word word, ulong multiplier, uint bits, const uint width) {
  return width == 1 ? (uint)word.low : hash_word(word, multiplier, bits);
}

// Puts words 0 ..< count in the table. Gives the number of words that found place: all of them, unless `reach` is null
// and two meet.
INLINE uint table_fill(LOCAL uchar *table, GLOBAL const uchar *dictionary, uint count, const uint width,
                       ulong multiplier, uint bits, uint *reach) {
  const uint mask = (1u << bits) - 1;
  const uint home = slot_of(load_word(dictionary, width), multiplier, bits, width);
  for (uint k = 1; k < count; k++) {  // word 0's index is what an empty slot holds
    uint slot = slot_of(load_word(dictionary + k * width, width), multiplier, bits, width), steps = 0;
    while (slot == home || table[slot] != 0) {
      if (reach == 0) return k;
      slot = (slot + 1) & mask;
      steps++;
    }
    if (reach != 0 && steps > *reach) *reach = steps;
    table[slot] = (uchar)k;
  }
  return count;
}

// Builds the table; one item of the team does, the others get its choice through `shared` (2 words).
INLINE palette_table build_table(LOCAL uchar *table, LOCAL ulong *shared, GLOBAL const uchar *dictionary, uint count,
                                 const uint width, uint item) {
  palette_table chosen;
  chosen.bits = table_bits(count, width);
  if (item == 0) {
    ulong multiplier = HASH_MULTIPLIER;
    uint reach = 0, placed = 0;
    for (uint k = 0; k < 1u << chosen.bits; k++) table[k] = 0;
    for (uint attempt = 0; attempt < 24; attempt++) {
      placed = table_fill(table, dictionary, count, width, multiplier, chosen.bits, 0);
      if (placed == count) break;
      for (uint k = 1; k < placed; k++)
        table[slot_of(load_word(dictionary + k * width, width), multiplier, chosen.bits, width)] = 0;
      multiplier = (multiplier * 6364136223846793005ul + 1442695040888963407ul) | 1;
    }
    if (placed < count) {
      reach = 1;
      table_fill(table, dictionary, count, width, multiplier, chosen.bits, &reach);
    }
    shared[0] = multiplier;
    shared[1] = reach;
  }
  BARRIER();
  chosen.multiplier = shared[0];
  chosen.reach = (uint)shared[1];
  return chosen;
}

// The index of a word; 0 for one that the dictionary does not have.
INLINE uint find_index(wave_word word, palette_table chosen, LOCAL const uchar *table, GLOBAL const uchar *dictionary,
                       const uint width) {
  const uint slot = slot_of(word, chosen.multiplier, chosen.bits, width);
  if (width == 1 || chosen.reach == 0) return table[slot];
  for (uint step = 0; step <= chosen.reach; step++) {
    const uint index = table[(slot + step) & ((1u << chosen.bits) - 1)];
    if (same_word(word, load_word(dictionary + index * width, width))) return index;
  }
  return 0;
}

// A pattern of `bits` ones every `period` bits.
INLINE ulong comb(uint bits, uint period) {
  const ulong teeth = bits >= 64 ? ~0ul : (1ul << bits) - 1;
  return teeth * (period == 8 ? 0x0101010101010101ul : period == 16 ? 0x0001000100010001ul
                  : period == 32 ? 0x0000000100000001ul : 1ul);
}

// Eight bytes to eight fields of `bits` bits, and back.
INLINE ulong squeeze(ulong x, uint bits) {
  const uint gap = 8 - bits;
  x = (x | x >> gap) & comb(2 * bits, 16);
  x = (x | x >> 2 * gap) & comb(4 * bits, 32);
  return (x | x >> 4 * gap) & comb(8 * bits, 64);
}

INLINE ulong spread(ulong x, uint bits) {
  const uint gap = 8 - bits;
  x = (x | x << 4 * gap) & comb(4 * bits, 32);
  x = (x | x << 2 * gap) & comb(2 * bits, 16);
  return (x | x << gap) & comb(bits, 8);
}

// The bytes of x that are `count` (1 ... 256) or more become 0.
INLINE ulong known_indices(ulong x, uint count) {
  const ulong ones = 0x0101010101010101ul, tops = 0x80 * ones;
  if (count == 256) return x;
  const ulong low = (x & ~tops) + (0x80 - (count & 0x7F)) * ones;  // top bit: the low 7 bits are as large
  const ulong over = ((count < 128 ? x | low : x & low) & tops) >> 7;
  return x & ~((over << 8) - over);
}

// The indices of `count` (1 or 8, to be unrolled) words, a byte each.
INLINE ulong find_indices(GLOBAL const uchar *words, ulong step, const uint count, palette_table chosen,
                          LOCAL const uchar *table, GLOBAL const uchar *dictionary, const uint width) {
  ulong indices = 0;
#pragma unroll
  for (uint k = 0; k < count; k++)
    indices |= (ulong)find_index(load_word(words + k * step, width), chosen, table, dictionary, width) << 8 * k;
  return indices;
}

// The words of `count` (1 or 8) indices.
INLINE void store_indices(GLOBAL uchar *words, ulong step, const uint count, ulong indices,
                          GLOBAL const uchar *dictionary, const uint width) {
#pragma unroll
  for (uint k = 0; k < count; k++)
    store_word(words + k * step, load_word(dictionary + (uint)(indices >> 8 * k & 0xFF) * width, width), width);
}

INLINE void palette_encode(GLOBAL const uchar *chunk, GLOBAL uchar *stream, wave_task task,
                           GLOBAL const uchar *dictionary, LOCAL uchar *table, LOCAL ulong *shared, const uint width,
                           uint item) {
  const ulong step = (ulong)width * task.stride;
  const uint bits = task.indexBits, whole = task.words & ~7u, rest = task.words & 7u;
  const palette_table chosen = build_table(table, shared, dictionary, task.count, width, item);
  for (uint first = item * 8; first < whole; first += TEAM * 8) {
    GLOBAL uchar *target = stream + first / 8 * bits;
    ulong indices = find_indices(chunk + first * step, step, 8, chosen, table, dictionary, width);
    indices = squeeze(indices, bits);
    if (bits == 8) store8(target, indices);
    else if (bits == 4) store4(target, (uint)indices);
    else if (bits == 2) store2(target, (ushort)indices);
    else target[0] = (uchar)indices;
  }
  if (item == 0 && rest > 0) {
    ulong indices = 0;
    for (uint k = 0; k < rest; k++)
      indices |= find_indices(chunk + (whole + k) * step, step, 1, chosen, table, dictionary, width) << 8 * k;
    indices = squeeze(indices, bits);
    for (uint k = 0; k < (rest * bits + 7) / 8; k++) stream[whole / 8 * bits + k] = (uchar)(indices >> 8 * k);
  }
}

INLINE void palette_decode(GLOBAL const uchar *stream, GLOBAL uchar *chunk, wave_task task,
                           GLOBAL const uchar *dictionary, const uint width, uint item) {
  const ulong step = (ulong)width * task.stride;
  const uint bits = task.indexBits, whole = task.words & ~7u, rest = task.words & 7u;
  for (uint first = item * 8; first < whole; first += TEAM * 8) {
    GLOBAL const uchar *source = stream + first / 8 * bits;
    const ulong packed =
        bits == 8 ? load8(source) : bits == 4 ? load4(source) : bits == 2 ? load2(source) : source[0];
    const ulong indices = known_indices(spread(packed, bits), task.count);
    store_indices(chunk + first * step, step, 8, indices, dictionary, width);
  }
  if (item == 0 && rest > 0) {
    ulong packed = 0;
    for (uint k = 0; k < (rest * bits + 7) / 8; k++) packed |= (ulong)stream[whole / 8 * bits + k] << 8 * k;
    const ulong indices = known_indices(spread(packed, bits), task.count);
    for (uint k = 0; k < rest; k++)
      store_indices(chunk + (whole + k) * step, step, 1, indices >> 8 * k, dictionary, width);
  }
}
