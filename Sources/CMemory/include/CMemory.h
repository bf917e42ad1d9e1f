#ifndef CALLCENTERD_CMEMORY_H
#define CALLCENTERD_CMEMORY_H

/// Gives memory that was freed back to the system (malloc_trim(3), which Swift's Glibc module does not show): malloc keeps what lies
/// below anything that is still in use. Takes some milliseconds for each hundred megabytes.
void cmemory_trim(void);

#endif
