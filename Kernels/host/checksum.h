// The host's checksum: leaves and parents of several spans share the lanes, so that many small spans fill them too.

// Spans hashed together: as many as have 256 leaves between them.
#define BATCH_LEAVES WAVE_LEAVES_PER_CHUNK

// Leaves waiting for a full set of lanes, and where their values go.
typedef struct {
  blake3_jobs jobs;
  ulong target[LANES];
  uint count;
} leaf_queue;

// Parents likewise: children and target as bytes into the batch's values.
typedef struct {
  ulong left[LANES];
  ulong right[LANES];
  ulong target[LANES];
  uint flags[LANES];
  uint count;
} parent_queue;

INLINE void leaf_flush(leaf_queue *queue, const uchar *source, uchar *values) {
  lanes cv[8];
  if (queue->count == 0) return;
  for (uint l = queue->count; l < LANES; l++) {  // idle lanes repeat the last job
    const uint last = queue->count - 1;
    queue->jobs.offset[l] = queue->jobs.offset[last];
    queue->jobs.counter[l] = queue->jobs.counter[last];
    queue->jobs.length[l] = queue->jobs.length[last];
    queue->jobs.last[l] = queue->jobs.last[last];
    queue->target[l] = queue->target[last];
  }
  blake3_leaves(cv, source, &queue->jobs);
  blake3_store(cv, values, queue->target);
  queue->count = 0;
}

INLINE void parent_flush(parent_queue *queue, uchar *values) {
  lanes cv[8];
  if (queue->count == 0) return;
  for (uint l = queue->count; l < LANES; l++) {
    const uint last = queue->count - 1;
    queue->left[l] = queue->left[last];
    queue->right[l] = queue->right[last];
    queue->target[l] = queue->target[last];
    queue->flags[l] = queue->flags[last];
  }
  blake3_parents(cv, values, queue->left, queue->right, lanes_from(queue->flags));
  blake3_store(cv, values, queue->target);
  queue->count = 0;
}

// Not inlined: one copy of the wide code each.
static __attribute__((noinline)) void run_leaves(leaf_queue *queue, const uchar *source, uchar *values) {
  leaf_flush(queue, source, values);
}

static __attribute__((noinline)) void run_parents(parent_queue *queue, uchar *values) { parent_flush(queue, values); }

INLINE bool is_rooted(const wave_span *span) { return (span->flags & WAVE_SPAN_ROOT) != 0; }

// The values of blocks, while they stand where their first leaves stood.
static void copy_blocks(const wave_span *spans, uint count, const uchar *values, wave_block_values *blocks) {
  if (blocks == NULL) return;
  for (uint s = 0, slot = 0; s < count; s++) {
    const uint leafCount = leaf_count(spans[s].length);
    for (uint k = 0; k < leafCount; k += LEAVES_PER_BLOCK)
      memcpy(blocks[s].cv[k / LEAVES_PER_BLOCK], values + 32 * (slot + k), 32);
    slot += leafCount;
  }
}

// Spans that have at most BATCH_LEAVES leaves between them. `values`: a slot of 32 bytes for each leaf, then one for
// each span's root.
static void checksum_batch(const uchar *source, const wave_span *spans, uint count, wave_digest *digests,
                           wave_block_values *blocks) {
  uchar values[2 * BATCH_LEAVES * 32];
  leaf_queue whole = {.count = 0}, ragged = {.count = 0};
  parent_queue parents = {.count = 0};
  uint tallest = 0, slot = 0;
  for (uint s = 0; s < count; s++) {
    const uint leafCount = leaf_count(spans[s].length);
    const bool single = leafCount == 1 && is_rooted(&spans[s]);
    for (uint k = 0; k < leafCount + single; k++) {
      const bool root = k == leafCount, isLast = k + 1 >= leafCount;
      // A short leaf would slow down the whole ones beside it.
      leaf_queue *queue = isLast && spans[s].length != leafCount * WAVE_LEAF_BYTES ? &ragged : &whole;
      leaf_job(&queue->jobs, queue->count, spans[s], root ? 0 : k, root ? BLAKE3_ROOT : 0);
      queue->target[queue->count] = 32ul * (root ? BATCH_LEAVES + s : slot + k);
      if (++queue->count == LANES) run_leaves(queue, source, values);
    }
    tallest = leafCount > tallest ? leafCount : tallest;
    slot += leafCount;
  }
  run_leaves(&whole, source, values);
  run_leaves(&ragged, source, values);

  for (uint stride = 1; stride < tallest; stride *= 2) {
    if (stride == LEAVES_PER_BLOCK) copy_blocks(spans, count, values, blocks);
    slot = 0;
    for (uint s = 0; s < count; s++) {
      const uint leafCount = leaf_count(spans[s].length);
      const bool top = stride < leafCount && 2 * stride >= leafCount;
      for (uint k = 0; k + stride < leafCount; k += 2 * stride) {
        // The topmost parent's ROOT variant goes first: in one flush or two, it reads before the other writes.
        for (uint plain = top && is_rooted(&spans[s]) ? 0 : 1; plain < 2; plain++) {
          const uint l = parents.count++;
          parents.left[l] = 32ul * (slot + k);
          parents.right[l] = 32ul * (slot + k + stride);
          parents.target[l] = 32ul * (plain ? slot + k : BATCH_LEAVES + s);
          parents.flags[l] = plain ? 0 : BLAKE3_ROOT;
          if (parents.count == LANES) run_parents(&parents, values);
        }
      }
      slot += leafCount;
    }
    run_parents(&parents, values);
  }
  if (tallest <= LEAVES_PER_BLOCK) copy_blocks(spans, count, values, blocks);

  slot = 0;
  for (uint s = 0; s < count; s++) {
    memcpy(digests[s].cv, values + 32 * slot, 32);
    if (is_rooted(&spans[s])) memcpy(digests[s].root, values + 32 * (BATCH_LEAVES + s), 32);
    else memset(digests[s].root, 0, 32);
    slot += leaf_count(spans[s].length);
  }
}

static void checksum(const uint8_t *source, const wave_span *spans, size_t count, wave_digest *digests,
                     wave_block_values *blocks) {
  for (size_t first = 0; first < count;) {
    uint leaves = 0, taken = 0;
    while (first + taken < count) {
      const uint more = leaf_count(spans[first + taken].length);
      if (taken > 0 && leaves + more > BATCH_LEAVES) break;
      leaves += more;
      taken++;
    }
    checksum_batch(source, spans + first, taken, digests + first, blocks == NULL ? NULL : blocks + first);
    first += taken;
  }
}
