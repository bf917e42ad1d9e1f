#include "CZlib.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

// deflateInit2 is a macro, which Swift does not see; and windowBits + 16 asks for the gzip wrapper.
static const int gzip_window = 15 + 16;

size_t czlib_gzip_bound(size_t count) {
    // compressBound, and what the header and trailer of gzip have beyond those of zlib.
    return compressBound(count) + 18;
}

size_t czlib_gzip(const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, int level) {
    if (count > UINT_MAX || capacity > UINT_MAX) return 0;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)count;
    stream.next_out = output;
    stream.avail_out = (uInt)capacity;
    int result = deflate(&stream, Z_FINISH);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
