// The load of packaging/bench: callers, media servers and agents in one process, on four UDP sockets of loopback.
//
//   calls --target PORT --caller PORT --welcome PORT --queue PORT --agent PORT --flow ID --rate N --calls N
//         [--ring MS] [--talk MS] [--announcement MS] [--wrapup MS] [--patience S] [--hold N]
//
// A caller calls sip:FLOW@127.0.0.1:TARGET and waits. Whoever is called at --welcome answers and hangs up after
// --announcement; at --queue answers and stays; at --agent rings for --ring, answers, and hangs up --talk after the ACK.
// A call is complete when its caller was hung up on after an agent had him.
//
// With --hold nobody hangs up and nobody gives up after the first answer, and only N calls begin: the rest at the first SIGUSR1; at
// the second one agents begin to hang up, all of them within 5 s, and from then on as soon as they have answered.
//
// Prints a name and a value a line; times in microseconds: median, 99 of 100, longest.
//   refused, hung_up_on, given_up, unanswered    what the failed ones were: by callcenterd; by the caller; never answered
//   dropped         agents who were hung up on while they talked to a caller
//   first_response  INVITE of a caller until the first response
//   hand_over       200 of an agent until the re-INVITE at his caller
//   freed           the end of an agent's wrap-up (--wrapup after his BYE) until his next INVITE; only where that is longer
//                   than 0 and calls were waiting all the time is it what DESIGN means
// Exit status 1 if a call was not completed.
#define _GNU_SOURCE
#include "message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum role { CALLER, WELCOME, QUEUE, AGENT, ROLES };
// What became of a call that was not completed.
enum failure { REFUSED, HUNG_UP, GIVEN_UP, UNANSWERED, FAILURES };
enum timer { RESEND, RING, HANG_UP, GIVE_UP };
enum { BATCH = 64, DATAGRAM = 4096, SLOTS = 1 << 16, BUCKETS = 1 << 17, T1 = 500, TRIES = 10 };

// One side of a dialog with callcenterd.
struct leg {
    struct leg *next;
    char call_id[96];
    enum role role;
    // From and To of the INVITE, tags included, as the side writes them that began the dialog.
    char from[256], to[256];
    // Where requests of ours go to.
    char remote[256];
    unsigned sequence;
    // Of the call (caller and agent), or of the agent.
    unsigned number, agent;
    bool confirmed, over;
    // Joined to a caller: his ACK carried media that are not refused.
    bool talks;
    bool hung_up;
    // The message that is sent again until something comes back; 0 long: none.
    char *pending;
    size_t pending_length;
    int tries;
    // Goes up when timers that run are to be forgotten.
    unsigned generation;
    // Timers that refer to the leg, forgotten ones included.
    unsigned alarms;
    uint64_t begun;
};

struct alarm {
    struct alarm *next;
    struct leg *leg;
    enum timer kind;
    unsigned generation;
    uint64_t due;
};

// What is known of a call beside its legs.
struct call {
    uint64_t agent_answered;
    bool had_agent, done;
};

struct samples {
    uint32_t *values;
    size_t count, room;
};

static struct option options[] = {
    {"target", 1, 0, 't'}, {"caller", 1, 0, 'c'},  {"welcome", 1, 0, 'w'},      {"queue", 1, 0, 'q'},
    {"agent", 1, 0, 'a'},  {"flow", 1, 0, 'f'},    {"rate", 1, 0, 'r'},         {"calls", 1, 0, 'n'},
    {"ring", 1, 0, 'R'},   {"talk", 1, 0, 'T'},    {"announcement", 1, 0, 'A'}, {"wrapup", 1, 0, 'W'},
    {"patience", 1, 0, 'P'}, {"hold", 1, 0, 'H'}, {0, 0, 0, 0},
};

static int sockets[ROLES];
static unsigned ports[ROLES], target;
static const char *flow = "bench";
static unsigned rate = 100, calls = 1000, ring = 100, talk = 1000, announcement = 300, wrapup = 1000, patience = 60, hold;
// How many SIGUSR1 have come.
static volatile sig_atomic_t signals;

