/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which openings nobody used.
 *
 * An opening whose data connection comes is gone at once: the kernel removes its expectation with the
 * first packet. One that nobody uses lives for timeouts.opening, and a look at the kernel's expectations
 * every few seconds meets it several times. What was there at the last look, is not at this one, and
 * had no more time to live than has passed since, has ended unused.
 */
#ifndef FTPALGD_TRAFFIC_UNUSED_H
#define FTPALGD_TRAFFIC_UNUSED_H

#include "kernel/expectation_list.h"

/* More are not followed. */
#define UNUSED_WAITING_MAX 65536

struct unused;

struct unused *unused_new(void);
void unused_free(struct unused *u);

/* One expectation of this look. Of several alike one counts. */
void unused_see(struct unused *u, const struct expectation_waiting *e);

/* The look was not whole: it does not count. */
void unused_forget_look(struct unused *u);

/* The look is over: hands out what has ended unused since the last one. now is in seconds, monotonic. */
typedef void unused_ended(const struct expectation_waiting *e, void *data);
void unused_look_ends(struct unused *u, uint32_t now, unused_ended *ended, void *data);

#endif
