/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/policy.h"

#include <stdlib.h>
#include <string.h>

int policy_compare_services(const void *a, const void *b)
{
	const struct service *x = a;
	const struct service *y = b;
	int order = memcmp(&x->address.addr, &y->address.addr, sizeof(x->address.addr));

	return order != 0 ? order : (int)x->address.port - (int)y->address.port;
}

const struct service *policy_find(const struct policy *policy, const struct endpoint *address)
{
	const struct service key = { .address = *address };

	return bsearch(&key, policy->services, policy->service_count, sizeof(key),
		       policy_compare_services);
}
