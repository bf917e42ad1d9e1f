// An AgentX subagent (RFC 2741) through libnetsnmp, as a few plain functions: its headers are full of macros that Swift
// cannot see. All but cnetsnmp_wake belong to one thread, which is the only one to touch libnetsnmp.
#ifndef CNETSNMP_H
#define CNETSNMP_H

#include <stddef.h>
#include <stdint.h>

#define CNETSNMP_LONGEST_NAME 128
#define CNETSNMP_LONGEST_OCTETS 256

enum cnetsnmp_type {
    CNETSNMP_INTEGER,
    CNETSNMP_GAUGE32,
    CNETSNMP_COUNTER64,
    CNETSNMP_TIMETICKS,
    CNETSNMP_OCTETS,
};

// An object instance and its value.
struct cnetsnmp_instance {
    uint32_t name[CNETSNMP_LONGEST_NAME];
    size_t name_length;
    enum cnetsnmp_type type;
    // INTEGER as its bit pattern, and all other numbers.
    uint64_t number;
    uint8_t octets[CNETSNMP_LONGEST_OCTETS];
    size_t octets_length;
};

enum cnetsnmp_result {
    CNETSNMP_FOUND,
    CNETSNMP_NO_SUCH_OBJECT,
    CNETSNMP_NO_SUCH_INSTANCE,
    // GETNEXT: there is nothing behind this name.
    CNETSNMP_END,
};

enum cnetsnmp_mode { CNETSNMP_GET, CNETSNMP_GETNEXT };

struct cnetsnmp_callbacks {
    void *context;
    // Variables of one request follow, to be answered as of one moment.
    void (*begin)(void *context);
    // One variable of the request: fills `instance` where it returns CNETSNMP_FOUND.
    enum cnetsnmp_result (*find)(void *context, enum cnetsnmp_mode mode, const uint32_t *name, size_t length,
                                 int is_inclusive, struct cnetsnmp_instance *instance);
    // A session with the master agent has begun (1) or ended (0).
    void (*session)(void *context, int is_open);
    // Once a second, between two other things that are done: late when one of them has taken long.
    void (*tick)(void *context);
    // A line of libnetsnmp for the log.
    void (*log)(void *context, int priority, const char *line);
};

// Begins: registers the subtree and tries to reach the master agent, again and again if need be.
//
// `socket` is an address of libnetsnmp, such as unix:/run/agentx/master; `ping` the seconds between attempts and between
// checks that the master is still there. Returns 0, or -1 if that cannot be done.
int cnetsnmp_start(const char *socket, int ping, const uint32_t *base, size_t length,
                   struct cnetsnmp_callbacks callbacks);

// Waits for something to happen, and does it: at most until the next ping.
void cnetsnmp_step(void);

// Makes cnetsnmp_step return soon. Any thread.
void cnetsnmp_wake(void);

// Hundredths of a second since the master agent started: its sysUpTime.
uint32_t cnetsnmp_uptime(void);

// Sends an SNMPv2 notification with these objects.
void cnetsnmp_notify(const uint32_t *identifier, size_t length, const struct cnetsnmp_instance *objects, size_t count);

// Ends the session.
void cnetsnmp_stop(void);

#endif
