// The host kernels for AVX-512 (F, BW, DQ, VL).
#if defined(__x86_64__)
#include <immintrin.h>

#define LANES 16
#define WAVE_ISA wave_host_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi,bmi2"))), \
                             apply_to = function)
#include "isa.h"
#pragma clang attribute pop
#endif
