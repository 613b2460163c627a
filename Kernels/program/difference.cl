// Differences of neighbouring words, in x's order (planes.cl): the word before x[i] is x[i - 1], so that a difference
// needs no shuffle but in row 0. Zigzag is done on planes, where it is one XOR a plane.

// Words of 1 and 2 bytes share a vector's 32 bits: no carry crosses their tops.
INLINE lanes add_narrow(lanes a, lanes b, const uint tops) {
  return ((a & ~tops) + (b & ~tops)) ^ ((a ^ b) & tops);
}

INLINE lanes subtract_narrow(lanes a, lanes b, const uint tops) {
  return ((a | tops) - (b & ~tops)) ^ ((a ^ ~b) & tops);
}

INLINE uint tops_of(const uint width) { return width == 1 ? 0x80808080u : width == 2 ? 0x80008000u : 0x80000000u; }
INLINE uint rows_of(const uint width) { return width >= 4 ? 32u : 8 * width; }

// (low, high) += (a, b), as 64-bit words.
INLINE void add_wide(lanes *low, lanes *high, lanes a, lanes b) {
  const lanes sum = *low + a;
  *high += b + (((*low & a) | ((*low | a) & ~sum)) >> 31);
  *low = sum;
}

INLINE void subtract_wide(lanes *low, lanes *high, lanes a, lanes b) {
  const lanes rest = *low - a;
  *high -= b + (((~*low & a) | ((~*low | a) & rest)) >> 31);
  *low = rest;
}

// All ones where the word's top bit is set.
INLINE lanes sign_mask(lanes v, const uint width) {
  const lanes set = (v & tops_of(width)) >> (width >= 4 ? 31u : 8 * width - 1);
  return (width >= 4 ? (lanes)0u : set << (width >= 4 ? 0u : 8 * width)) - set;
}

// Floats as integers in the same order, and back.
INLINE void order_floats(lanes *x, const uint width) {
#pragma unroll
  for (uint i = 0; i < rows_of(width); i++) {
    const lanes sign = sign_mask(x[width == 8 ? i + 32 : i], width);
    if (width == 8) x[i + 32] ^= sign | tops_of(width);
    x[i] ^= width == 8 ? sign : sign | tops_of(width);
  }
}

INLINE void unorder_floats(lanes *x, const uint width) {
#pragma unroll
  for (uint i = 0; i < rows_of(width); i++) {
    const lanes sign = ~sign_mask(x[width == 8 ? i + 32 : i], width);
    if (width == 8) x[i + 32] ^= sign | tops_of(width);
    x[i] ^= width == 8 ? sign : sign | tops_of(width);
  }
}

// The same for one word.
INLINE ulong order_float(ulong word, const uint width) {
  const ulong top = 1ul << (8 * width - 1);
  const ulong ordered = word ^ (word & top ? ~0ul : top);
  return width == 8 ? ordered : ordered & ((1ul << (8 * width % 64)) - 1);
}

// Words to differences; `before` is the word before the group's first.
INLINE void difference(lanes *x, const uint width, ulong before) {
  const uint last = rows_of(width) - 1, tops = tops_of(width);
  lanes first, firstHigh = (lanes)0u;
  if (width == 8) {
    first = lanes_one_up(x[31], (uint)before);
    firstHigh = lanes_one_up(x[63], (uint)(before >> 32));
  } else if (width == 4) {
    first = lanes_one_up(x[31], (uint)before);
  } else {
    // Of a row's packed words, all but the first follow their neighbour in the last row.
    const uint bits = 8 * (width & 3);
    first = (x[last] << bits) | (lanes_one_up(x[last], (uint)before << (32 - bits)) >> (32 - bits));
  }
#pragma unroll
  for (uint i = last; i > 0; i--) {
    if (width == 8) subtract_wide(&x[i], &x[i + 32], x[i - 1], x[i + 31]);
    else x[i] = width == 4 ? x[i] - x[i - 1] : subtract_narrow(x[i], x[i - 1], tops);
  }
  if (width == 8) subtract_wide(&x[0], &x[32], first, firstHigh);
  else x[0] = width == 4 ? x[0] - first : subtract_narrow(x[0], first, tops);
}

// Every lane's start: the sum of all the lanes before it, in the whole team, on top of `*carry`, which becomes the sum
// past the last. `totals`: TEAM * LANES words.
INLINE void scan_team(ulong *start, const ulong *total, ulong *carry, LOCAL ulong *totals, uint item) {
  ulong sum = *carry;
  for (uint l = 0; l < LANES; l++) totals[item * LANES + l] = total[l];
  BARRIER();
  for (uint j = 0; j < TEAM * LANES; j++) {
    if (j / LANES == item) start[j % LANES] = sum;
    sum += totals[j];
  }
  BARRIER();
  *carry = sum;
}

// Differences to words; `*carry` is the word before the group's first, then its last.
INLINE void undifference(lanes *x, const uint width, ulong *carry, LOCAL ulong *totals, uint item) {
  const uint rows = rows_of(width), tops = tops_of(width), bits = 8 * width;
  uint sums[LANES], sumsHigh[LANES], starts[LANES], startsHigh[LANES];
  ulong total[LANES], start[LANES];
#pragma unroll
  for (uint i = 1; i < rows; i++) {
    if (width == 8) add_wide(&x[i], &x[i + 32], x[i - 1], x[i + 31]);
    else x[i] = width == 4 ? x[i] + x[i - 1] : add_narrow(x[i], x[i - 1], tops);
  }
  lanes_to(sums, x[rows - 1]);
  if (width == 8) lanes_to(sumsHigh, x[63]);
  for (uint l = 0; l < LANES; l++) {
    if (width == 8) total[l] = sums[l] | (ulong)sumsHigh[l] << 32;
    else if (width == 4) total[l] = sums[l];
    else if (width == 2) total[l] = (sums[l] & 0xFFFF) + (sums[l] >> 16);
    else total[l] = (sums[l] & 0xFF) + (sums[l] >> 8 & 0xFF) + (sums[l] >> 16 & 0xFF) + (sums[l] >> 24);
  }
  scan_team(start, total, carry, totals, item);
  for (uint l = 0; l < LANES; l++) {
    starts[l] = (uint)start[l];
    startsHigh[l] = (uint)(start[l] >> 32);
    if (width < 4) {
      // A row's packed words start one after the other.
      uint sum = starts[l], packed = 0;
      for (uint bit = 0; bit < 32; bit += bits) {
        packed |= (width == 2 ? sum & 0xFFFF : sum & 0xFF) << bit;
        sum += sums[l] >> bit;
      }
      starts[l] = packed;
    }
  }
  const lanes low = lanes_from(starts), high = lanes_from(startsHigh);
#pragma unroll
  for (uint i = 0; i < rows; i++) {
    if (width == 8) add_wide(&x[i], &x[i + 32], low, high);
    else x[i] = width == 4 ? x[i] + low : add_narrow(x[i], low, tops);
  }
}

// z = (d << 1) ^ (d's sign ? ~0 : 0), on planes: plane b of z is plane b - 1 of d, inverted where d is negative.
INLINE void zigzag_planes(lanes *x, const uint width) {
  const lanes sign = x[8 * width - 1];
#pragma unroll
  for (uint b = 8 * width - 1; b > 0; b--) x[b] = x[b - 1] ^ sign;
  x[0] = sign;
}

INLINE void unzigzag_planes(lanes *x, const uint width) {
  const lanes sign = x[0];
#pragma unroll
  for (uint b = 0; b < 8 * width - 1; b++) x[b] = x[b + 1] ^ sign;
  x[8 * width - 1] = sign;
}
