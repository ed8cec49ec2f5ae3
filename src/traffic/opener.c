/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/opener.h"

#include "core/opening.h"
#include "kernel/conntrack.h"
#include "kernel/expectation.h"

#include <errno.h>
#include <stdlib.h>

enum { UNDONE_SECONDS = 1 };

struct opener {
	struct netlink *nl;
	struct backup *backup;
	struct ipvs_sync *sync;
	bool stale;      /* there is no sync yet, or the thread that it sends to has gone */
	uint64_t before; /* the last ticket of threads before this one */
	uint64_t last;   /* of all */
	uint32_t made;   /* spreads the ports that are tried */
};

/* Sends to the backup thread that runs now. What the one before was given is lost. */
static int follow_thread(struct opener *o)
{
	struct ipvs_sync *fresh = NULL;
	struct ipvs_thread thread;
	struct ipvs *ipvs = NULL;
	int error = ipvs_open(&ipvs);

	if (error == 0)
		error = backup_find(o->backup, ipvs, &thread);
	ipvs_close(ipvs);
	if (error == 0)
		error = ipvs_sync_open(&thread, &fresh);
	if (error < 0)
		return error;
	ipvs_sync_close(o->sync);
	o->sync = fresh;
	o->before = o->last;
	o->stale = false;
	return 0;
}

int opener_open(struct backup *backup, struct opener **out)
{
	struct opener *o = calloc(1, sizeof(*o));
	int error;

	if (o == NULL)
		return -ENOMEM;
	o->backup = backup;
	o->stale = true;
	error = netlink_open(NETLINK_NETFILTER, &o->nl);
	if (error < 0) {
		opener_close(o);
		return error;
	}
	*out = o;
	return 0;
}

void opener_close(struct opener *o)
{
	if (o == NULL)
		return;
	ipvs_sync_close(o->sync);
	netlink_close(o->nl);
	free(o);
}

int opener_fd(const struct opener *o)
{
	return o->sync == NULL ? -1 : ipvs_sync_fd(o->sync);
}

struct netlink *opener_netlink(struct opener *o)
{
	return o->nl;
}

/* Whether IPVS carries this opening's data connection, alone or beside the expectation. */
static bool needs_entry(const struct opener *o, const struct situation *at, const struct want *want)
{
	return o->backup != NULL && !want->expected_only && (at->policy->forwarding == FORWARD_IPVS ||
				   !at->session->flow.has_helper);
}

static struct expectation expectation_of(const struct situation *at, const struct want *want,
					 uint16_t port)
{
	const struct flow *flow = &at->session->flow;

	if (!mode_is_passive(want->mode))
		return expectation_active(flow, want->target.port);
	if (at->policy->forwarding == FORWARD_IPVS)
		return expectation_passive(flow, port);
	return expectation_passive_altered(flow, port, want->target.port);
}

static int expect(struct opener *o, const struct situation *at, const struct want *want,
		  uint16_t port)
{
	struct expectation e = expectation_of(at, want, port);

	return expectation_add(o->nl, &at->session->flow, &e);
}

/* Expects on the first port that no other opening of this client holds. */
static int expect_passive(struct opener *o, const struct situation *at, struct want *want)
{
	struct opening_ports ports;
	int error;

	opening_ports_begin(&ports, at, want, at->session->flow.id + o->made++);
	do {
		error = opening_ports_next(&ports, &want->port);
		if (error == 0 && at->session->flow.has_helper)
			error = expect(o, at, want, want->port);
	} while (error == -EBUSY);
	return error;
}

/*
 * An overlapping expectation of an active opening names the same real server and the same client's
 * port: it was left by an earlier session of this client and serves as well.
 */
static int expect_active(struct opener *o, const struct situation *at, const struct want *want)
{
	int error;

	if (!at->session->flow.has_helper)
		return 0;
	error = expect(o, at, want, 0);
	return error == -EBUSY ? 0 : error;
}

static struct ipvs_entry entry_of(const struct situation *at, const struct want *want,
				  uint32_t seconds)
{
	const struct flow *flow = &at->session->flow;

	return mode_is_passive(want->mode)
		       ? ipvs_entry_passive(flow, want->port, want->target.port, seconds)
		       : ipvs_entry_active(flow, want->target.port, seconds);
}

