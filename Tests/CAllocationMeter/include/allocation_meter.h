#pragma once
#include <stdbool.h>
#include <stddef.h>

// Measures what the calling thread holds of the heap at most, by standing in for malloc and its like.

/// False where something else stands in for malloc (a sanitizer), or the C library is not glibc.
bool meter_works(void);

/// Begins to count on this thread, from zero.
void meter_begin(void);

/// Stops, and gives the most bytes that were held at one time beside those held at the beginning.
size_t meter_end(void);
