#ifndef CARES_SHIM_H
#define CARES_SHIM_H

#include <stddef.h>
#include <stdint.h>

// c-ares for a thread of its own: what Swift cannot say with its headers, and nothing else.
typedef struct cc_ares cc_ares;

/// An address as 128 bits, IPv4 in its mapped form, with its time to live in seconds.
typedef struct {
    uint64_t high;
    uint64_t low;
    uint32_t ttl;
} cc_ares_address;

/// An answer: status 0 and either the DNS message, or the addresses. Any other status: nothing.
typedef void (*cc_ares_answer)(
    void *context, int status, const uint8_t *message, size_t length, const cc_ares_address *addresses, size_t count);

/// A resolver for these servers ("127.0.0.1:5353,[::1]:53"); NULL: those of /etc/resolv.conf. NULL if it cannot be had.
cc_ares *cc_ares_open(const char *servers, int timeout_ms, int tries);
void cc_ares_close(cc_ares *resolver);

/// Wakes `cc_ares_wait`. The only function for other threads.
void cc_ares_wake(cc_ares *resolver);

/// Asks for records of a type by number; the answer may come at once.
void cc_ares_query(cc_ares *resolver, const char *name, int type, cc_ares_answer answer, void *context);

/// Asks for IPv4 and IPv6 addresses, /etc/hosts included.
void cc_ares_addresses(cc_ares *resolver, const char *name, cc_ares_answer answer, void *context);

/// Works until something has happened: an answer, a time-out, a wake-up.
void cc_ares_wait(cc_ares *resolver);

#endif
