#ifndef CALLCENTERD_CZLIB_H
#define CALLCENTERD_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Room that `czlib_gzip` needs for so many bytes, whatever they are.
size_t czlib_gzip_bound(size_t count);

/// Compresses bytes into one gzip member (RFC 1952).
///
/// level: 1 (fastest) to 9 (smallest).
/// Returns the bytes written, 0 if there is no memory or no room.
size_t czlib_gzip(const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, int level);

#endif
