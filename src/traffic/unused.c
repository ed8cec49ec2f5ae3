/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/unused.h"

#include <stdlib.h>
#include <string.h>

struct look {
	uint32_t when; /* seconds */
	size_t count;
	struct expectation_waiting *waiting; /* room for UNUSED_WAITING_MAX: memory only as far as used */
};

struct unused {
	struct look last, now;
};

struct unused *unused_new(void)
{
	struct unused *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->last.waiting = calloc(UNUSED_WAITING_MAX, sizeof(*u->last.waiting));
	u->now.waiting = calloc(UNUSED_WAITING_MAX, sizeof(*u->now.waiting));
	if (u->last.waiting == NULL || u->now.waiting == NULL) {
		unused_free(u);
		return NULL;
	}
	return u;
}

void unused_free(struct unused *u)
{
	if (u == NULL)
		return;
	free(u->last.waiting);
	free(u->now.waiting);
	free(u);
}

void unused_see(struct unused *u, const struct expectation_waiting *e)
{
	if (u->now.count < UNUSED_WAITING_MAX)
		u->now.waiting[u->now.count++] = *e;
}

void unused_forget_look(struct unused *u)
{
	u->now.count = 0;
}

static int compare(const void *a, const void *b)
{
	const struct expectation_waiting *x = a, *y = b;
	int order = endpoint_compare(&x->source, &y->source);

	if (order == 0)
		order = endpoint_compare(&x->destination, &y->destination);
	if (order == 0)
		order = endpoint_compare(&x->client, &y->client);
	return order;
}

void unused_look_ends(struct unused *u, uint32_t now, unused_ended *ended, void *data)
{
	struct look next = u->last;
	const uint32_t passed = now - u->last.when;
	size_t i = 0;

	qsort(u->now.waiting, u->now.count, sizeof(*u->now.waiting), compare);
	for (size_t k = 0; k < u->last.count; k++) {
		const struct expectation_waiting *e = &u->last.waiting[k];

		while (i < u->now.count && compare(&u->now.waiting[i], e) < 0)
			i++;
		if ((i == u->now.count || compare(&u->now.waiting[i], e) != 0) && e->seconds <= passed)
			ended(e, data);
	}
	u->last = u->now;
	u->last.when = now;
	next.count = 0;
	u->now = next;
}
