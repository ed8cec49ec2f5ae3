/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps control connections known to IPVS while their transfers go on.
 *
 * IPVS forgets a connection that has been silent for its time-out, fifteen minutes by default: so is a control
 * connection while it waits for the end of a long transfer. What runs conntrack knows, whatever was said
 * in the dialogue, and in encrypted sessions too: three times within that time-out its list is read, and the
 * timer of each control connection that has a data connection is set anew, to IPVS' full time. So is that of a
 * data connection that IPVS forwards, which may be silent as well.
 *
 * A data connection belongs to the control connection that foretold it, or where none did, to all between the same
 * three addresses: client, virtual service and real server.
 *
 * Belongs to main. An entry that IPVS has lost already comes into being again.
 */
#ifndef FTPALGD_TRAFFIC_KEEP_ALIVE_H
#define FTPALGD_TRAFFIC_KEEP_ALIVE_H

#include "core/policy.h"
#include "kernel/ipvs.h"
#include "traffic/backup.h"

struct keep_alive;

/* backup is borrowed. */
int keep_alive_open(struct backup *backup, struct keep_alive **out)
	__attribute__((warn_unused_result));
void keep_alive_close(struct keep_alive *k);

/*
 * To be called every few seconds; now: seconds of a clock that never goes back. Returns how many connections were
 * kept, which is 0 most times, or -errno.
 */
int keep_alive_tick(struct keep_alive *k, struct ipvs *ipvs, const struct policy *policy, uint64_t now)
	__attribute__((warn_unused_result));

/* ---- the choice alone, for tests ---- */

struct conntrack_connection;
struct flow;
struct choice;

struct choice *choice_new(const struct policy *policy);
void choice_free(struct choice *c);
int choice_add(const struct conntrack_connection *seen, void *choice);

/* Fills in what is to be kept; no more connections are added then. *flows lives as long as the choice. */
int choice_make(struct choice *c, const struct flow **flows, size_t *count)
	__attribute__((warn_unused_result));

#endif
