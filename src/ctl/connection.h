/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl's end of the control socket: one request, one reply, in turn.
 */
#ifndef FTPALGD_CTL_CONNECTION_H
#define FTPALGD_CTL_CONNECTION_H

#include <jansson.h>
#include <stddef.h>

/* A reply is never longer; more is no ftpalgd. */
#define CONNECTION_REPLY_MAX (64 << 20)

struct connection {
	int fd;
	char *bytes;  /* read and not yet used */
	size_t size;
	size_t room;
};

/* Returns 0 or -errno. */
int connection_open(const char *path, struct connection *c) __attribute__((warn_unused_result));
void connection_close(struct connection *c);

/* Returns 0 or -errno. */
int connection_send(struct connection *c, const json_t *request) __attribute__((warn_unused_result));

/*
 * Waits for the next line, to be freed with json_decref. -EPIPE: the daemon has hung up;
 * -EBADMSG: the line is no JSON object.
 */
int connection_receive(struct connection *c, json_t **reply) __attribute__((warn_unused_result));

#endif
