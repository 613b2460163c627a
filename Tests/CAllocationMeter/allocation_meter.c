#include "allocation_meter.h"

#include <errno.h>
#include <malloc.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

static __thread bool is_counting;
// Signed: what was allocated before may be freed while counting.
static __thread ptrdiff_t held, most;

void meter_begin(void)
{
    held = most = 0;
    is_counting = true;
}

size_t meter_end(void)
{
    is_counting = false;
    return (size_t)most;
}

#if defined(__GLIBC__) && !defined(IS_SANITIZED)

bool meter_works(void) { return true; }

// glibc's own names of the functions that are replaced here.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static void *taken(void *memory)
{
    if (is_counting && memory) {
        held += (ptrdiff_t)malloc_usable_size(memory);
        if (held > most)
            most = held;
    }
    return memory;
}

static void given(void *memory)
{
    if (is_counting && memory)
        held -= (ptrdiff_t)malloc_usable_size(memory);
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size)
{
    size_t before = is_counting && memory ? malloc_usable_size(memory) : 0;
    void *moved = __libc_realloc(memory, size);
    if (moved || size == 0)
        held -= (ptrdiff_t)before;
    return taken(moved);
}

void free(void *memory)
{
    given(memory);
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *made = memalign(alignment, size);
    if (!made)
        return ENOMEM;
    *memory = made;
    return 0;
}

#else

bool meter_works(void) { return false; }

#endif
