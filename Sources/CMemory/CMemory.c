#include "CMemory.h"

#include <malloc.h>

void cmemory_trim(void) { malloc_trim(0); }

void cmemory_give_back_early(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
}