static struct leg *buckets[BUCKETS];
static struct alarm *wheel[SLOTS];
static struct alarm *spare_alarms;
static uint64_t wheel_time;
static struct call *state;
static uint64_t freed_at[1 << 17];
static struct samples first_response, hand_over, freed;
static unsigned failures[FAILURES];
static unsigned started, completed, failed, resent, dropped;

static char outgoing[ROLES][BATCH][DATAGRAM];
static size_t outgoing_length[ROLES][BATCH];
static int outgoing_count[ROLES];

// MARK: Time

static uint64_t microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void *checked(void *memory) {
    if (!memory) exit(70);
    return memory;
}

static void after(struct leg *leg, enum timer kind, unsigned milliseconds) {
    struct alarm *alarm = spare_alarms;
    if (alarm) spare_alarms = alarm->next;
    else alarm = checked(malloc(sizeof *alarm));
    uint64_t due = microseconds() / 1000 + milliseconds;
    if (due <= wheel_time) due = wheel_time + 1;
    *alarm = (struct alarm){wheel[due % SLOTS], leg, kind, leg->generation, due};
    wheel[due % SLOTS] = alarm;
    leg->alarms++;
}

static bool is_holding(void) { return hold && signals < 2; }

static void count_signal(int number) { signals += number == SIGUSR1; }

static void sample(struct samples *samples, uint64_t value) {
    if (samples->count == samples->room) {
        samples->room = samples->room ? samples->room * 2 : 1024;
        samples->values = checked(realloc(samples->values, samples->room * sizeof *samples->values));
    }
    samples->values[samples->count++] = (uint32_t)(value > UINT32_MAX ? UINT32_MAX : value);
}

// MARK: Legs

static unsigned bucket_of(struct text call_id) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < call_id.length; i++) hash = (hash ^ (unsigned char)call_id.start[i]) * 16777619u;
    return hash % BUCKETS;
}

static struct leg *find(struct text call_id) {
    for (struct leg *leg = buckets[bucket_of(call_id)]; leg; leg = leg->next)
        if (text_is(call_id, leg->call_id)) return leg;
    return NULL;
}

static struct leg *leg_new(enum role role, struct text call_id) {
    struct leg *leg = checked(calloc(1, sizeof *leg));
    leg->role = role;
    snprintf(leg->call_id, sizeof leg->call_id, "%.*s", TEXT(call_id));
    unsigned bucket = bucket_of(call_id);
    leg->next = buckets[bucket];
    buckets[bucket] = leg;
    return leg;
}

static void forget_pending(struct leg *leg) {
    free(leg->pending);
    leg->pending = NULL;
    leg->pending_length = 0;
    leg->generation++;
}

// The leg stays for late messages until its GIVE_UP; only its other timers end.
static void end(struct leg *leg) {
    forget_pending(leg);
    if (leg->over) return;
    leg->over = true;
    after(leg, GIVE_UP, 5000);
}

static void remove_leg(struct leg *leg) {
    struct leg **link = &buckets[bucket_of((struct text){leg->call_id, strlen(leg->call_id)})];
    while (*link && *link != leg) link = &(*link)->next;
    if (*link) *link = leg->next;
}

// MARK: Out

static void flush(enum role role) {
    static struct mmsghdr headers[BATCH];
    static struct iovec parts[BATCH];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int count = outgoing_count[role], sent = 0;
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){outgoing[role][i], outgoing_length[role][i]};
        headers[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    while (sent < count) {
        int done = sendmmsg(sockets[role], headers + sent, (unsigned)(count - sent), 0);
        // What the kernel has no room for is lost, as on a network; it is sent again in time.
        if (done <= 0) break;
        sent += done;
    }
    outgoing_count[role] = 0;
}

static void send_text(enum role role, const char *bytes, size_t length) {
    if (length >= DATAGRAM) return;
    if (outgoing_count[role] == BATCH) flush(role);
    int slot = outgoing_count[role]++;
    memcpy(outgoing[role][slot], bytes, length);
    outgoing_length[role][slot] = length;
}

static void send_until_answered(struct leg *leg, const char *bytes, size_t length) {
    forget_pending(leg);
    leg->pending = checked(malloc(length));
    memcpy(leg->pending, bytes, length);
    leg->pending_length = length;
    leg->tries = 0;
    send_text(leg->role, bytes, length);
    after(leg, RESEND, T1);
}

