/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client of the control socket has yet to read.
 */
#ifndef FTPALGD_CONTROL_OUTPUT_H
#define FTPALGD_CONTROL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_OUTPUT_MAX (8 << 20) /* bytes that wait for one client */

struct control_output {
	char *bytes;
	size_t start; /* of what was not sent yet */
	size_t end;
	size_t room;
};

static inline size_t control_output_size(const struct control_output *o)
{
	return o->end - o->start;
}

/* Appends value as one line. -ENOBUFS: it would be more than the limit. */
int control_output_put(struct control_output *o, const json_t *value)
	__attribute__((warn_unused_result));

/* Sends what the socket takes. Returns the number of bytes, or -errno; never waits. */
ssize_t control_output_send(struct control_output *o, int fd) __attribute__((warn_unused_result));

void control_output_free(struct control_output *o);

#endif
