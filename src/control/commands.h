/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the control socket: which arguments each takes, who may give it, what answers it.
 */
#ifndef FTPALGD_CONTROL_COMMANDS_H
#define FTPALGD_CONTROL_COMMANDS_H

#include "control/request.h"
#include "control/subject.h"

#include <jansson.h>

#define CONTROL_SCHEMA 1 /* changes when a reply's meaning does, not when one gets more keys */

struct control_call {
	const struct control_subject *subject;
	const struct control_request *request;
	uint64_t now;                /* ms, monotonic */
	struct control_error *error; /* for who returns NULL */
};

/* What follows the reply on the same connection, until the client hangs up. */
enum control_stream {
	STREAM_NONE,
	STREAM_WATCH,
	STREAM_TRACE,
};

/*
 * The reply to one request line: {"schema", "ok", "command", "result"} or {"schema", "ok", "error"}.
 * privileged: the client may give commands that change something or show what was said. Sets
 * *stream, and fills *request where it was understood. NULL when memory is short.
 */
json_t *control_answer(const struct control_subject *subject, const char *line, size_t size,
		       bool privileged, uint64_t now, struct control_request *request,
		       enum control_stream *stream);

/* The reply that says no. */
json_t *control_refusal(const char *code, const char *text);

#endif
