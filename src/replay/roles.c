/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/roles.h"

#include <errno.h>

int roles_add(struct roles *roles, const struct endpoint *address, bool is_server)
{
	if (roles->count == ROLES_MAX)
		return -ENOSPC;
	roles->list[roles->count++] = (struct role){ *address, is_server, NULL };
	return 0;
}

static bool may_serve(const struct role *service, const struct role *server)
{
	return !service->is_server &&
	       endpoint_is_ipv4(&service->address) == endpoint_is_ipv4(&server->address);
}

static const struct role *service_of(const struct roles *roles, size_t server)
{
	for (size_t i = server; i-- > 0;)
		if (may_serve(&roles->list[i], &roles->list[server]))
			return &roles->list[i];
	for (size_t i = server + 1; i < roles->count; i++)
		if (may_serve(&roles->list[i], &roles->list[server]))
			return &roles->list[i];
	return NULL;
}

void roles_settle(struct roles *roles)
{
	for (size_t i = 0; i < roles->count; i++)
		if (roles->list[i].is_server)
			roles->list[i].service = service_of(roles, i);
}

const struct role *roles_find(const struct roles *roles, const struct endpoint *address)
{
	for (size_t i = 0; i < roles->count; i++)
		if (endpoint_equal(&roles->list[i].address, address))
			return &roles->list[i];
	return NULL;
}

const struct role *roles_only_server(const struct roles *roles, const struct role *service)
{
	const struct role *only = NULL;

	for (size_t i = 0; i < roles->count; i++) {
		if (!roles->list[i].is_server || roles->list[i].service != service)
			continue;
		if (only != NULL)
			return NULL;
		only = &roles->list[i];
	}
	return only;
}
