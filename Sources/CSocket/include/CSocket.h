// What Swift's Glibc module cannot show: sendmmsg(2) hides behind _GNU_SOURCE, filters of sockets are made of macros. No system header here, whose
// declarations would then shadow those of Glibc.
#pragma once

#include <stdint.h>

/// One datagram that waits to be sent: a part of a common buffer, and where it goes.
typedef struct {
    uint32_t offset;
    uint32_t length;
    /// The IPv6 address in host order, an IPv4 address in its mapped form.
    uint64_t address_high;
    uint64_t address_low;
    uint16_t port;
} cc_datagram;

/// Hands up to 64 datagrams to the kernel in one call, without blocking.
///
/// Returns how many of them were taken, from the first on, or the negative errno with which the first was refused.
int cc_send(int descriptor, const uint8_t *_Nonnull bytes, const cc_datagram *_Nonnull datagrams, unsigned count);

/// Lets the kernel throw away whatever arrives, without waking anybody (a socket filter that takes nothing, BPF).
///
/// Returns 0, or the negative errno with which that was refused.
int cc_discard(int descriptor);
