// How long a service takes to be ready.
//
//   ready FILE PROGRAM [ARGUMENT...]
//
// Runs the program in its own place, and writes into FILE the milliseconds from that moment until the program said READY=1
// (sd_notify(3)).
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static double milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s.socket", arguments[1]) >= sizeof address.sun_path) return 2;
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    if (receiver < 0 || bind(receiver, (struct sockaddr *)&address, sizeof address) != 0) {
        perror(address.sun_path);
        return 71;
    }
    double begin = milliseconds();
    // The child listens, so that whoever has started us has the process of the program.
    if (fork() == 0) {
        char text[4096];
        for (;;) {
            ssize_t length = recv(receiver, text, sizeof text - 1, 0);
            if (length < 0) _exit(71);
            text[length] = 0;
            if (!strstr(text, "READY=1")) continue;
            FILE *file = fopen(arguments[1], "w");
            if (file) fprintf(file, "%.0f\n", milliseconds() - begin), fclose(file);
            unlink(address.sun_path);
            _exit(0);
        }
    }
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    execvp(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 71;
}
