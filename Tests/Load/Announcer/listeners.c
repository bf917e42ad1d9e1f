// Many listeners of one announcer, and how evenly their packets come. Part of packaging/bench.
//
//   listeners ANNOUNCER-PORT ANNOUNCER-PID NAME LISTENERS SECONDS PAYLOAD-TYPE [talk]
//
// Calls sip:NAME@127.0.0.1 so many times, waits until all of them hear something, then measures for so long: the time of the
// processor that the announcer takes, packets that are missing, and the intervals between the packets of each listener, by the
// kernel's time stamps. All RTP comes to one port: streams are told apart by their sources (SSRC). Prints one line:
//   listeners packets lost cpu-percent p50 p99 p99.9 longest      intervals in milliseconds
// With `talk`, each listener sends as much as he hears, as telephones do. Exit status 1 if a call is not answered, or a packet is lost.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { batch = 256, slots = 1 << 16, bins = 200000 };

struct stream {
    uint32_t source;
    int used;
    uint16_t sequence;
    int64_t last;
};

static struct stream streams[slots];
// Intervals in microseconds.
static uint64_t histogram[bins + 1];
static uint64_t packets, lost;
static int heard, measuring;
static int64_t longest;
static int sip, rtp, talkers;
static volatile int talking;
static struct sockaddr_in media;
static struct sockaddr_in announcer;
static uint16_t sip_port, rtp_port;
static char *tags[slots];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int open_port(uint16_t *port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 64 << 20, yes = 1;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, length) < 0) fail("bind");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) fail("getsockname");
    *port = ntohs(name.sin_port);
    return fd;
}

