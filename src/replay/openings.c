/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/openings.h"

#include "core/opening.h"
#include "replay/names.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

/*
 * Two names, because the capture may show the data connection on either side: the service's and the
 * real server's. Passive: any port of the client, and the port opened. Active: the other way round.
 */
struct opening {
	TAILQ_ENTRY(opening) by_age;
	struct name shown;
	struct name actual;
	struct endpoint control;
	struct endpoint target;
	uint32_t session; /* flow id */
	uint32_t until;   /* seconds */
};

TAILQ_HEAD(opening_list, opening);

struct openings {
	struct names shown;
	struct names actual;
	struct opening_list list; /* oldest first: all live equally long */
	size_t count;
	uint32_t made; /* spreads the ports that are tried */
};

struct openings *openings_new(void)
{
	struct openings *o = calloc(1, sizeof(*o));

	if (o != NULL)
		TAILQ_INIT(&o->list);
	return o;
}

static void forget(struct openings *o, struct opening *opening)
{
	names_remove(&o->shown, &opening->shown);
	names_remove(&o->actual, &opening->actual);
	TAILQ_REMOVE(&o->list, opening, by_age);
	o->count--;
	free(opening);
}

void openings_free(struct openings *o)
{
	struct opening *opening;

	if (o == NULL)
		return;
	while ((opening = TAILQ_FIRST(&o->list)) != NULL)
		forget(o, opening);
	free(o);
}

static void expire(struct openings *o, uint32_t now)
{
	struct opening *oldest;

	while ((oldest = TAILQ_FIRST(&o->list)) != NULL &&
	       (oldest->until < now || o->count >= OPENINGS_MAX))
		forget(o, oldest);
}

static struct endpoint with_port(const struct endpoint *e, uint16_t port)
{
	return (struct endpoint){ .addr = e->addr, .port = port };
}

/* The two ends of the data connection as the client sees them. */
static struct name shown_name(const struct flow *flow, const struct want *want)
{
	struct name name;

	if (mode_is_passive(want->mode)) {
		name.near = with_port(&flow->client, 0);
		name.far = with_port(&flow->service, want->port);
	} else {
		name.near = want->target;
		name.far = with_port(&flow->service, 0);
	}
	return name;
}

/* And as the real server sees them. */
static struct name actual_name(const struct flow *flow, const struct want *want)
{
	struct name name;

	if (mode_is_passive(want->mode)) {
		name.near = with_port(&flow->client, 0);
		name.far = want->target;
	} else {
		name.near = want->target;
		name.far = with_port(&flow->server, 0);
	}
	return name;
}

static struct opening *find_shown(const struct openings *o, const struct flow *flow,
				  const struct want *want)
{
	struct name name = shown_name(flow, want);

	return names_find(&o->shown, &name.near, &name.far);
}

/* Returns 0, -EBUSY when another opening holds the name, or -ENOMEM. */
static int hold(struct openings *o, const struct situation *at, const struct want *want)
{
	const struct flow *flow = &at->session->flow;
	struct opening *opening = find_shown(o, flow, want);

	if (opening != NULL && opening->session == flow->id &&
	    endpoint_equal(&opening->target, &want->target))
		forget(o, opening); /* asked for again: its time begins anew */
	else if (opening != NULL)
		return -EBUSY;
	opening = calloc(1, sizeof(*opening));
	if (opening == NULL)
		return -ENOMEM;
	opening->shown = shown_name(flow, want);
	opening->actual = actual_name(flow, want);
	opening->shown.owner = opening->actual.owner = opening;
	if (names_add(&o->shown, &opening->shown) < 0) {
		free(opening);
		return -ENOMEM;
	}
	if (names_add(&o->actual, &opening->actual) < 0)
		opening->actual.owner = NULL; /* another one answers to it */
	opening->control = flow->client;
	opening->target = want->target;
	opening->session = flow->id;
	opening->until = at->now + at->policy->opening_seconds;
	TAILQ_INSERT_TAIL(&o->list, opening, by_age);
	o->count++;
	return 0;
}

static int hold_any_port(struct openings *o, const struct situation *at, struct want *want)
{
	struct opening_ports ports;
	int error;

	opening_ports_begin(&ports, at, want, at->session->flow.id + o->made++);
	do {
		error = opening_ports_next(&ports, &want->port);
		if (error == 0)
			error = hold(o, at, want);
	} while (error == -EBUSY);
	return error;
}

static void make(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		 reason_set *reasons)
{
	struct openings *o = opener;
	int error;

	(void)ticket;
	expire(o, at->now);
	error = mode_is_passive(want->mode) ? hold_any_port(o, at, want) : hold(o, at, want);
	if (error == -EBUSY)
		error = 0; /* active: the earlier one serves */
	want->made = error == 0;
	if (error == -ENOSPC)
		*reasons |= reason_bit(REASON_PORTS_EXHAUSTED);
	else if (error < 0)
		*reasons |= reason_bit(REASON_OPENING_FAILED);
}

static void undo(void *opener, const struct flow *flow, struct want *want)
{
	struct opening *opening = find_shown(opener, flow, want);

	want->made = false;
	if (opening != NULL && opening->session == flow->id)
		forget(opener, opening);
}

static bool replace(void *opener, const struct situation *at, const struct replaced *last)
{
	const struct openings *o = opener;
	struct want want = { .mode = MODE_PASSIVE, .port = last->shown, .made = true };
	const size_t count = o->count;

	undo(opener, &at->session->flow, &want);
	return o->count < count;
}

const struct opener_ops openings_ops = { .make = make, .undo = undo, .replace = replace };

static struct opening *find_either(const struct openings *o, const struct endpoint *near,
				   const struct endpoint *far)
{
	struct opening *found = names_find(&o->shown, near, far);

	return found != NULL ? found : names_find(&o->actual, near, far);
}

bool openings_use(struct openings *o, const struct endpoint *source,
		  const struct endpoint *destination, uint32_t now, struct endpoint *control)
{
	struct endpoint any_of_source = with_port(source, 0);
	struct opening *found;

	expire(o, now);
	found = find_either(o, &any_of_source, destination);
	if (found == NULL)
		found = find_either(o, destination, &any_of_source);
	if (found == NULL)
		return false;
	*control = found->control;
	forget(o, found);
	return true;
}
