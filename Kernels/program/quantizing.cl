// The entry points of the quantizers' program. A work-group is a team: one chunk.

TEAMWORK void wave_quantize(global const uchar *source, global const wave_quantization *tasks, uint count,
                            global uchar *codes, global uchar *restored, global uchar *flags, global uchar *results) {
  local ulong shared[3 * TEAM];
  const uint index = (uint)get_group_id(0), item = (uint)get_local_id(0);
  tally total = {0, 0, 0};
  if (index < count) {
    quantize_chunk(source, tasks[index], codes, restored, flags, &total, item);
    store_tally(results + (ulong)index * WAVE_QUANTIZED_BYTES, total, shared, item);
  }
}

TEAMWORK void wave_dequantize(global const uchar *codes, global const wave_quantization *tasks, uint count,
                              global uchar *restored) {
  const uint index = (uint)get_group_id(0);
  if (index < count) dequantize_chunk(codes, tasks[index], restored, (uint)get_local_id(0));
}