static int send_entry(struct opener *o, const struct ipvs_entry *entry, uint64_t *ticket)
{
	uint64_t number = 0;
	int error = o->stale ? follow_thread(o) : 0;

	if (error == 0)
		error = ipvs_sync_send(o->sync, entry, 1, &number);
	if (error < 0) {
		o->stale |= error != -ENOBUFS; /* the thread's interface may have gone, too */
		return error;
	}
	o->last = o->before + number;
	*ticket = o->last;
	return 0;
}

/* Returns whether it was there, unused. */
static bool unexpect(struct opener *o, const struct situation *at, const struct want *want)
{
	struct expectation e = expectation_of(at, want, want->port);

	return expectation_remove(o->nl, &at->session->flow, &e) == 0;
}

/* Lets the entry die at once; where that fails it dies with its own time limit. */
static void shorten_entry(struct opener *o, const struct situation *at, const struct want *want)
{
	struct ipvs_entry entry = entry_of(at, want, UNDONE_SECONDS);
	uint64_t ticket;

	(void)!send_entry(o, &entry, &ticket);
}

static void make(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		 reason_set *reasons)
{
	struct opener *o = opener;
	int error;

	if (!at->session->flow.has_helper)
		*reasons |= reason_bit(REASON_HELPER_MISSING);
	error = mode_is_passive(want->mode) ? expect_passive(o, at, want)
					    : expect_active(o, at, want);
	if (error == 0 && needs_entry(o, at, want)) {
		struct ipvs_entry entry = entry_of(at, want, at->policy->opening_seconds);

		error = send_entry(o, &entry, ticket);
		if (error < 0 && at->session->flow.has_helper)
			unexpect(o, at, want);
	} else if (error == 0 && !at->session->flow.has_helper) {
		error = -EOPNOTSUPP;
	}
	want->made = error == 0;
	if (error == -ENOSPC)
		*reasons |= reason_bit(REASON_PORTS_EXHAUSTED);
	else if (error < 0)
		*reasons |= reason_bit(REASON_OPENING_FAILED);
}

static int settled(void *opener, uint64_t ticket)
{
	struct opener *o = opener;
	int in_force;

	if (ticket <= o->before)
		return -ESTALE;
	in_force = ipvs_sync_settled(o->sync, ticket - o->before);
	if (in_force == -ESTALE)
		o->stale = true;
	return in_force;
}

static int send_again(void *opener, const struct situation *at, const struct want *want, uint64_t *ticket)
{
	struct ipvs_entry entry = entry_of(at, want, at->policy->opening_seconds);

	return send_entry(opener, &entry, ticket);
}

int opener_keep_alive(struct opener *o, const struct flow *flow, uint32_t seconds)
{
	const struct ipvs_entry entry = ipvs_entry_control(flow, seconds);
	int established = conntrack_is_established(o->nl, flow);
	uint64_t ticket;
	int error;

	if (established <= 0 || o->backup == NULL)
		return established;
	/* Nobody asks for this one's ticket: the next one finds out whether the thread lives. */
	if (o->last > o->before && settled(o, o->last) == -ESTALE)
		o->stale = true;
	error = send_entry(o, &entry, &ticket);
	return error < 0 ? error : 1;
}

static void undo(void *opener, const struct situation *at, struct want *want)
{
	struct opener *o = opener;

	want->made = false;
	if (at->session->flow.has_helper)
		unexpect(o, at, want);
	if (needs_entry(o, at, want))
		shorten_entry(o, at, want);
}

/* Whether it was used only its expectation knows: the kernel removes that with its first packet. */
static bool replace(void *opener, const struct situation *at, const struct replaced *last)
{
	struct opener *o = opener;
	struct want want = { .mode = MODE_PASSIVE, .target = at->session->flow.server, .port = last->shown };

	want.target.port = last->target;
	if (!at->session->flow.has_helper || !unexpect(o, at, &want))
		return false;
	if (needs_entry(o, at, &want))
		shorten_entry(o, at, &want);
	return true;
}

const struct opener_ops opener_ops = {
	.make = make,
	.settled = settled,
	.send_again = send_again,
	.undo = undo,
	.replace = replace,
};
