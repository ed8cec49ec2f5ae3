/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What real servers have announced, of all workers together, and the range that this suggests.
 */
#ifndef FTPALGD_CONTROL_RANGES_H
#define FTPALGD_CONTROL_RANGES_H

#include "control/subject.h"

#define RANGES_SERVERS_MAX 1024 /* shown of one service */

struct ranges_seen {
	size_t count;
	struct announced *list; /* each service and real server once, sorted by both */
};

/* Returns 0 or -ENOMEM; ranges_free is due then. */
int ranges_look(const struct control_subject *subject, struct ranges_seen *out)
	__attribute__((warn_unused_result));
void ranges_free(struct ranges_seen *s);

/* From fewer announcements none is derived: the server may well use other ports. */
#define RANGES_ENOUGH 30

/*
 * A range that holds what the server has announced and ends at round numbers, as people write them;
 * no wider than that where something else of the server would lie in it. first 0: too little was
 * announced, or something else lies among what was.
 */
struct port_range ranges_propose(const struct policy *policy, const struct endpoint *server,
				 const struct announced *a);

#endif
