#ifndef CWEB_H
#define CWEB_H

#include <stddef.h>

/// A file of page/: the path under which it is served, its media type, its bytes and how many there are.
typedef struct {
    const char *_Nonnull path;
    const char *_Nonnull type;
    const char *_Nonnull bytes;
    size_t size;
} CWebFile;

/// All of them; `count` receives how many there are.
const CWebFile *_Nonnull cweb_files(size_t *_Nonnull count);

#endif
