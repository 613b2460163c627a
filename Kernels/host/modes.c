// The floating-point modes of the calling thread. The functions stand in a file of their own, so that no arithmetic of their
// callers is moved over them.
#include "../include/CWaveKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Rounding to nearest even, subnormal numbers, every exception masked.
#define DEFAULT_MODES 0x1F80u

static uint64_t modes(void) { return _mm_getcsr(); }
void wave_modes_restore(uint64_t value) { _mm_setcsr((unsigned int)value); }
#elif defined(__aarch64__)
#define DEFAULT_MODES 0u

static uint64_t modes(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value)::"memory");
  return value;
}
void wave_modes_restore(uint64_t value) { __asm__ volatile("msr fpcr, %0" ::"r"(value) : "memory"); }
#else
#error "say how this processor's floating-point modes are set"
#endif

uint64_t wave_modes_default(void) {
  const uint64_t before = modes();
  wave_modes_restore(DEFAULT_MODES);
  return before;
}
