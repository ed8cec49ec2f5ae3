/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets in the namespaces of tests/lab/topology.sh, all in one process: a socket stays in the
 * namespace in which it was made. The process itself belongs to the director.
 *
 * Failures of the lab itself end the test; what is under test returns -errno.
 */
#ifndef FTPALGD_TESTS_KERNEL_PLACE_H
#define FTPALGD_TESTS_KERNEL_PLACE_H

#include "core/endpoint.h"

enum place { PLACE_CLIENT, PLACE_RS1, PLACE_RS2, PLACE_DIRECTOR, PLACES };

void place_init(void);

/* Ends the test with those words where ok is false. */
void expect_true(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct endpoint place_at(const char *text);
struct endpoint place_at_port(struct endpoint e, uint16_t port);

int place_listen(enum place where, const struct endpoint *local);

/* A connected descriptor or -errno; local may be NULL, waits at most 3 s. */
int place_connect(enum place where, const struct endpoint *local, const struct endpoint *remote);

/* Starts to connect, and returns the descriptor. */
int place_begin_connect(enum place where, const struct endpoint *local,
			const struct endpoint *remote);

/* That descriptor once it is connected, or -errno. */
int place_finish_connect(int fd);

/* The accepted descriptor, or -ETIMEDOUT after so many ms; *peer is who it is. */
int place_accept(int listener, int wait_ms, struct endpoint *peer);

bool place_exchange(int a, int b); /* bytes go through both ways */

#endif
