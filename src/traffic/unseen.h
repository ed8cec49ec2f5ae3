/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control connections that may begin in their middle.
 *
 * A session forgets what it knows when it is gone from the table, doubt with all the rest. Who could have it
 * forgotten (by a FIN or RST that dies on its way to the server, by an entry that conntrack drops) could
 * begin anew in a listing that is still on its way. So a session whose handshake was not seen is in doubt
 * (core/dialogue.h), but for those that the daemon has found: the ones that conntrack knew when it started, and
 * the ones that came with an address from another director.
 *
 * One list is made at the start and then only read, by all workers; each has a small ring of its own for what
 * comes later.
 */
#ifndef FTPALGD_TRAFFIC_UNSEEN_H
#define FTPALGD_TRAFFIC_UNSEEN_H

#include "core/flow.h"

/* Connections at the start; where there are more, all may. */
#define UNSEEN_KNOWN_MAX 262144

/* Connections of other directors, the latest ones. */
#define UNSEEN_ARRIVED_MAX 1024

struct unseen_pair {
	struct endpoint client, service;
};

struct unseen_known;

/* NULL when memory is short: all may. */
struct unseen_known *unseen_known_new(void);
void unseen_known_free(struct unseen_known *k);
void unseen_known_add(struct unseen_known *k, const struct unseen_pair *pair);
/* No more will be added. whole is false where not all could be found: then all may. */
void unseen_known_settle(struct unseen_known *k, bool whole);

struct unseen_arrived {
	size_t count; /* of all so far */
	struct unseen_pair pairs[UNSEEN_ARRIVED_MAX];
};

void unseen_arrives(struct unseen_arrived *a, const struct unseen_pair *pair);

/* Whether that connection may begin in its middle. known may be NULL. */
bool unseen_may_begin(const struct unseen_known *known, const struct unseen_arrived *arrived,
		      const struct flow *flow);

#endif
