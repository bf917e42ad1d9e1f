#include "CMemory.h"

#include <jemalloc/jemalloc.h>
#include <stddef.h>

// Why jemalloc: libc's malloc keeps what lies below anything that is still in use, so that after a rush megabytes stay in pieces.
//
// It reads this before main. Pages that nobody uses go back to the system within some seconds, by a thread of its own; and the few
// threads of a daemon share four arenas, in place of four for each core.
const char *malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:5000,muzzy_decay_ms:0";

void cmemory_trim(void) {
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    // Of all arenas: MALLCTL_ARENAS_ALL.
    mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
}
