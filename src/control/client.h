/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection on the control socket: what it has sent, what it has yet to read.
 */
#ifndef FTPALGD_CONTROL_CLIENT_H
#define FTPALGD_CONTROL_CLIENT_H

#include "control/commands.h"
#include "control/output.h"

struct control_client {
	int fd; /* -1: the place is free */
	uint32_t generation;
	bool privileged;
	bool ended;    /* it sends no more */
	bool closing;  /* hang up when it has read everything */
	enum control_stream stream;
	struct control_request request; /* of the stream */
	uint64_t active;  /* ms, of the last byte in either direction */
	size_t size;      /* of in */
	char in[CONTROL_REQUEST_MAX];
	struct control_output out;
};

/* It waits for nothing and nobody waits for it. */
bool control_client_is_idle(const struct control_client *c);

/* It owes us a line end, or the reading of a reply, for too long. */
bool control_client_is_stuck(const struct control_client *c, uint64_t now, uint64_t patience);

/* Reads what is there. Returns 0, or -errno when the connection is over. */
int control_client_read(struct control_client *c, uint64_t now) __attribute__((warn_unused_result));

/* Sends what the socket takes. Returns 0, or -errno when the connection is over. */
int control_client_write(struct control_client *c, uint64_t now)
	__attribute__((warn_unused_result));

/*
 * The next whole request, without its end; its bytes are valid until control_client_drop. False
 * when there is none: then *refusal is an error's code where there will never be one, or NULL.
 */
bool control_client_next(const struct control_client *c, size_t *size, const char **refusal);

/* Forgets the first line of that size. */
void control_client_drop(struct control_client *c, size_t size);

void control_client_close(struct control_client *c);

#endif
