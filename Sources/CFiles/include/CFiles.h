#ifndef CALLCENTERD_CFILES_H
#define CALLCENTERD_CFILES_H

#include <stdint.h>

/// What there is to know of a file (stat(2)).
struct cfiles_facts {
    /// Its kind and permissions, as st_mode has them.
    uint32_t mode;
    uint32_t owner;
    uint64_t device;
    uint64_t inode;
};

/// Of the file at this path; a symbolic link is not followed. Returns 0, or the error number.
int cfiles_facts_of_path(const char *path, struct cfiles_facts *facts);

/// Of an open file. Returns 0, or the error number.
int cfiles_facts_of_descriptor(int descriptor, struct cfiles_facts *facts);

#endif