static size_t with_session(char *bytes, size_t length, struct leg *leg) {
    char session[256];
    int size = snprintf(session, sizeof session,
                        "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                        "m=audio %u RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
                        leg->number + 1, 20000 + 4 * (leg->number % 10000));
    return length + (size_t)snprintf(bytes + length, DATAGRAM - length,
                                     "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", size, session);
}

static size_t without_body(char *bytes, size_t length) {
    return length + (size_t)snprintf(bytes + length, DATAGRAM - length, "Content-Length: 0\r\n\r\n");
}

// A request in the dialog of a leg that calls (our From is `from`) or is called (our From is `to`).
static size_t request(char *bytes, struct leg *leg, const char *method, unsigned sequence) {
    bool calling = leg->role == CALLER;
    static unsigned long branch;
    return (size_t)snprintf(bytes, DATAGRAM,
                            "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%d-%lu\r\nMax-Forwards: 70\r\n"
                            "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
                            method, leg->remote, ports[leg->role], getpid(), ++branch, calling ? leg->from : leg->to,
                            calling ? leg->to : leg->from, leg->call_id, sequence, method);
}

static size_t response(char *bytes, struct message *to, struct leg *leg, int status, const char *reason) {
    size_t length = (size_t)snprintf(bytes, DATAGRAM, "SIP/2.0 %d %s\r\n", status, reason);
    for (int i = 0; i < to->via_count; i++)
        length += (size_t)snprintf(bytes + length, DATAGRAM - length, "%.*s", TEXT(to->vias[i]));
    bool has_tag = memmem(to->to.start, to->to.length, ";tag=", 5) != NULL;
    length += (size_t)snprintf(bytes + length, DATAGRAM - length, "From: %.*s\r\nTo: %.*s", TEXT(to->from), TEXT(to->to));
    if (!has_tag) length += (size_t)snprintf(bytes + length, DATAGRAM - length, ";tag=load%u", bucket_of(to->call_id));
    return length + (size_t)snprintf(bytes + length, DATAGRAM - length, "\r\nCall-ID: %.*s\r\nCSeq: %u %.*s\r\nContact: <sip:load@127.0.0.1:%u>\r\n",
                                     TEXT(to->call_id), to->sequence, TEXT(to->method), leg ? ports[leg->role] : 0);
}

static void respond(struct message *to, struct leg *leg, enum role role, int status, const char *reason) {
    char bytes[DATAGRAM];
    size_t length = without_body(bytes, response(bytes, to, leg, status, reason));
    send_text(role, bytes, length);
}

static void accept_call(struct message *invite, struct leg *leg) {
    char bytes[DATAGRAM];
    size_t length = with_session(bytes, response(bytes, invite, leg, 200, "OK"), leg);
    send_until_answered(leg, bytes, length);
}

static void hang_up(struct leg *leg) {
    leg->hung_up = true;
    char bytes[DATAGRAM];
    size_t length = without_body(bytes, request(bytes, leg, "BYE", ++leg->sequence));
    send_until_answered(leg, bytes, length);
    if (leg->role == AGENT) freed_at[leg->agent] = microseconds() + (uint64_t)wrapup * 1000;
}

static void call_flow(void) {
    char call_id[64], bytes[DATAGRAM];
    unsigned number = started++;
    int length = snprintf(call_id, sizeof call_id, "load-%d-%u", getpid(), number);
    struct leg *leg = leg_new(CALLER, (struct text){call_id, (size_t)length});
    leg->number = number;
    snprintf(leg->from, sizeof leg->from, "<sip:%u@127.0.0.1:%u>;tag=c%u", number, ports[CALLER], number);
    snprintf(leg->to, sizeof leg->to, "<sip:%s@127.0.0.1:%u>", flow, target);
    snprintf(leg->remote, sizeof leg->remote, "sip:%s@127.0.0.1:%u", flow, target);
    size_t size = request(bytes, leg, "INVITE", ++leg->sequence);
    size += (size_t)snprintf(bytes + size, sizeof bytes - size, "Contact: <sip:%u@127.0.0.1:%u>\r\n", number, ports[CALLER]);
    size = with_session(bytes, size, leg);
    leg->begun = microseconds();
    send_until_answered(leg, bytes, size);
}

