// lstat(2) is POSIX, which strict C leaves out.
#define _POSIX_C_SOURCE 200809L

#include "CFiles.h"

#include <errno.h>
#include <sys/stat.h>

static int facts_of(int result, const struct stat *status, struct cfiles_facts *facts) {
    if (result != 0) return errno;
    facts->mode = status->st_mode;
    facts->owner = status->st_uid;
    facts->device = status->st_dev;
    facts->inode = status->st_ino;
    return 0;
}

int cfiles_facts_of_path(const char *path, struct cfiles_facts *facts) {
    struct stat status;
    return facts_of(lstat(path, &status), &status, facts);
}

int cfiles_facts_of_descriptor(int descriptor, struct cfiles_facts *facts) {
    struct stat status;
    return facts_of(fstat(descriptor, &status), &status, facts);
}
