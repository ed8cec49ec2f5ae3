/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/discovery.h"

#include <errno.h>
#include <stdlib.h>

static void sort(struct discovery *d)
{
	qsort(d->found, d->count, sizeof(*d->found), endpoint_compare);
}

static int add(const struct ipvs_service *service, void *data)
{
	struct discovery *d = data;

	if (service->masquerading == 0 || d->count == DISCOVERY_MAX)
		return 0;
	d->found[d->count++] = service->address;
	return 0;
}

int discovery_run(struct ipvs *ipvs, struct discovery *out)
{
	struct discovery d = {
		.found = calloc(DISCOVERY_MAX, sizeof(*d.found)),
		.missing = calloc(DISCOVERY_MAX, sizeof(*d.missing)),
	};
	int error = d.found == NULL || d.missing == NULL ? -ENOMEM : 0;

	if (error == 0)
		error = ipvs_services(ipvs, DISCOVERY_PORT, add, &d);
	if (error < 0) {
		discovery_free(&d);
		return error;
	}
	sort(&d);
	*out = d;
	return 0;
}

static uint64_t missing_since(const struct discovery *d, const struct endpoint *service, uint64_t now)
{
	const struct discovery_missing *m = bsearch(service, d->missing, d->missing_count,
						    sizeof(*d->missing), endpoint_compare);

	return m != NULL ? m->since : now;
}

void discovery_keep(struct discovery *d, const struct discovery *before, uint64_t now)
{
	const size_t named = d->count;

	for (size_t i = 0; i < before->count && d->count < DISCOVERY_MAX; i++) {
		const struct endpoint *service = &before->found[i];
		const uint64_t since = missing_since(before, service, now);

		if (now - since >= DISCOVERY_GRACE_SECONDS ||
		    bsearch(service, d->found, named, sizeof(*service), endpoint_compare) != NULL)
			continue;
		d->missing[d->missing_count++] = (struct discovery_missing){ *service, since };
		d->found[d->count++] = *service;
	}
	sort(d);
}

void discovery_free(struct discovery *d)
{
	free(d->found);
	free(d->missing);
	*d = (struct discovery){ 0 };
}

bool discovery_equal(const struct discovery *a, const struct discovery *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!endpoint_equal(&a->found[i], &b->found[i]))
			return false;
	return true;
}
