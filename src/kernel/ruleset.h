/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table `inet ftpalgd`: what diverts control connections and lets data connections through.
 *
 * etc/ftpalgd.nft declares table, sets and chains without rules, loadable at boot. The effective
 * ruleset declares the same and fills it, in one transaction that may be repeated at any time:
 *  - the helper object and, in chain divert, its attachment to new control connections;
 *  - the divert rules: segments with payload, handshake and ends of the services' connections go
 *    to the queues, both directions of a connection to the same one; before them a way out for the
 *    connections that our helper has foretold, which are data, whatever their port;
 *  - every segment of the connections in set adjusted, whose sequence numbers are being
 *    corrected (ruleset_mark_adjusted); its key is conntrack's id of the connection;
 *  - the first packet of a control connection that conntrack does not know, from either side, which is told
 *    to the daemon and dropped (daemon/takeover.h); real servers are in sets of their own, kept up to date by
 *    ruleset_set_servers;
 *  - what conntrack finds invalid goes on without it, see ruleset_render.c;
 *  - only root and the daemon's user may send to the socket of IPVS' backup thread;
 *  - with guard, drops of new connections to a service's passive ports that no expectation of
 *    our helper foretold. A service without a passive range is not guarded: which ports of its
 *    address are its own, and which belong to other services, only the range tells.
 *
 * An instance may be used by one thread at a time; its sockets stay open as long as it lives.
 * Changes need CAP_NET_ADMIN.
 */
#ifndef FTPALGD_KERNEL_RULESET_H
#define FTPALGD_KERNEL_RULESET_H

#include <stdio.h>
#include <sys/types.h>

#include "core/flow.h"
#include "core/policy.h"

#define RULESET_TABLE "ftpalgd"

struct ruleset_plan {
	const struct service *services;
	size_t service_count;
	uint16_t queue_first;
	uint16_t queue_count; /* at least 1 */
	bool guard;
	bool fresh; /* replaces a table that is there, with its marks; else the marks stay */
	const struct endpoint *servers; /* real servers of these services */
	size_t server_count;
	bool adopt;                  /* unknown connections are told */
	uint16_t log_group;          /* and there */
	uid_t user;                  /* the daemon's */
	struct endpoint sync_group;  /* of a backup thread that has not the usual one; port 0: none */
};

struct ruleset;

int ruleset_open(struct ruleset **r) __attribute__((warn_unused_result));
void ruleset_close(struct ruleset *r);

/* Writes the effective ruleset as nft input. -EIO: out failed. */
int ruleset_render(const struct ruleset_plan *plan, FILE *out) __attribute__((warn_unused_result));

/* Loads it, all or nothing. The helper must be registered. -EIO: see ruleset_error. */
int ruleset_apply(struct ruleset *r, const struct ruleset_plan *plan)
	__attribute__((warn_unused_result));

/* Replaces the real servers in a ruleset that is loaded. -EIO: see ruleset_error. */
int ruleset_set_servers(struct ruleset *r, const struct endpoint *servers, size_t count)
	__attribute__((warn_unused_result));

/* Writes them as nft input. */
void ruleset_render_servers(const struct endpoint *servers, size_t count, FILE *out);

/*
 * 1: nobody has committed anything to nf_tables since r's last load. 0: somebody has, to whatever
 * table, or did during that load. Or -errno.
 */
int ruleset_untouched(struct ruleset *r) __attribute__((warn_unused_result));

/* nft's words on the last failure of r, without a trailing newline; "" when there was none. */
const char *ruleset_error(const struct ruleset *r);

/* Removes the table with all that is in it. -ENOENT: there was none. */
int ruleset_remove(struct ruleset *r) __attribute__((warn_unused_result));

/* Leaves of it what etc/ftpalgd.nft declares, empty. */
int ruleset_strip(struct ruleset *r) __attribute__((warn_unused_result));

enum ruleset_state {
	RULESET_ABSENT,   /* no table */
	RULESET_DECLARED, /* no helper object: etc/ftpalgd.nft, or part of it */
	RULESET_EFFECTIVE,
};
int ruleset_present(struct ruleset *r, enum ruleset_state *state)
	__attribute__((warn_unused_result));

/*
 * All segments of that connection are queued from now on, or again only those that always are.
 * Both may be repeated. -ENOENT from marking: the table is not there.
 */
int ruleset_mark_adjusted(struct ruleset *r, const struct flow *flow)
	__attribute__((warn_unused_result));
int ruleset_unmark_adjusted(struct ruleset *r, const struct flow *flow)
	__attribute__((warn_unused_result));

#endif
