/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control connections that change directors.
 *
 * Adoption. A director that takes over knows a connection from IPVS, and conntrack does not; nor does it after
 * `conntrack -F`, a full table, an entry that expired. Left to itself conntrack makes an entry from the first
 * packet: without our having read that packet, and the wrong way round where the server sends it, so that no
 * rule ever matches it again. Therefore rules drop the first packet and hand it here (ruleset.h); the
 * connection is looked up in IPVS, its entry is made as its handshake would have made it, with the helper, and
 * the packet that is sent again is diverted as any other. What IPVS does not know passes when it comes again.
 *
 * Leaving. When the address of a service leaves this machine, the entries of its control connections are deleted.
 * Should they come back, they are adopted; the old entries would find their packets invalid, and no rule diverts
 * those.
 *
 * Belongs to main. Nothing here is on the way of a packet: what is not looked up in time passes when sent again.
 */
#ifndef FTPALGD_DAEMON_TAKEOVER_H
#define FTPALGD_DAEMON_TAKEOVER_H

#include "core/policy.h"
#include "kernel/ipvs.h"
#include "kernel/netlink.h"
#include "kernel/sightings.h"
#include "log/log.h"
#include "traffic/unseen.h"

struct takeover;

/* Unknown connections are told in that group of nfnetlink_log. log is borrowed. */
int takeover_open(uint16_t group, struct log *log, struct takeover **out)
	__attribute__((warn_unused_result));
void takeover_close(struct takeover *t);

/* Readable when an unknown connection has been told; -1 where that is not to be had. */
int takeover_fd(const struct takeover *t);

/* Connections that a service's address has brought along: those adopted within so many seconds of its coming. */
#define TAKEOVER_ARRIVAL_SECONDS 900

/*
 * Adopts those that have been told. nl is of NETLINK_NETFILTER. Returns how many of them came with an address;
 * *arrived are these, good until the next call.
 */
size_t takeover_adopt(struct takeover *t, const struct policy *policy, struct netlink *nl,
		      const struct unseen_pair **arrived);

/* To be called every few seconds: notices addresses that have left. */
void takeover_watch(struct takeover *t, const struct policy *policy, struct netlink *nl);

/*
 * Looks for the real servers of the policy's services, for the rules. Returns 1 when they are others than
 * before, 0 or -errno.
 */
int takeover_find_servers(struct takeover *t, struct ipvs *ipvs, const struct policy *policy)
	__attribute__((warn_unused_result));
/* The same once. *out is to be freed by sightings_free. */
int takeover_servers_of(struct ipvs *ipvs, const struct policy *policy, struct sightings *out)
	__attribute__((warn_unused_result));

const struct sightings *takeover_servers(const struct takeover *t);

#endif
