#ifndef CALLCENTERD_CMEMORY_H
#define CALLCENTERD_CMEMORY_H

/// Gives all memory that is free back to the system now, for those who measure: jemalloc does it by itself some seconds later.
void cmemory_trim(void);

#endif
