/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record for the journal: one datagram in its own protocol, of lines FIELD=value
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL). sd_journal_sendv(3) does the same, but waits for a journal
 * that is slow, and packets would wait with it.
 */
#ifndef FTPALGD_LOG_JOURNAL_H
#define FTPALGD_LOG_JOURNAL_H

#include "log/log.h"

#include <sys/un.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct log_journal {
	int fd;
	struct sockaddr_un to;
};

/* Returns 0 or -errno. Whether a journal listens at the path shows when a record is sent. */
int log_journal_open(const char *path, struct log_journal *out) __attribute__((warn_unused_result));
void log_journal_close(struct log_journal *journal);

/* Returns 0, -EAGAIN if the journal has no room for it now, or another -errno. */
int log_journal_send(const struct log_journal *journal, const struct log_record *record)
	__attribute__((warn_unused_result));

#endif