static void acknowledge(struct leg *leg, struct message *message, bool refused) {
    char bytes[DATAGRAM];
    size_t length;
    if (refused) {
        // In the transaction of the INVITE: its Via, its To with the tag of the refusal (RFC 3261 17.1.1.3).
        length = (size_t)snprintf(bytes, sizeof bytes, "ACK %s SIP/2.0\r\n%.*sMax-Forwards: 70\r\nFrom: %.*s\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u ACK\r\n",
                                  leg->remote, TEXT(message->vias[0]), TEXT(message->from), TEXT(message->to),
                                  TEXT(message->call_id), message->sequence);
    } else {
        length = request(bytes, leg, "ACK", message->sequence);
    }
    send_text(leg->role, bytes, without_body(bytes, length));
}

// MARK: In

static void finish(struct leg *leg, bool well, enum failure failure) {
    struct call *call = &state[leg->number];
    if (call->done) return;
    call->done = true;
    if (well) completed++;
    else failed++, failures[failure]++;
}

static void receive_response(struct leg *leg, struct message *message) {
    bool is_invite = text_is(message->method, "INVITE");
    if (leg->role == CALLER && is_invite && leg->begun) {
        sample(&first_response, microseconds() - leg->begun);
        leg->begun = 0;
    }
    if (message->status < 200) {
        if (leg->pending) forget_pending(leg);
        // A call that nobody ends is given up.
        if (leg->role == CALLER && !leg->confirmed && !is_holding()) after(leg, GIVE_UP, patience * 1000);
        return;
    }
    if (is_invite && leg->role == CALLER) {
        if (message->status >= 300) {
            acknowledge(leg, message, true);
            finish(leg, false, REFUSED);
            return end(leg);
        }
        snprintf(leg->to, sizeof leg->to, "%.*s", TEXT(message->to));
        if (message->contact.length) {
            struct text uri = uri_of(message->contact);
            snprintf(leg->remote, sizeof leg->remote, "%.*s", TEXT(uri));
        }
        acknowledge(leg, message, false);
        if (!leg->confirmed) {
            leg->confirmed = true;
            forget_pending(leg);
            if (!is_holding()) after(leg, GIVE_UP, patience * 1000);
        }
        return;
    }
    // Of a BYE.
    end(leg);
}

static void invited(struct leg *leg, struct message *message) {
    snprintf(leg->from, sizeof leg->from, "%.*s", TEXT(message->from));
    snprintf(leg->to, sizeof leg->to, "%.*s;tag=load%u", TEXT(message->to), bucket_of(message->call_id));
    struct text uri = uri_of(message->contact.length ? message->contact : message->from);
    snprintf(leg->remote, sizeof leg->remote, "%.*s", TEXT(uri));
    leg->number = (unsigned)strtoul(user_of(uri_of(message->from)).start, NULL, 10) % calls;
    if (leg->role != AGENT) return accept_call(message, leg);
    uint64_t now = microseconds();
    struct text user = user_of(message->uri);
    // agent17
    leg->agent = user.length > 5 ? (unsigned)strtoul(user.start + 5, NULL, 10) % (sizeof freed_at / sizeof *freed_at) : 0;
    if (freed_at[leg->agent] && now > freed_at[leg->agent]) sample(&freed, now - freed_at[leg->agent]);
    freed_at[leg->agent] = 0;
    respond(message, leg, leg->role, 180, "Ringing");
    // The 200 as it will be, ready to go.
    char bytes[DATAGRAM];
    size_t length = with_session(bytes, response(bytes, message, leg, 200, "OK"), leg);
    leg->pending = checked(malloc(length));
    memcpy(leg->pending, bytes, length);
    leg->pending_length = length;
    after(leg, RING, ring);
}

static void acknowledged(struct leg *leg, struct message *message) {
    if (!leg->pending || leg->over) return;
    forget_pending(leg);
    if (leg->confirmed) return;
    leg->confirmed = true;
    if (leg->role == WELCOME) after(leg, HANG_UP, announcement);
    if (leg->role == AGENT) {
        leg->talks = !message->refuses_media;
        state[leg->number].had_agent |= leg->talks;
        if (!is_holding()) after(leg, HANG_UP, hold ? 0 : talk);
    }
}

