#define _GNU_SOURCE
#include "CSocket.h"

#include <endian.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { batch = 64 };

typedef union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} name;

/// Writes the socket address of a datagram and returns its length.
static socklen_t set_name(name *name, const cc_datagram *datagram) {
    if (datagram->address_high == 0 && datagram->address_low >> 32 == 0xFFFF) {
        name->v4 = (struct sockaddr_in){
            .sin_family = AF_INET,
            .sin_port = htobe16(datagram->port),
            .sin_addr.s_addr = htobe32((uint32_t)datagram->address_low),
        };
        return sizeof name->v4;
    }
    name->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htobe16(datagram->port) };
    uint64_t words[2] = { htobe64(datagram->address_high), htobe64(datagram->address_low) };
    memcpy(&name->v6.sin6_addr, words, sizeof words);
    return sizeof name->v6;
}

int cc_discard(int descriptor) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &nothing };
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : -errno;
}

int cc_send(int descriptor, const uint8_t *bytes, const cc_datagram *datagrams, unsigned count) {
    struct mmsghdr messages[batch];
    struct iovec parts[batch];
    name names[batch];
    if (count > batch) count = batch;
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){
            .iov_base = (void *)(bytes + datagrams[i].offset),
            .iov_len = datagrams[i].length,
        };
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i],
            .msg_namelen = set_name(&names[i], &datagrams[i]),
            .msg_iov = &parts[i],
            .msg_iovlen = 1,
        };
    }
    int taken = sendmmsg(descriptor, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return taken >= 0 ? taken : -errno;
}
