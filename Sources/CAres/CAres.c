#define _GNU_SOURCE
#include "CAres.h"

#include <ares.h>
#include <endian.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct cc_ares {
    ares_channel channel;
    int wake;
};

typedef struct {
    cc_ares_answer answer;
    void *context;
} question;

cc_ares *cc_ares_open(const char *servers, int timeout_ms, int tries) {
    cc_ares *resolver = calloc(1, sizeof *resolver);
    if (!resolver) return NULL;
    resolver->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct ares_options options = { .timeout = timeout_ms, .tries = tries };
    if (resolver->wake < 0 || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS
        || ares_init_options(&resolver->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
        if (resolver->wake >= 0) close(resolver->wake);
        free(resolver);
        return NULL;
    }
    if (servers && ares_set_servers_ports_csv(resolver->channel, servers) != ARES_SUCCESS) {
        cc_ares_close(resolver);
        return NULL;
    }
    return resolver;
}

void cc_ares_close(cc_ares *resolver) {
    ares_destroy(resolver->channel);
    close(resolver->wake);
    free(resolver);
}

void cc_ares_wake(cc_ares *resolver) {
    uint64_t one = 1;
    // It fails only if it has been woken often enough already.
    ssize_t ignored = write(resolver->wake, &one, sizeof one);
    (void)ignored;
}

static void take_message(void *context, int status, int timeouts, unsigned char *message, int length) {
    (void)timeouts;
    question *asked = context;
    size_t size = status == ARES_SUCCESS && length > 0 ? (size_t)length : 0;
    asked->answer(asked->context, status, message, size, NULL, 0);
    free(asked);
}

void cc_ares_query(cc_ares *resolver, const char *name, int type, cc_ares_answer answer, void *context) {
    question *asked = malloc(sizeof *asked);
    if (!asked) {
        answer(context, ARES_ENOMEM, NULL, 0, NULL, 0);
        return;
    }
    *asked = (question){ answer, context };
    ares_query(resolver->channel, name, 1, type, take_message, asked);
}

static void take_addresses(void *context, int status, int timeouts, struct ares_addrinfo *result) {
    (void)timeouts;
    enum { most = 32 };
    cc_ares_address addresses[most];
    size_t count = 0;
    question *asked = context;
    for (struct ares_addrinfo_node *node = result ? result->nodes : NULL; node && count < most; node = node->ai_next) {
        cc_ares_address *address = &addresses[count];
        if (node->ai_family == AF_INET) {
            struct sockaddr_in *name = (struct sockaddr_in *)node->ai_addr;
            address->high = 0;
            address->low = 0xFFFF00000000u | be32toh(name->sin_addr.s_addr);
        } else if (node->ai_family == AF_INET6) {
            struct sockaddr_in6 *name = (struct sockaddr_in6 *)node->ai_addr;
            uint64_t words[2];
            memcpy(words, &name->sin6_addr, sizeof words);
            address->high = be64toh(words[0]);
            address->low = be64toh(words[1]);
        } else {
            continue;
        }
        address->ttl = node->ai_ttl > 0 ? (uint32_t)node->ai_ttl : 0;
        count++;
    }
    asked->answer(asked->context, status, NULL, 0, addresses, status == ARES_SUCCESS ? count : 0);
    if (result) ares_freeaddrinfo(result);
    free(asked);
}

void cc_ares_addresses(cc_ares *resolver, const char *name, cc_ares_answer answer, void *context) {
    question *asked = malloc(sizeof *asked);
    if (!asked) {
        answer(context, ARES_ENOMEM, NULL, 0, NULL, 0);
        return;
    }
    *asked = (question){ answer, context };
    struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC };
    ares_getaddrinfo(resolver->channel, name, NULL, &hints, take_addresses, asked);
}

void cc_ares_wait(cc_ares *resolver) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polled[ARES_GETSOCK_MAXNUM + 1];
    int bits = ares_getsock(resolver->channel, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        short events = 0;
        if (ARES_GETSOCK_READABLE(bits, i)) events |= POLLIN;
        if (ARES_GETSOCK_WRITABLE(bits, i)) events |= POLLOUT;
        if (events) polled[count++] = (struct pollfd){ .fd = sockets[i], .events = events };
    }
    polled[count] = (struct pollfd){ .fd = resolver->wake, .events = POLLIN };
    struct timeval most = { .tv_sec = 10 }, left;
    struct timeval *wait = ares_timeout(resolver->channel, &most, &left);
    int milliseconds = (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000) + 1;
    poll(polled, count + 1, milliseconds);
    uint64_t ignored;
    ssize_t drained = read(resolver->wake, &ignored, sizeof ignored);
    (void)drained;
    for (nfds_t i = 0; i < count; i++) {
        int failed = polled[i].revents & (POLLERR | POLLHUP);
        ares_process_fd(
            resolver->channel,
            polled[i].revents & POLLIN || failed ? polled[i].fd : ARES_SOCKET_BAD,
            polled[i].revents & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
    }
    // Time-outs.
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
