/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is a virtual service and who a real server, as far as the command line says so.
 *
 * A real server belongs to the nearest service of its address family that was named before it, or
 * else to the first one named after it; without any it stands for itself.
 */
#ifndef FTPALGD_REPLAY_ROLES_H
#define FTPALGD_REPLAY_ROLES_H

#include "core/endpoint.h"

#define ROLES_MAX 256

struct role {
	struct endpoint address;
	bool is_server;
	const struct role *service; /* of a real server; NULL: none was named */
};

struct roles {
	size_t count;
	struct role list[ROLES_MAX];
};

/* Returns 0, or -ENOSPC when there are too many. */
int roles_add(struct roles *roles, const struct endpoint *address, bool is_server)
	__attribute__((warn_unused_result));

/* Finds the service of every real server, once all are added. */
void roles_settle(struct roles *roles);

/* The role of that address and port, or NULL. */
const struct role *roles_find(const struct roles *roles, const struct endpoint *address);

/* The real server of a service that has just one, or NULL. */
const struct role *roles_only_server(const struct roles *roles, const struct role *service);

#endif
