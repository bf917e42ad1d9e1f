// What the machine takes for a datagram in and one out: a plain UDP echo by recvmmsg and sendmmsg. The measure of
// packaging/bench, so that figures of different machines can be compared.
//
//   echo [DATAGRAMS]
//
// Prints the microseconds of CPU (user and system) that the echo took for each datagram of 700 bytes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 16, SIZE = 700 };

static char bytes[BATCH][2048];
static struct iovec parts[BATCH];
static struct mmsghdr headers[BATCH];
static struct sockaddr_in peers[BATCH];

static int open_socket(struct sockaddr_in *address) {
    socklen_t length = sizeof *address;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)address, sizeof *address) != 0 ||
        getsockname(descriptor, (struct sockaddr *)address, &length) != 0) {
        perror("echo");
        exit(71);
    }
    return descriptor;
}

static void prepare(int count, size_t size) {
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){bytes[i], size ? size : sizeof bytes[i]};
        headers[i].msg_hdr = (struct msghdr){&peers[i], sizeof peers[i], &parts[i], 1, NULL, 0, 0};
    }
}

static void serve(int descriptor) {
    for (;;) {
        prepare(BATCH, 0);
        int count = recvmmsg(descriptor, headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) parts[i].iov_len = headers[i].msg_len;
        for (int sent = 0; sent < count;) {
            int done = sendmmsg(descriptor, headers + sent, (unsigned)(count - sent), 0);
            if (done <= 0) return;
            sent += done;
        }
        // The end comes as a datagram of one byte.
        if (count > 0 && headers[count - 1].msg_len == 1) return;
    }
}

int main(int count, char **arguments) {
    long wanted = count > 1 ? strtol(arguments[1], NULL, 10) : 200000;
    if (wanted < BATCH) return 2;
    struct sockaddr_in server, client;
    int served = open_socket(&server), descriptor = open_socket(&client);
    pid_t child = fork();
    if (child == 0) {
        serve(served);
        _exit(0);
    }
    struct timeval patience = {5, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (long left = wanted; left > 0; left -= BATCH) {
        prepare(BATCH, SIZE);
        for (int i = 0; i < BATCH; i++) peers[i] = server;
        if (sendmmsg(descriptor, headers, BATCH, 0) != BATCH) break;
        prepare(BATCH, 0);
        for (int heard = 0; heard < BATCH;) {
            int some = recvmmsg(descriptor, headers, (unsigned)(BATCH - heard), MSG_WAITFORONE, NULL);
            if (some <= 0) {
                kill(child, SIGKILL);
                fprintf(stderr, "echo: no answer\n");
                return 70;
            }
            heard += some;
        }
    }
    if (sendto(descriptor, "", 1, 0, (struct sockaddr *)&server, sizeof server) != 1) kill(child, SIGKILL);
    struct rusage usage;
    wait4(child, NULL, 0, &usage);
    double used = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("%.2f\n", used / (double)wanted);
    return 0;
}
