/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control connection as conntrack names it: the seven-tuple of an IPVS NAT connection.
 *
 * The original tuple gives client and virtual service, the reply tuple gives the real server.
 * id is conntrack's own identifier of the connection (CTA_ID, a keyed hash that no peer can
 * foresee): the session table is addressed by it.
 */
#ifndef FTPALGD_CORE_FLOW_H
#define FTPALGD_CORE_FLOW_H

#include "core/endpoint.h"

enum direction {
	FROM_CLIENT,
	FROM_SERVER,
	DIRECTIONS,
};

struct flow {
	struct endpoint client;
	struct endpoint service; /* the virtual service that the client spoke to */
	struct endpoint server;  /* the real server that IPVS chose */
	uint32_t id;
	bool has_helper; /* conntrack will accept an expectation of this connection */
};

static inline enum direction opposite(enum direction d)
{
	return d == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
}

#endif
