// The entry points. A work-group is a team: one span, task or survey. Launched as wave_kernel_shape() says.

#define GROUPS_PER_SPAN (WAVE_LEAVES_PER_CHUNK / LANES)

#if LANES == 1
#define LEAVES_LOCAL 64
#else
#define LEAVES_LOCAL (256 / LANES)
#endif

kernel __attribute__((reqd_work_group_size(LEAVES_LOCAL, 1, 1))) void wave_checksum_leaves(
    global const uchar *source, global const wave_span *spans, uint count, global uint *leaves) {
  const uint index = (uint)get_global_id(0);
  const uint span = index / GROUPS_PER_SPAN;
  if (span >= count) return;
  checksum_leaves(source, spans[span], index % GROUPS_PER_SPAN * LANES, (global uchar *)(leaves + (ulong)span * 2048));
}

TEAMWORK void wave_checksum_tree(global const uchar *source, global const wave_span *spans, uint count,
                                 global uint *leaves, global uchar *digests, global uchar *blocks) {
  const uint span = (uint)get_group_id(0);
  if (span < count)
    checksum_tree(source, spans[span], (global uchar *)(leaves + (ulong)span * 2048), digests + (ulong)span * 64,
                  blocks + (ulong)span * 2048, (uint)get_local_id(0));
}

TEAMWORK void wave_encode(global const uchar *chunks, global const wave_task *tasks, uint count,
                          global const uchar *dictionaries, global uchar *streams) {
  local uchar table[TABLE_SLOTS];
  local ulong totals[SCAN_WORDS];
  const uint index = (uint)get_group_id(0);
  if (index < count)
    encode_task(chunks, tasks[index], dictionaries, streams, table, totals, (uint)get_local_id(0));
}

TEAMWORK void wave_decode(global const uchar *streams, global const wave_task *tasks, uint count,
                          global const uchar *dictionaries, global uchar *chunks) {
  local ulong totals[SCAN_WORDS];
  const uint index = (uint)get_group_id(0);
  if (index < count) decode_task(streams, tasks[index], dictionaries, chunks, totals, (uint)get_local_id(0));
}

TEAMWORK void wave_survey_palettes(global const uchar *chunks, global const wave_survey *surveys, uint count,
                                   global uchar *palettes) {
  local uint slots[SURVEY_SLOTS], found;
  local ulong keys[512];
  const uint index = (uint)get_group_id(0);
  if (index < count)
    survey_task(chunks, surveys[index], slots, &found, keys, palettes + (ulong)index * WAVE_PALETTE_BYTES,
                (uint)get_local_id(0));
}

TEAMWORK void wave_combine(global const uchar *left, global const uchar *right, global const wave_combination *tasks,
                           uint count, global uchar *target) {
  const uint index = (uint)get_group_id(0);
  if (index < count) combine_task(left, right, tasks[index], target, (uint)get_local_id(0));
}

TEAMWORK void wave_move(global const uchar *source, global const wave_run *runs, uint count, global uchar *target) {
  const uint index = (uint)get_group_id(0);
  if (index < count) move_run(source, runs[index], target, (uint)get_local_id(0));
}

TEAMWORK void wave_compare(global const uchar *left, global const uchar *right, global const wave_comparison *pairs,
                           uint count, global uchar *masks) {
  local ulong found[TEAM];
  const uint index = (uint)get_group_id(0);
  if (index < count)
    compare_blocks(left, right, pairs[index], masks + (ulong)index * 8, found, (uint)get_local_id(0));
}
