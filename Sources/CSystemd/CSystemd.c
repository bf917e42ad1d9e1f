#include "CSystemd.h"

#include <stdlib.h>
#include <sys/uio.h>

// Otherwise sd_journal_sendv adds the place in this file.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

enum { maximum_fields = 64 };

void cc_notify(const char *assignments) {
    sd_notify(0, assignments);
}

void cc_notify_with_descriptor(const char *assignments, int descriptor) {
    sd_pid_notify_with_fds(0, 0, assignments, &descriptor, 1);
}

void cc_receive_descriptors(void *context, void (*take)(void *context, int descriptor, const char *name)) {
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; i++) {
        take(context, SD_LISTEN_FDS_START + i, names[i]);
        free(names[i]);
    }
    free(names);
}

uint64_t cc_watchdog_microseconds(void) {
    uint64_t interval = 0;
    return sd_watchdog_enabled(0, &interval) > 0 ? interval : 0;
}

int cc_journal_send(const uint8_t *bytes, const uint32_t *ends, unsigned count) {
    struct iovec fields[maximum_fields];
    if (count > maximum_fields) count = maximum_fields;
    uint32_t start = 0;
    for (unsigned i = 0; i < count; i++) {
        fields[i] = (struct iovec){ .iov_base = (void *)(bytes + start), .iov_len = ends[i] - start };
        start = ends[i];
    }
    return sd_journal_sendv(fields, (int)count);
}