static void receive_request(enum role role, struct leg *leg, struct message *message) {
    if (text_is(message->method, "ACK")) {
        // One that comes again must not stop a BYE from being sent again.
        if (leg && leg->hung_up) return;
        // The caller's 200 to a re-INVITE needs no more than that it was heard.
        if (leg && leg->role == CALLER) {
            forget_pending(leg);
            if (!is_holding()) after(leg, GIVE_UP, patience * 1000);
        } else if (leg) {
            acknowledged(leg, message);
        }
        return;
    }
    if (text_is(message->method, "INVITE")) {
        if (leg && leg->role == CALLER) {
            struct call *call = &state[leg->number];
            if (call->agent_answered) sample(&hand_over, microseconds() - call->agent_answered);
            call->agent_answered = 0;
            return accept_call(message, leg);
        }
        if (leg && leg->confirmed) {
            char bytes[DATAGRAM];
            return send_text(role, bytes, with_session(bytes, response(bytes, message, leg, 200, "OK"), leg));
        }
        // One that was sent again: what is pending will be, too.
        if (leg || role == CALLER) return;
        return invited(leg_new(role, message->call_id), message);
    }
    if (!leg) return respond(message, NULL, role, 481, "Call/Transaction Does Not Exist");
    respond(message, leg, role, 200, "OK");
    if (text_is(message->method, "CANCEL")) {
        if (!leg->pending || leg->confirmed) return;
        forget_pending(leg);
        // The Via of a CANCEL is that of its INVITE.
        message->method = (struct text){"INVITE", 6};
        respond(message, leg, role, 487, "Request Terminated");
        end(leg);
    } else if (text_is(message->method, "BYE")) {
        if (leg->role == CALLER) finish(leg, state[leg->number].had_agent, HUNG_UP);
        if (leg->talks && !leg->over && !leg->hung_up) dropped++;
        end(leg);
    }
}

static void read_all(enum role role) {
    static char bytes[BATCH][DATAGRAM];
    static struct mmsghdr headers[BATCH];
    static struct iovec parts[BATCH];
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){bytes[i], DATAGRAM};
            headers[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
        }
        int count = recvmmsg(sockets[role], headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            struct message message;
            if (!message_read(&message, bytes[i], headers[i].msg_len)) continue;
            struct leg *leg = find(message.call_id);
            if (!message.status) receive_request(role, leg, &message);
            else if (leg) receive_response(leg, &message);
        }
        if (count < BATCH) return;
    }
}

static void fire(struct alarm *alarm) {
    struct leg *leg = alarm->leg;
    leg->alarms--;
    if (leg->over) {
        if (alarm->kind == GIVE_UP) remove_leg(leg);
        if (!leg->alarms) free(leg);
        return;
    }
    if (alarm->generation != leg->generation) return;
    switch (alarm->kind) {
    case RESEND:
        if (!leg->pending) return;
        if (++leg->tries > TRIES) {
            if (leg->role == CALLER) finish(leg, false, UNANSWERED);
            return end(leg);
        }
        resent++;
        send_text(leg->role, leg->pending, leg->pending_length);
        return after(leg, RESEND, T1 << (leg->tries < 3 ? leg->tries : 3));
    case RING:
        if (!leg->pending) return;
        state[leg->number].agent_answered = microseconds();
        send_text(leg->role, leg->pending, leg->pending_length);
        return after(leg, RESEND, T1);
    case HANG_UP: return hang_up(leg);
    case GIVE_UP:
        finish(leg, false, GIVEN_UP);
        return hang_up(leg);
    }
}

static void advance(uint64_t now) {
    while (wheel_time < now) {
        wheel_time++;
        struct alarm *list = wheel[wheel_time % SLOTS];
        wheel[wheel_time % SLOTS] = NULL;
        while (list) {
            struct alarm *alarm = list;
            list = alarm->next;
            if (alarm->due > wheel_time) {
                alarm->next = wheel[alarm->due % SLOTS];
                wheel[alarm->due % SLOTS] = alarm;
                continue;
            }
            fire(alarm);
            alarm->next = spare_alarms;
            spare_alarms = alarm;
        }
    }
}

