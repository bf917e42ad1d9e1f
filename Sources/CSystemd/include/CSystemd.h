// sd_notify(3) and sd_journal_sendv(3) of libsystemd. No system header here: its declarations would shadow those of Swift's
// Glibc module.
#pragma once

#include <stdint.h>

/// Sends assignments, one a line, to the service manager of this process; without one it does nothing.
void cc_notify(const char *_Nonnull assignments);

/// Sends assignments together with a descriptor, which the service manager gets a copy of.
void cc_notify_with_descriptor(const char *_Nonnull assignments, int descriptor);

/// Calls `take` for each descriptor that the service manager has handed over, with its name, and removes the variables that
/// tell of them from the environment. They are closed on exec.
void cc_receive_descriptors(void *_Nonnull context,
                            void (*_Nonnull take)(void *_Nonnull context, int descriptor, const char *_Nonnull name));

/// How often the service manager wants to hear WATCHDOG=1, in microseconds; 0 if it does not watch this process.
uint64_t cc_watchdog_microseconds(void);

/// Appends an entry to the journal. Its fields, each `NAME=value`, stand one after the other in `bytes`; `ends` says where each
/// ends.
///
/// Returns 0, or a negative errno.
int cc_journal_send(const uint8_t *_Nonnull bytes, const uint32_t *_Nonnull ends, unsigned count);
