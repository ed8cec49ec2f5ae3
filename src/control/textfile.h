/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics as a file, for the textfile collector of node_exporter: the text that ftpalgctl
 * metrics prints, written beside its place and renamed, so that nobody ever reads half of it.
 *
 * In main's thread. The file goes with the daemon: old counters would look like living ones.
 */
#ifndef FTPALGD_CONTROL_TEXTFILE_H
#define FTPALGD_CONTROL_TEXTFILE_H

#include "control/subject.h"

/* Between two complaints about a file that cannot be written. */
#define TEXTFILE_COMPLAIN_SECONDS 600

/* All zero but subject and log is a fresh one; both are borrowed. */
struct textfile {
	const struct control_subject *subject;
	struct log *log;
	struct log_limit complaints;
	uint64_t due; /* ms, monotonic */
};

/* Writes the file if the configuration asks for one and it is due. now as in log_message_limited. */
void textfile_update(struct textfile *t, uint64_t now);

/* Removes it. */
void textfile_remove(struct textfile *t);

#endif
