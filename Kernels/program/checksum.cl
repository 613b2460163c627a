// A span's subtree, in two steps: the chaining values of its leaves, then its parents up to one value.
//
// Node i of level k stands in slot i << k of the span's 256 slots of 32 bytes, so that a parent replaces its left child
// and an odd last node is carried up where it stands.

INLINE uint leaf_count(uint length) {
  return length == 0 ? 1u : (length + WAVE_LEAF_BYTES - 1) / WAVE_LEAF_BYTES;
}

// The leaf `leaf` of a span as lane l of the jobs.
INLINE void leaf_job(blake3_jobs *jobs, uint l, wave_span span, uint leaf, uint last) {
  const uint at = leaf * WAVE_LEAF_BYTES;
  jobs->offset[l] = span.offset + at;
  jobs->counter[l] = span.firstLeaf + leaf;
  jobs->length[l] = min(span.length - at, WAVE_LEAF_BYTES);
  jobs->last[l] = last;
}

// The leaves first ..< first + LANES of a span, as far as it has them.
INLINE void checksum_leaves(GLOBAL const uchar *source, wave_span span, uint first, GLOBAL uchar *slots) {
  blake3_jobs jobs;
  ulong row[LANES];
  lanes cv[8];
  const uint count = leaf_count(span.length);
  if (first >= count) return;
  for (uint l = 0; l < LANES; l++) {
    const uint leaf = min(first + l, count - 1);  // lanes past the last repeat it
    leaf_job(&jobs, l, span, leaf, 0);
    row[l] = 32ul * leaf;
  }
  blake3_leaves(cv, source, &jobs);
  blake3_store(cv, slots, row);
}

INLINE void copy_value(GLOBAL uchar *target, GLOBAL const uchar *source) {
  store16(target, load16(source));
  store16(target + 16, load16(source + 16));
}

// Nodes of four leaves are blocks; their values also go to `blocks`, 32 bytes each.
#define LEAVES_PER_BLOCK (WAVE_BLOCK_BYTES / WAVE_LEAF_BYTES)

// One level of the tree: parents of the nodes that stand `stride` slots apart.
INLINE void checksum_level(uint count, uint stride, GLOBAL uchar *slots, GLOBAL uchar *root, GLOBAL uchar *blocks,
                           uint item) {
  const uint parents = (count - stride + 2 * stride - 1) / (2 * stride);
  for (uint first = item * LANES; first < parents; first += TEAM * LANES) {
    ulong left[LANES], right[LANES], rootRow[LANES];
    for (uint l = 0; l < LANES; l++) {
      left[l] = 64ul * stride * min(first + l, parents - 1);
      right[l] = left[l] + 32ul * stride;
      rootRow[l] = 0;
    }
    // The topmost parent once more with ROOT, where the span is a whole input.
    for (int rooted = root != 0 && parents == 1 ? 1 : 0; rooted >= 0; rooted--) {
      lanes cv[8];
      blake3_parents(cv, slots, left, right, rooted ? (lanes)BLAKE3_ROOT : (lanes)0u);
      blake3_store(cv, rooted ? root : slots, rooted ? rootRow : left);
    }
    if (2 * stride != LEAVES_PER_BLOCK) continue;
    for (uint l = 0; l < LANES && first + l < parents; l++)
      copy_value(blocks + 32ul * (first + l), slots + left[l]);
  }
}

// The digest of a span whose leaves' values stand in `slots`, and the values of its blocks.
INLINE void checksum_tree(GLOBAL const uchar *source, wave_span span, GLOBAL uchar *slots, GLOBAL uchar *digest,
                          GLOBAL uchar *blocks, uint item) {
  const uint count = leaf_count(span.length), last = (count - 1) / LEAVES_PER_BLOCK * LEAVES_PER_BLOCK;
  const bool rooted = (span.flags & WAVE_SPAN_ROOT) != 0;
  if (item == 0 && rooted && count == 1) {
    blake3_jobs jobs;
    ulong row[LANES];
    lanes cv[8];
    for (uint l = 0; l < LANES; l++) {
      leaf_job(&jobs, l, span, 0, BLAKE3_ROOT);
      row[l] = 32;
    }
    blake3_leaves(cv, source, &jobs);
    blake3_store(cv, digest, row);
  }
  if (item == 0 && !rooted) {
    store16(digest + 32, (uint4)0u);
    store16(digest + 48, (uint4)0u);
  }
  for (uint stride = 1; stride < count; stride *= 2) {
    checksum_level(count, stride, slots, rooted ? digest + 32 : (GLOBAL uchar *)0, blocks, item);
    // A last block of one or two leaves is no parent of this level, but carried over it.
    if (item == 0 && 2 * stride == LEAVES_PER_BLOCK && last + stride >= count)
      copy_value(blocks + 32ul * (last / LEAVES_PER_BLOCK), slots + 32ul * last);
    BARRIER();
  }
  if (item == 0 && count <= LEAVES_PER_BLOCK / 2) copy_value(blocks, slots);
  if (item == 0) copy_value(digest, slots);
}
