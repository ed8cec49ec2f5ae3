/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/discovery.h"

#include <errno.h>
#include <stdlib.h>

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
	struct discovery d = { .found = calloc(DISCOVERY_MAX, sizeof(*d.found)) };
	int error;

	if (d.found == NULL)
		return -ENOMEM;
	error = ipvs_services(ipvs, DISCOVERY_PORT, add, &d);
	if (error < 0) {
		discovery_free(&d);
		return error;
	}
	*out = d;
	return 0;
}

void discovery_free(struct discovery *d)
{
	free(d->found);
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
