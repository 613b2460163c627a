// The OpenCL programs and their launches.
#include "../include/CWaveKernels.h"

static const char source[] = {
#embed "../program/prelude.cl" suffix(, )
#embed "../program/lanes.cl" suffix(, )
#embed "../program/blake3.cl" suffix(, )
#embed "../program/checksum.cl" suffix(, )
#embed "../program/planes.cl" suffix(, )
#embed "../program/difference.cl" suffix(, )
#embed "../program/words.cl" suffix(, )
#embed "../program/palette.cl" suffix(, )
#embed "../program/coding.cl" suffix(, )
#embed "../program/survey.cl" suffix(, )
#embed "../program/delta.cl" suffix(, )
#embed "../program/kernels.cl" suffix(, )
    0,
};

const char *const wave_opencl_source = source;

static const char quantizer_source[] = {
#embed "../program/prelude.cl" suffix(, )
#embed "../program/lanes.cl" suffix(, )
#embed "../program/reals.cl" suffix(, )
#embed "../program/single.cl" suffix(, )
#embed "../program/quantize.cl" suffix(, )
#embed "../program/phase.cl" suffix(, )
#embed "../program/double.cl" suffix(, )
#embed "../program/quantize.cl" suffix(, )
#embed "../program/phase.cl" suffix(, )
#embed "../program/quantizers.cl" suffix(, )
#embed "../program/quantizing.cl" suffix(, )
    0,
};

const char *const wave_opencl_quantizer_source = quantizer_source;

static const char *const names[WAVE_KERNEL_DEQUANTIZE + 1] = {
    [WAVE_KERNEL_CHECKSUM_LEAVES] = "wave_checksum_leaves",
    [WAVE_KERNEL_CHECKSUM_TREE] = "wave_checksum_tree",
    [WAVE_KERNEL_ENCODE] = "wave_encode",
    [WAVE_KERNEL_DECODE] = "wave_decode",
    [WAVE_KERNEL_SURVEY] = "wave_survey_palettes",
    [WAVE_KERNEL_COMBINE] = "wave_combine",
    [WAVE_KERNEL_MOVE] = "wave_move",
    [WAVE_KERNEL_COMPARE] = "wave_compare",
    [WAVE_KERNEL_QUANTIZE] = "wave_quantize",
    [WAVE_KERNEL_DEQUANTIZE] = "wave_dequantize",
};

// As TEAM (prelude.cl) and LEAVES_LOCAL (kernels.cl).
wave_shape wave_kernel_shape(int kernel, size_t count, int lanes) {
  wave_shape shape = {0};
  if (kernel < 0 || kernel > WAVE_KERNEL_DEQUANTIZE || lanes < 1 || lanes > 16) return shape;
  const size_t team = lanes == 1 ? 64 : 1, groups = WAVE_LEAVES_PER_CHUNK / (size_t)lanes;
  const int isLeaves = kernel == WAVE_KERNEL_CHECKSUM_LEAVES;
  shape.name = names[kernel];
  shape.local = isLeaves && lanes != 1 ? groups : team;
  shape.global = isLeaves ? count * groups : count * team;
  return shape;
}
