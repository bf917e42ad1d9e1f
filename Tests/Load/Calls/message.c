#define _GNU_SOURCE
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool text_is(struct text text, const char *other) {
    return strlen(other) == text.length && memcmp(text.start, other, text.length) == 0;
}

static struct text word(const char **at, const char *end) {
    const char *start = *at;
    while (*at < end && **at != ' ') (*at)++;
    struct text result = {start, (size_t)(*at - start)};
    if (*at < end) (*at)++;
    return result;
}

static bool named(struct text name, const char *full, const char *compact) {
    return (name.length == strlen(full) && strncasecmp(name.start, full, name.length) == 0) ||
           (compact && name.length == 1 && strncasecmp(name.start, compact, 1) == 0);
}

bool message_read(struct message *message, const char *bytes, size_t length) {
    memset(message, 0, sizeof *message);
    const char *end = bytes + length, *at = bytes;
    const char *line_end = memmem(at, length, "\r\n", 2);
    if (!line_end) return false;
    struct text first = word(&at, line_end);
    if (first.length == 7 && memcmp(first.start, "SIP/2.0", 7) == 0) {
        message->status = atoi(at);
        if (message->status < 100) return false;
    } else {
        message->method = first;
        message->uri = word(&at, line_end);
    }
    for (at = line_end + 2; at < end; at = line_end + 2) {
        line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!line_end) return false;
        if (line_end == at) {
            message->has_body = line_end + 2 < end;
            message->refuses_media = message->has_body && memmem(line_end, (size_t)(end - line_end), "m=audio 0 ", 10);
            break;
        }
        const char *colon = memchr(at, ':', (size_t)(line_end - at));
        if (!colon) continue;
        struct text name = {at, (size_t)(colon - at)};
        const char *value = colon + 1;
        while (value < line_end && *value == ' ') value++;
        struct text rest = {value, (size_t)(line_end - value)};
        if (named(name, "Via", "v")) {
            if (message->via_count < 16) message->vias[message->via_count++] = (struct text){at, (size_t)(line_end + 2 - at)};
        } else if (named(name, "From", "f")) {
            message->from = rest;
        } else if (named(name, "To", "t")) {
            message->to = rest;
        } else if (named(name, "Call-ID", "i")) {
            message->call_id = rest;
        } else if (named(name, "Contact", "m")) {
            message->contact = rest;
        } else if (named(name, "CSeq", NULL)) {
            message->sequence = (unsigned)strtoul(value, NULL, 10);
            const char *space = memchr(value, ' ', rest.length);
            if (message->status && space) message->method = (struct text){space + 1, (size_t)(line_end - space - 1)};
        }
    }
    return message->via_count && message->from.length && message->to.length && message->call_id.length;
}

struct text uri_of(struct text value) {
    const char *open = memchr(value.start, '<', value.length);
    if (open) {
        const char *close = memchr(open, '>', value.length - (size_t)(open - value.start));
        if (close) return (struct text){open + 1, (size_t)(close - open - 1)};
    }
    const char *semicolon = memchr(value.start, ';', value.length);
    return semicolon ? (struct text){value.start, (size_t)(semicolon - value.start)} : value;
}

struct text user_of(struct text uri) {
    const char *colon = memchr(uri.start, ':', uri.length);
    if (!colon) return (struct text){uri.start, 0};
    const char *start = colon + 1, *at = memchr(start, '@', uri.length - (size_t)(start - uri.start));
    return (struct text){start, at ? (size_t)(at - start) : 0};
}
