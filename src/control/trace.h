/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of control connections out of traced packets, fit to be shown.
 *
 * Each direction of a session is two streams of bytes, as it came and as it went on; the n-th line
 * of the one is the n-th line of the other. Bytes that were sent again are left out. Lines are shown as
 * core/text.h says; a client's line whose beginning was not seen is "****", for it may be a secret.
 */
#ifndef FTPALGD_CONTROL_TRACE_H
#define FTPALGD_CONTROL_TRACE_H

#include "traffic/trace.h"

#define CONTROL_TRACE_LINE_MAX 1024 /* bytes; what a longer line has beyond is not shown */

struct control_trace;

/* One line; before and after are texts as described. */
struct control_trace_line {
	uint64_t time; /* ms, monotonic */
	const struct flow *flow;
	enum direction from;
	bool changed;
	const char *before;
	const char *after;
};
typedef void control_trace_seen(const struct control_trace_line *line, void *data);

struct control_trace *control_trace_new(void);
void control_trace_free(struct control_trace *t);

/* Reads on from one packet, and calls seen for each line that is now whole. */
void control_trace_read(struct control_trace *t, const struct trace_record *record,
			const uint8_t *const payloads[static 2], control_trace_seen *seen, void *data);

#endif
