// SIP messages as the load generator needs them: read by line, written by printf. It shares no code with callcenterd, and
// takes no more care of strange messages than one who speaks to a server of his own must.
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

// A part of a message; not terminated by a zero.
struct text {
    const char *start;
    size_t length;
};

#define TEXT(t) (int)(t).length, (t).start

struct message {
    // 0: a request.
    int status;
    // Of a request its own, of a response that in CSeq.
    struct text method;
    struct text uri;
    // All Via lines as they came, line ends included.
    struct text vias[16];
    int via_count;
    struct text from, to, call_id, contact;
    unsigned sequence;
    bool has_body;
    // A session description that refuses its first media line.
    bool refuses_media;
};

// Reads a datagram. false: that is no SIP message, or one without what every message has.
bool message_read(struct message *message, const char *bytes, size_t length);

// The URI of a From, To or Contact value, without angle brackets and parameters of the header.
struct text uri_of(struct text value);

// The user part of a SIP URI.
struct text user_of(struct text uri);

bool text_is(struct text text, const char *other);
