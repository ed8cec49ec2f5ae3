/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/opening.h"

#include <errno.h>

static struct port_range range_of(const struct service *service)
{
	if (service->passive_ports.first != 0)
		return service->passive_ports;
	return (struct port_range){ OPENING_FALLBACK_FIRST, OPENING_FALLBACK_LAST };
}

static bool own_port_shown(const struct service *service, uint16_t port)
{
	const struct port_range *range = &service->passive_ports;

	return range->first == 0 || (port >= range->first && port <= range->last);
}

int opening_port(const struct service *service, const struct want *want, uint32_t seed,
		 unsigned int attempt, uint16_t *port)
{
	struct port_range range = range_of(service);
	uint32_t size = (uint32_t)range.last - range.first + 1;

	if (own_port_shown(service, want->target.port)) {
		if (attempt == 0) {
			*port = want->target.port;
			return 0;
		}
		attempt--;
	}
	if (attempt >= OPENING_TRIES_MAX || attempt >= size)
		return -ENOSPC;
	*port = (uint16_t)(range.first + (seed + attempt) % size);
	return 0;
}
