/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports that real servers announce, as one worker has seen them: what an operator needs to know
 * who is to name their ranges.
 *
 * Bounded whatever a server says: what is kept of one has a fixed size, and at most ANNOUNCED_MAX
 * pairs of a virtual service and a real server are kept; later ones are left out. Servers are those
 * that IPVS has chosen, never what a reply names. Kept for as long as the worker lives.
 *
 * Belongs to one worker; others read it inside a worker_call.
 */
#ifndef FTPALGD_TRAFFIC_ANNOUNCED_H
#define FTPALGD_TRAFFIC_ANNOUNCED_H

#include "core/flow.h"

#define ANNOUNCED_MAX 1024
#define ANNOUNCED_BITS 1024 /* of the sketch: see announced_distinct */

struct announced {
	struct endpoint service;
	struct endpoint server; /* its port is 0 */
	uint64_t count;         /* announcements whose port was opened */
	uint64_t refused;       /* others */
	uint32_t refused_at;    /* seconds, monotonic: the latest of these */
	uint16_t lowest;        /* of the opened ones; 0: none yet */
	uint16_t highest;
	uint64_t sketch[ANNOUNCED_BITS / 64];
};

struct announcements;

/* NULL when memory is short. */
struct announcements *announcements_new(void);
void announcements_free(struct announcements *a);

/* The session's real server has announced that port, and it was opened. */
void announcements_add(struct announcements *a, const struct flow *flow, uint16_t port);

/* It has announced one that was not. */
void announcements_refuse(struct announcements *a, const struct flow *flow, uint32_t now);

/* Copies what is kept, in no order. Returns the number; room for ANNOUNCED_MAX is enough. */
size_t announcements_read(const struct announcements *a, struct announced *out, size_t room);

/* Adds what another worker has seen of the same server. */
void announced_merge(struct announced *to, const struct announced *from);

/*
 * How many ports were different, roughly: within a tenth up to some thousand, too few above. Linear
 * counting: each port sets one bit of the sketch, and the number of bits says how many ports that
 * took, on the average.
 */
unsigned int announced_distinct(const struct announced *a);

#endif
