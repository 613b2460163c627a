// The host kernels for AVX2.
#if defined(__x86_64__)
#define LANES 8
#define WAVE_ISA wave_host_avx2
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#include "isa.h"
#pragma clang attribute pop
#endif
