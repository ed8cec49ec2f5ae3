/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/opener.h"

#include "core/opening.h"
#include "kernel/conntrack.h"
#include "kernel/expectation.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum {
	UNDONE_SECONDS = 1,
	DISTRUST_SECONDS = 5, /* before entries are tried again that did not come about */
	KEEP_BATCH = 256, /* entries that are settled before the next are sent */
	SETTLE_MS = 1,
	SETTLE_TRIES = 1000,
};

struct opener {
	struct netlink *nl;
	struct backup *backup;
	struct ipvs_sync *sync;
	bool stale;      /* there is no sync yet, or the thread that it sends to has gone */
	uint64_t before; /* the last ticket of threads before this one */
	uint64_t last;   /* of all */
	uint32_t made;   /* spreads the ports that are tried */
	int entries_error;       /* the last one's that did not come about, or 0 */
	uint32_t entries_failed; /* seconds, monotonic: when it was sent */
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

/* ---- expectations ---- */

static struct expectation expectation_of(const struct flow *flow, const struct want *want)
{
	if (!mode_is_passive(want->mode))
		return expectation_active(flow, want->target.port);
	if (want->altered)
		return expectation_passive_altered(flow, want->port, want->target.port);
	return expectation_passive(flow, want->port);
}

/*
 * One of an active opening that stands there already names the same real server and the same client's
 * port, but leads through the virtual address of an earlier session of this client.
 */
static int expect(struct opener *o, const struct flow *flow, struct want *want)
{
	const struct expectation e = expectation_of(flow, want);
	int error = -EOPNOTSUPP;

	if (flow->has_helper)
		error = mode_is_passive(want->mode) ? expectation_add(o->nl, flow, &e)
						    : expectation_take(o->nl, flow, &e);
	want->expected = error == 0;
	return error;
}

/* Returns whether it was there, unused. */
static bool unexpect(struct opener *o, const struct flow *flow, struct want *want)
{
	const struct expectation e = expectation_of(flow, want);

	want->expected = false;
	return expectation_remove(o->nl, flow, &e) == 0;
}

/* ---- entries ---- */

static struct ipvs_entry entry_of(const struct flow *flow, const struct want *want, uint32_t seconds)
{
	return mode_is_passive(want->mode)
		       ? ipvs_entry_passive(flow, want->port, want->target.port, seconds)
		       : ipvs_entry_active(flow, want->target.port, seconds);
}

static int send_entries(struct opener *o, const struct ipvs_entry *entries, size_t count, uint64_t *ticket)
{
	uint64_t number = 0;
	int error = o->stale ? follow_thread(o) : 0;

	if (error == 0)
		error = ipvs_sync_send(o->sync, entries, count, &number);
	if (error < 0) {
		o->stale |= error != -ENOBUFS; /* the thread's interface may have gone, too */
		return error;
	}
	o->last = o->before + number;
	*ticket = o->last;
	return 0;
}

static int send_entry(struct opener *o, const struct ipvs_entry *entry, uint64_t *ticket)
{
	return send_entries(o, entry, 1, ticket);
}

/* Lets the entry die at once; where that fails it dies with its own time limit. */
static void shorten_entry(struct opener *o, const struct flow *flow, struct want *want)
{
	struct ipvs_entry entry = entry_of(flow, want, UNDONE_SECONDS);
	uint64_t ticket;

	want->entered = false;
	(void)!send_entry(o, &entry, &ticket);
}

/* Entries do not come about: for a while they are only tried where nothing else will do. */
static void distrust_entries(struct opener *o, uint32_t now, int error)
{
	o->entries_error = error;
	o->entries_failed = now;
}

static bool are_distrusted(const struct opener *o, uint32_t now)
{
	return o->entries_error < 0 && now - o->entries_failed < DISTRUST_SECONDS;
}

static int enter(struct opener *o, const struct situation *at, struct want *want, uint64_t *ticket)
{
	const struct ipvs_entry entry = entry_of(&at->session->flow, want, at->policy->opening_seconds);
	int error = o->backup == NULL ? -EOPNOTSUPP : send_entry(o, &entry, ticket);

	want->entered = error == 0;
	if (error < 0 && o->backup != NULL)
		distrust_entries(o, at->now, error);
	return error;
}

/* ---- openings ---- */

/* The first part that is refused is the one that is told. */
static void refuse(struct want *want, int error)
{
	if (want->error == 0)
		want->error = error;
}

/* Whether the guard drops what no expectation foretells. */
static bool is_guarded(const struct situation *at)
{
	return at->policy->guard && at->service->passive_ports.first != 0;
}

/* Whether an expectation is to carry the data connection without an entry. */
static bool does_without_entry(const struct opener *o, const struct situation *at, struct want *want)
{
	if (at->policy->forwarding == FORWARD_CONNTRACK || o->backup == NULL)
		return true;
	/* IPVS does not translate to a local address by an entry that came over its protocol (ip_vs_nat_xmit). */
	if (policy_is_own(at->policy, &at->session->flow.server))
		return true;
	if (!are_distrusted(o, at->now))
		return false;
	refuse(want, o->entries_error);
	return true;
}

/* Returns 0, -EBUSY: another opening of this client holds that port, or another -errno. */
static int make_passive_at(struct opener *o, const struct situation *at, struct want *want, uint64_t *ticket)
{
	const struct flow *flow = &at->session->flow;
	int error;

	want->altered = flow->has_helper && does_without_entry(o, at, want);
	error = expect(o, flow, want);
	if (error == -EBUSY || (want->expected && want->altered))
		return error;
	if (error < 0 && flow->has_helper) {
		refuse(want, error);
		if (is_guarded(at))
			return error;
	}
	want->altered = false;
	error = enter(o, at, want, ticket);
	if (error == 0 || !want->expected)
		return error;
	refuse(want, error);
	want->altered = true;
	return expect(o, flow, want);
}

#define NO_PORT (-EADDRNOTAVAIL) /* all are held by other openings */

static int make_passive(struct opener *o, const struct situation *at, struct want *want, uint64_t *ticket)
{
	struct opening_ports ports;
	int error;

	opening_ports_begin(&ports, at, want, at->session->flow.id + o->made++);
	do {
		error = opening_ports_next(&ports, &want->port);
		if (error < 0)
			return NO_PORT;
		error = make_passive_at(o, at, want, ticket);
	} while (error == -EBUSY);
	return error;
}

/*
 * Whether an expectation does an active opening better without an entry. Where the client has named the
 * same port to two virtual addresses of one real server IPVS takes the entry that was made last, for as long as
 * there is one, and leads the data connection through its address, whatever the expectation says.
 */
static bool is_better_alone(const struct situation *at)
{
	return policy_has_other_address(at->policy, &at->session->flow.service);
}

/* The expectation carries it from any port of the server's, the entry from its data port. */
static int make_active(struct opener *o, const struct situation *at, struct want *want, uint64_t *ticket)
{
	const struct flow *flow = &at->session->flow;
	int error;

	want->altered = true;
	error = expect(o, flow, want);
	if (error < 0 && flow->has_helper)
		refuse(want, error);
	if (want->expected_only ||
	    (want->expected && (is_better_alone(at) || does_without_entry(o, at, want))))
		return error;
	error = enter(o, at, want, ticket);
	if (error == 0 || !want->expected)
		return error;
	refuse(want, error);
	return 0;
}

static void make(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		 reason_set *reasons)
{
	int error;

	want->error = 0;
	want->expected = want->entered = false;
	error = mode_is_passive(want->mode) ? make_passive(opener, at, want, ticket)
					    : make_active(opener, at, want, ticket);
	want->made = error == 0;
	if (!at->session->flow.has_helper)
		*reasons |= reason_bit(REASON_HELPER_MISSING);
	if (error == NO_PORT)
		*reasons |= reason_bit(REASON_PORTS_EXHAUSTED);
	else if (error < 0)
		*reasons |= reason_bit(REASON_OPENING_FAILED);
	else if (want->error < 0)
		*reasons |= reason_bit(REASON_OPENING_HALVED);
	if (error < 0)
		refuse(want, error);
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
	struct ipvs_entry entry = entry_of(&at->session->flow, want, at->policy->opening_seconds);

	return want->entered ? send_entry(opener, &entry, ticket) : 0;
}

/* Until the thread has taken them, or they are lost. */
static int wait_settled(struct opener *o, uint64_t ticket)
{
	struct pollfd fd = { .fd = opener_fd(o), .events = POLLIN };
	int in_force = 0;

	for (int tries = 0; in_force == 0 && tries < SETTLE_TRIES; tries++) {
		poll(&fd, 1, SETTLE_MS);
		in_force = settled(o, ticket);
	}
	return in_force > 0 ? 0 : in_force == 0 ? -ETIMEDOUT : in_force;
}

/* Lost ones are sent once more, to the thread that runs then. */
static int send_batch(struct opener *o, const struct ipvs_entry *entries, size_t count)
{
	int error = -EAGAIN;

	for (int tries = 0; error < 0 && tries < 2; tries++) {
		uint64_t ticket = 0;

		error = send_entries(o, entries, count, &ticket);
		if (error == 0)
			error = wait_settled(o, ticket);
	}
	return error;
}

int opener_keep_alive(struct opener *o, const struct flow *flows, size_t count, uint32_t seconds)
{
	struct ipvs_entry entries[KEEP_BATCH];
	int error = 0;

	if (seconds > IPVS_ENTRY_SECONDS_MAX)
		seconds = IPVS_ENTRY_SECONDS_MAX;
	for (size_t done = 0; error == 0 && done < count;) {
		size_t batch = count - done < KEEP_BATCH ? count - done : KEEP_BATCH;

		for (size_t i = 0; i < batch; i++)
			entries[i] = ipvs_entry_control(&flows[done + i], seconds);
		error = send_batch(o, entries, batch);
		done += batch;
	}
	return error;
}

static void undo(void *opener, const struct flow *flow, struct want *want)
{
	struct opener *o = opener;

	want->made = false;
	if (want->expected)
		unexpect(o, flow, want);
	if (want->entered)
		shorten_entry(o, flow, want);
}

/* The thread may still make the entry: it stands beside the expectation then, which comes first. */
static void fall_back(void *opener, const struct situation *at, struct want *want, int error)
{
	const struct flow *flow = &at->session->flow;
	struct opener *o = opener;

	if (!want->entered)
		return;
	distrust_entries(o, at->now, error);
	refuse(want, error);
	if (want->expected && !want->altered) {
		want->altered = true;
		expect(o, flow, want);
	}
	if (want->expected)
		want->entered = false;
	else
		undo(opener, flow, want);
}

/* An entry does not tell. */
static bool waits(void *opener, const struct flow *flow, const struct want *want)
{
	const struct expectation e = expectation_of(flow, want);
	struct opener *o = opener;
	int error = want->expected ? expectation_find(o->nl, flow, &e) : 0;

	return error != -ENOENT && error != -EBUSY;
}

/* Whether it was used only its expectation knows: the kernel removes that with its first packet. */
static bool replace(void *opener, const struct situation *at, const struct replaced *last)
{
	const struct flow *flow = &at->session->flow;
	struct opener *o = opener;
	struct want want = { .mode = MODE_PASSIVE, .target = flow->server, .port = last->shown };

	want.target.port = last->target;
	if (!flow->has_helper || !unexpect(o, flow, &want))
		return false;
	if (at->policy->forwarding == FORWARD_IPVS && o->backup != NULL)
		shorten_entry(o, flow, &want);
	return true;
}

const struct opener_ops opener_ops = {
	.make = make,
	.settled = settled,
	.send_again = send_again,
	.fall_back = fall_back,
	.undo = undo,
	.waits = waits,
	.replace = replace,
};