static void request(const char *method, const char *name, int index, int cseq, int payload_type) {
    char body[256] = "", text[2048];
    if (strcmp(method, "INVITE") == 0)
        snprintf(body, sizeof body,
                 "v=0\r\no=l %d 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP %d\r\n", index,
                 rtp_port, payload_type);
    int length = snprintf(text, sizeof text,
                          "%s sip:%s@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%d-%d-%s\r\n"
                          "From: <sip:listener@127.0.0.1>;tag=l%d\r\nTo: <sip:%s@127.0.0.1>%s%s\r\nCall-ID: %d-%d@listeners\r\n"
                          "CSeq: %d %s\r\nContact: <sip:listener@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
                          method, name, ntohs(announcer.sin_port), sip_port, index, cseq, method, index, name,
                          tags[index] ? ";tag=" : "", tags[index] ? tags[index] : "", index, (int)getpid(), cseq,
                          strcmp(method, "ACK") == 0 ? "ACK" : method, sip_port,
                          *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    sendto(sip, text, length, 0, (struct sockaddr *)&announcer, sizeof announcer);
}

// Takes what has come by SIP; returns how many calls have been answered for the first time.
static int take_sip(const char *name, int payload_type) {
    char text[65536];
    ssize_t length;
    int answered = 0;
    while ((length = recv(sip, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
        text[length] = 0;
        char *id = strstr(text, "Call-ID: "), *to = strstr(text, "\nTo: "), *cseq = strstr(text, "CSeq: ");
        if (strncmp(text, "SIP/2.0 200", 11) != 0 || !id || !to || !cseq || !strstr(cseq, "INVITE")) continue;
        int index = atoi(id + 9);
        if (index < 0 || index >= slots) continue;
        char *end = strchr(to + 1, '\n'), *tag = strstr(to, ";tag=");
        if (!end || !tag || tag > end) continue;
        char *audio = strstr(text, "m=audio ");
        if (audio) media.sin_port = htons(atoi(audio + 8));
        if (!tags[index]) {
            tags[index] = strndup(tag + 5, strcspn(tag + 5, "\r\n;"));
            answered++;
        }
        request("ACK", name, index, 1, payload_type);
    }
    return answered;
}

static void take_packet(const uint8_t *packet, unsigned length, int64_t time) {
    // RTP, not RTCP.
    if (length < 12 || packet[0] >> 6 != 2 || (packet[1] & 0x7f) >= 72) return;
    uint32_t source = (uint32_t)packet[8] << 24 | packet[9] << 16 | packet[10] << 8 | packet[11];
    uint16_t sequence = packet[2] << 8 | packet[3];
    unsigned slot = source * 2654435761u >> 16;
    while (streams[slot].used && streams[slot].source != source) slot = (slot + 1) % slots;
    struct stream *stream = &streams[slot];
    if (!stream->used) {
        heard++;
        *stream = (struct stream){.source = source, .used = 1, .sequence = sequence, .last = time};
        return;
    }
    if (measuring) {
        int64_t interval = (time - stream->last) / 1000;
        packets++;
        lost += (uint16_t)(sequence - stream->sequence - 1);
        histogram[interval < 0 ? 0 : interval > bins ? bins : interval]++;
        if (interval > longest) longest = interval;
    }
    stream->sequence = sequence;
    stream->last = time;
}

static void take_rtp(void) {
    static uint8_t buffers[batch][256];
    static char controls[batch][64];
    static struct iovec parts[batch];
    static struct mmsghdr messages[batch];
    for (;;) {
        for (int index = 0; index < batch; index++) {
            parts[index] = (struct iovec){buffers[index], sizeof buffers[index]};
            messages[index].msg_hdr = (struct msghdr){.msg_iov = &parts[index],
                                                      .msg_iovlen = 1,
                                                      .msg_control = controls[index],
                                                      .msg_controllen = sizeof controls[index]};
        }
        int count = recvmmsg(rtp, messages, batch, MSG_DONTWAIT, NULL);
        if (count <= 0) return;
        for (int index = 0; index < count; index++) {
            struct cmsghdr *control = CMSG_FIRSTHDR(&messages[index].msg_hdr);
            if (!control || control->cmsg_type != SCM_TIMESTAMPNS) continue;
            struct timespec time;
            memcpy(&time, CMSG_DATA(control), sizeof time);
            take_packet(buffers[index], messages[index].msg_len, time.tv_sec * 1000000000LL + time.tv_nsec);
        }
        if (count < batch) return;
    }
}

static void listen_until(int64_t deadline, const char *name, int payload_type, int *answered, int wanted) {
    struct pollfd ready[2] = {{.fd = sip, .events = POLLIN}, {.fd = rtp, .events = POLLIN}};
    while (now() < deadline && (wanted == 0 || heard < wanted)) {
        poll(ready, 2, 5);
        *answered += take_sip(name, payload_type);
        take_rtp();
    }
}

// A packet of each listener every 20 ms.
static void *talk(void *unused) {
    static uint8_t packet[172] = {0x80};
    static struct iovec part = {packet, sizeof packet};
    static struct mmsghdr messages[batch];
    for (int index = 0; index < batch; index++)
        messages[index].msg_hdr =
            (struct msghdr){.msg_name = &media, .msg_namelen = sizeof media, .msg_iov = &part, .msg_iovlen = 1};
    for (int64_t next = now(); talking; next += 20000000) {
        for (int left = talkers; left > 0;) {
            int sent = sendmmsg(rtp, messages, left < batch ? left : batch, 0);
            if (sent <= 0) break;
            left -= sent;
        }
        int64_t rest = next + 20000000 - now();
        if (rest > 0) usleep(rest / 1000);
    }
    return unused;
}

// Seconds of the processor that a process has used.
static double processor(const char *pid) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *field = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (!field || sscanf(field + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) fail("stat");
    return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

static double share(double part) {
    uint64_t wanted = part * packets, sum = 0;
    for (int bin = 0; bin <= bins; bin++)
        if ((sum += histogram[bin]) >= wanted) return bin / 1000.0;
    return bins / 1000.0;
}

int main(int count, char **arguments) {
    if (count != 7 && count != 8) return fputs("usage: listeners PORT PID NAME LISTENERS SECONDS PAYLOAD-TYPE [talk]\n", stderr), 2;
    const char *name = arguments[3];
    int listeners = atoi(arguments[4]), payload_type = atoi(arguments[6]), answered = 0;
    double seconds = atof(arguments[5]);
    if (listeners < 1 || listeners > slots / 2) return 2;
    announcer = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    sip = open_port(&sip_port);
    rtp = open_port(&rtp_port);

    // 500 a second, as callers do not come all at once; again what has not been answered.
    for (int attempt = 0; attempt < 20 && answered < listeners; attempt++) {
        if (attempt > 0) listen_until(now() + 300000000, name, payload_type, &answered, 0);
        for (int index = 0; index < listeners; index++) {
            if (tags[index]) continue;
            request("INVITE", name, index, 1, payload_type);
            listen_until(now() + 2000000, name, payload_type, &answered, 0);
        }
    }
    listen_until(now() + 10000000000LL, name, payload_type, &answered, listeners);
    if (heard < listeners) return fprintf(stderr, "%d of %d listeners hear something\n", heard, listeners), 1;

    pthread_t talker;
    media.sin_family = AF_INET;
    media.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (count == 8) {
        talkers = listeners;
        talking = 1;
        if (pthread_create(&talker, NULL, talk, NULL) != 0) fail("pthread_create");
    }
    double before = processor(arguments[2]);
    int64_t start = now();
    measuring = 1;
    listen_until(start + (int64_t)(seconds * 1e9), name, payload_type, &answered, 0);
    measuring = 0;
    if (talking) {
        talking = 0;
        pthread_join(talker, NULL);
    }
    double time = (now() - start) / 1e9, used = processor(arguments[2]) - before;
    for (int index = 0; index < listeners; index++) {
        request("BYE", name, index, 2, payload_type);
        if (index % 50 == 0) listen_until(now() + 5000000, name, payload_type, &answered, 0);
    }
    listen_until(now() + 200000000, name, payload_type, &answered, 0);
    printf("%d %llu %llu %.1f %.2f %.2f %.2f %.2f\n", listeners, (unsigned long long)packets, (unsigned long long)lost,
           100 * used / time, share(0.5), share(0.99), share(0.999), longest / 1000.0);
    return lost > 0;
}
