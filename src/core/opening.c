/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/opening.h"

#include <errno.h>

enum { NEAR_STEPS = 2 * OPENING_NEAR };

void opening_ports_begin(struct opening_ports *ports, const struct situation *at,
			 const struct want *want, uint32_t seed)
{
	const struct port_range *named = service_range(at->service, &want->target);

	*ports = (struct opening_ports){
		.policy = at->policy,
		.service = at->service,
		.shown = at->session->flow.service,
		.own = want->target.port,
		.named = named != NULL ? *named : (struct port_range){ .first = 0 },
		.seed = seed,
	};
}

static bool has_range(const struct opening_ports *ports)
{
	return ports->service->passive_ports.first != 0;
}

/* Each gives the port of a step, 0 for a step without one, and false behind the last step. */

static bool port_of_range(const struct opening_ports *ports, unsigned int step, uint16_t *port)
{
	const struct port_range *range = &ports->service->passive_ports;
	uint32_t size = (uint32_t)range->last - range->first + 1;

	*port = (uint16_t)(range->first + (ports->seed + step) % size);
	return step < size;
}

/* The first time around these of the server's range, the second time the others. */
static bool port_nearby(const struct opening_ports *ports, unsigned int step, uint16_t *port)
{
	bool second = step >= NEAR_STEPS;
	int distance = (int)(step % NEAR_STEPS / 2) + 1;
	int found = ports->own + (step % 2 == 0 ? distance : -distance);
	bool named = found > 0 && found <= UINT16_MAX && port_in_range(ports->named, (uint16_t)found);
	bool usable = named || (found >= PORT_PRIVILEGED_END && found <= UINT16_MAX);

	*port = usable && named != second ? (uint16_t)found : 0;
	return step < 2 * NEAR_STEPS;
}

static bool port_at(const struct opening_ports *ports, unsigned int step, uint16_t *port)
{
	if (step == 0) {
		*port = !has_range(ports) || port_in_range(ports->service->passive_ports, ports->own)
				? ports->own : 0;
		return true;
	}
	return has_range(ports) ? port_of_range(ports, step - 1, port)
				: port_nearby(ports, step - 1, port);
}

int opening_ports_next(struct opening_ports *ports, uint16_t *port)
{
	while (ports->tries < OPENING_TRIES_MAX && ports->looks < OPENING_LOOKS_MAX &&
	       port_at(ports, ports->step, &ports->shown.port)) {
		ports->step++;
		if (ports->shown.port == 0)
			continue;
		ports->looks++;
		if (!policy_may_show(ports->policy, &ports->shown))
			continue;
		ports->tries++;
		*port = ports->shown.port;
		return 0;
	}
	return -ENOSPC;
}
