/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/policy.h"

#include <stdlib.h>

int policy_compare_services(const void *a, const void *b)
{
	const struct service *x = a;
	const struct service *y = b;

	return endpoint_compare(&x->address, &y->address);
}

const struct port_range *service_range(const struct service *service, const struct endpoint *server)
{
	struct real_server key = { .address = *server };
	const struct real_server *found;

	if (service->server_count == 0)
		return NULL;
	key.address.port = 0;
	found = bsearch(&key, service->servers, service->server_count, sizeof(key), endpoint_compare);
	return found == NULL || found->passive_ports.first == 0 ? NULL : &found->passive_ports;
}

bool policy_is_taken(const struct policy *policy, const struct endpoint *e)
{
	return policy->taken_count > 0 && bsearch(e, policy->taken, policy->taken_count, sizeof(*e),
						  endpoint_compare) != NULL;
}

bool policy_is_own(const struct policy *policy, const struct endpoint *server)
{
	const struct endpoint address = { .addr = server->addr, .port = 0 };

	return policy_is_taken(policy, &address);
}

bool policy_may_open(const struct policy *policy, const struct service *service,
		     const struct endpoint *target)
{
	const struct port_range *named = service_range(service, target);

	if (named != NULL)
		return port_in_range(*named, target->port);
	return target->port >= PORT_PRIVILEGED_END &&
	       !port_in_list(&service->closed_ports, target->port) &&
	       !policy_is_taken(policy, target);
}

/* The address on which a socket listens that listens on all of the family. */
static struct endpoint any_address(const struct endpoint *e)
{
	const struct in_addr any = { INADDR_ANY };

	return endpoint_is_ipv4(e) ? endpoint_from_ipv4(any, e->port)
				   : endpoint_from_ipv6(&in6addr_any, e->port);
}

bool policy_may_show(const struct policy *policy, const struct endpoint *shown)
{
	const struct endpoint any = any_address(shown);

	return !policy_is_taken(policy, shown) && !policy_is_taken(policy, &any);
}

/* Services are in the order of their addresses: those of one address, and of one family, stand together. */
bool policy_has_other_address(const struct policy *policy, const struct endpoint *address)
{
	const struct service *end = policy->services + policy->service_count;
	const struct service *found = policy_find(policy, address), *s;

	if (found == NULL)
		return true;
	for (s = found; s > policy->services && endpoint_same_address(&s[-1].address, address);)
		s--;
	if (s > policy->services && endpoint_is_ipv4(&s[-1].address) == endpoint_is_ipv4(address))
		return true;
	for (s = found + 1; s < end && endpoint_same_address(&s->address, address);)
		s++;
	return s < end && endpoint_is_ipv4(&s->address) == endpoint_is_ipv4(address);
}

const struct service *policy_find(const struct policy *policy, const struct endpoint *address)
{
	const struct service key = { .address = *address };

	return bsearch(&key, policy->services, policy->service_count, sizeof(key),
		       policy_compare_services);
}
