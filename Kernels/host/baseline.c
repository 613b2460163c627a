// The host kernels for the target's baseline: SSE2 on x86-64, NEON on arm64.
#define LANES 4
#define WAVE_ISA wave_host_baseline
#include "isa.h"
