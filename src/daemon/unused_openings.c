/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unused_openings.h"

#include <time.h>

/* So many of one look are told one by one. */
enum { UNUSED_TOLD_MAX = 256 };

struct unused_batch {
	size_t count;
	struct unused_opening list[UNUSED_TOLD_MAX];
};

static int see(const struct expectation_waiting *e, void *data)
{
	unused_see(data, e);
	return 0;
}

static void add_unused(const struct expectation_waiting *e, void *data)
{
	const bool passive = endpoint_same_address(&e->source, &e->client);
	struct unused_batch *batch = data;
	struct unused_opening *o;

	if (batch->count == UNUSED_TOLD_MAX)
		return;
	o = &batch->list[batch->count++];
	*o = (struct unused_opening){
		.flow = { .client = e->client, .service = e->service },
		.want = { .mode = passive ? MODE_PASSIVE : MODE_ACTIVE, .target = e->destination,
			  .port = e->destination.port },
	};
	if (!passive)
		o->flow.server = e->source;
}

void unused_openings_look(struct unused *u, struct netlink *nl, struct worker *worker)
{
	struct unused_batch batch = { .count = 0 };
	struct timespec now;

	if (expectation_list(nl, see, u) < 0) {
		unused_forget_look(u);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	unused_look_ends(u, (uint32_t)now.tv_sec, add_unused, &batch);
	if (batch.count > 0)
		worker_unused(worker, batch.list, batch.count);
}
