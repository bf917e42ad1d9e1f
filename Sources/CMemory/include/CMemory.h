#ifndef CALLCENTERD_CMEMORY_H
#define CALLCENTERD_CMEMORY_H

/// Gives memory that was freed back to the system (malloc_trim(3), which Swift's Glibc module does not show): malloc keeps what lies
/// below anything that is still in use. Takes some milliseconds for each hundred megabytes.
void cmemory_trim(void);

/// Has blocks of a megabyte or more mapped by themselves, and the free end of a heap given back once it has as much (mallopt(3)). By
/// itself malloc raises both bounds to what it has seen freed, up to 32 and 64 MiB; and what is free at the end of a thread's heap
/// `cmemory_trim` does not reach.
void cmemory_give_back_early(void);

#endif