// The end of --hold.
static void release(void) {
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        for (struct leg *leg = buckets[bucket]; leg; leg = leg->next) {
            if (leg->over || !leg->confirmed) continue;
            if (leg->role == AGENT) after(leg, HANG_UP, leg->number % 5000);
            if (leg->role == CALLER) after(leg, GIVE_UP, patience * 1000);
        }
}

// MARK: Start and end

static int larger(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, struct samples *samples) {
    if (!samples->count) return;
    qsort(samples->values, samples->count, sizeof *samples->values, larger);
    printf("%s %u %u %u\n", name, samples->values[samples->count / 2], samples->values[samples->count * 99 / 100],
           samples->values[samples->count - 1]);
}

static void open_socket(enum role role) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ports[role]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = 8 << 20;
    sockets[role] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(sockets[role], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (sockets[role] < 0 || bind(sockets[role], (struct sockaddr *)&here, sizeof here) != 0) {
        fprintf(stderr, "calls: 127.0.0.1:%u: %s\n", ports[role], strerror(errno));
        exit(71);
    }
}

int main(int count, char **arguments) {
    for (int option; (option = getopt_long_only(count, arguments, "", options, NULL)) != -1;) {
        unsigned value = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 't': target = value; break;
        case 'c': ports[CALLER] = value; break;
        case 'w': ports[WELCOME] = value; break;
        case 'q': ports[QUEUE] = value; break;
        case 'a': ports[AGENT] = value; break;
        case 'f': flow = optarg; break;
        case 'r': rate = value; break;
        case 'n': calls = value; break;
        case 'R': ring = value; break;
        case 'T': talk = value; break;
        case 'A': announcement = value; break;
        case 'W': wrapup = value; break;
        case 'P': patience = value; break;
        case 'H': hold = value; break;
        default: return 2;
        }
    }
    // A turn of the wheel is about a minute.
    if (!target || !rate || !calls || patience > 60 || ring > 60000 || talk > 60000 || announcement > 60000) return 2;
    state = checked(calloc(calls, sizeof *state));
    for (int role = 0; role < ROLES; role++) open_socket(role);
    signal(SIGUSR1, count_signal);
    uint64_t begin = microseconds(), since = begin;
    unsigned before = 0;
    bool is_resumed = false, is_released = false;
    wheel_time = begin / 1000;
    while (completed + failed < calls) {
        uint64_t now = microseconds();
        advance(now / 1000);
        // What did not begin during the pause does not begin all at once after it.
        if (hold && signals && !is_resumed) is_resumed = true, since = now, before = started;
        uint64_t due = before + (now - since) * rate / 1000000 + 1;
        unsigned wanted_calls = hold && !signals ? hold : calls;
        if (hold && !is_released && !is_holding()) release(), is_released = true;
        while (started < wanted_calls && started < due) call_flow();
        for (int role = 0; role < ROLES; role++) flush(role);
        struct pollfd wanted[ROLES];
        for (int role = 0; role < ROLES; role++) wanted[role] = (struct pollfd){sockets[role], POLLIN, 0};
        if (poll(wanted, ROLES, 1) > 0)
            for (int role = 0; role < ROLES; role++)
                if (wanted[role].revents) read_all(role);
    }
    double seconds = (double)(microseconds() - begin) / 1e6;
    // What is on its way is still answered.
    for (uint64_t until = microseconds() + 500000; microseconds() < until;) {
        advance(microseconds() / 1000);
        for (int role = 0; role < ROLES; role++) read_all(role), flush(role);
        usleep(1000);
    }
    printf("completed %u\nfailed %u\nrefused %u\nhung_up_on %u\ngiven_up %u\nunanswered %u\nresent %u\ndropped %u\nseconds %.1f\n", completed, failed, failures[REFUSED], failures[HUNG_UP],
           failures[GIVEN_UP], failures[UNANSWERED], resent, dropped, seconds);
    print("first_response", &first_response);
    print("hand_over", &hand_over);
    print("freed", &freed);
    return failed != 0;
}
