/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket's server: clients with their requests, in main's thread, never waiting.
 *
 * A client sends one JSON object a line and gets one JSON object a line (request.h,
 * commands.h). It is answered one request at a time: the next one is read when the reply
 * before has left. Limits, so that no client costs others more than a moment:
 *
 *	a request               CONTROL_REQUEST_MAX bytes, and CONTROL_PATIENCE_MS to be finished
 *	a reply                 CONTROL_OUTPUT_MAX bytes; CONTROL_PATIENCE_MS without a byte of it
 *	                        being read, and the client is cut off
 *	replies of all clients  CONTROL_TOTAL_MAX bytes, then requests are refused as busy
 *	clients                 CONTROL_CLIENTS_MAX; a further one takes the place of the one that
 *	                        has been silent for longest, or is refused where all are at work
 *
 * Others cannot lock root and the daemon's own user out: these are not refused as busy, lose their
 * place to each other alone, and take it from whoever else is at work where nobody is silent.
 *
 * Every descriptor of it is in one epoll set, so that main polls one: readable means that
 * control_handle has something to do.
 */
#ifndef FTPALGD_CONTROL_CONTROL_H
#define FTPALGD_CONTROL_CONTROL_H

#include "control/subject.h"

#include <sys/types.h>

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_PATIENCE_MS 10000
#define CONTROL_TOTAL_MAX (32 << 20)

struct control;

struct control_plan {
	const char *socket;
	const char *group;
	mode_t mode; /* of the socket */
	const struct control_subject *subject; /* copied; its context is borrowed */
	struct log *log;
	uint64_t patience; /* ms; 0: CONTROL_PATIENCE_MS */
};

/* Returns 0 or -errno; the log is not told. */
int control_open(const struct control_plan *plan, struct control **out)
	__attribute__((warn_unused_result));

/* Removes the socket; takes NULL. */
void control_close(struct control *c);

int control_fd(const struct control *c);
void control_handle(struct control *c);

#endif
