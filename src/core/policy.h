/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operator wants, as an immutable snapshot that decide reads.
 *
 * A policy is built once (from the configuration and from IPVS), then only read, by all workers
 * at once; a change makes a new one. It is one block of memory: whatever it points to lies behind
 * its services, and free() frees it all.
 */
#ifndef FTPALGD_CORE_POLICY_H
#define FTPALGD_CORE_POLICY_H

#include "core/endpoint.h"

enum forwarding {
	FORWARD_IPVS,      /* entry in IPVS, and an expectation */
	FORWARD_CONNTRACK, /* an expectation that carries the address alteration */
};

#define SERVICE_NAME_MAX ENDPOINT_TEXT_MAX /* a discovered one is named by its endpoint */

struct port_range {
	uint16_t first; /* 0: no range, the server's own ports are shown */
	uint16_t last;
};

static inline bool port_in_range(struct port_range range, uint16_t port)
{
	return range.first <= port && port <= range.last;
}

/* What the operator says about one real server of a service. */
struct real_server {
	struct endpoint address;         /* its port is 0 */
	struct port_range passive_ports; /* the range that the server itself is configured with */
};

#define PORT_LIST_MAX 16

struct port_list {
	size_t count;
	struct port_range ranges[PORT_LIST_MAX]; /* in the operator's order; they may overlap */
};

static inline bool port_in_list(const struct port_list *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++)
		if (port_in_range(list->ranges[i], port))
			return true;
	return false;
}

#define PORT_PRIVILEGED_END 1024 /* the first port that needs no privilege to listen on */

struct service {
	char name[SERVICE_NAME_MAX];
	struct endpoint address;
	struct port_range passive_ports;
	bool active;     /* PORT and EPRT make openings */
	bool deny_tls;   /* AUTH is refused towards the client */
	bool fail_open;  /* an opening that fails lets the reply go on unchanged; else it is dropped */
	bool discovered; /* found in IPVS, not listed in the configuration */
	struct port_list closed_ports;     /* of real servers without a named range, never opened */
	const struct real_server *servers; /* sorted by endpoint_compare; they live with the policy */
	size_t server_count;
};

struct policy {
	enum forwarding forwarding;
	bool guard;                    /* only expected data connections reach a service's passive_ports */
	uint32_t max_sessions;         /* a worker's share */
	uint32_t openings_per_session;
	uint32_t openings_per_client;  /* likewise a worker's share, as is the next one */
	uint32_t sessions_per_client;
	uint32_t max_line;             /* bytes of one control line, CRLF included */
	uint32_t idle_seconds;         /* silence after which a session is forgotten */
	uint32_t opening_seconds;      /* life of an opening nobody used */
	const struct endpoint *taken;  /* sorted by endpoint_compare, each once: see policy_is_taken */
	size_t taken_count;
	size_t service_count;
	struct service services[];     /* sorted by policy_compare_services */
};

/*
 * The range that the operator named for the real server at that address, or NULL. Nothing but FTP's
 * data listeners lives in it.
 */
const struct port_range *service_range(const struct service *service, const struct endpoint *server);

/*
 * Whether something other than a data connection is reached there: a virtual service or a port of
 * one of its real servers in IPVS, or a socket on which the director listens (with the address zero
 * where it listens on all).
 */
bool policy_is_taken(const struct policy *policy, const struct endpoint *e);

/* Whether the address is the director's own: a real server there is a process on it. taken has it with port 0. */
bool policy_is_own(const struct policy *policy, const struct endpoint *server);

/*
 * Whether a data connection may be led to that port of the real server: a port of its named range,
 * or, where none is named, an unprivileged one that is neither closed nor taken.
 */
bool policy_may_open(const struct policy *policy, const struct service *service,
		     const struct endpoint *target);

/*
 * Whether clients may be shown that endpoint of a virtual address for a data connection: nothing
 * else is reached there, of what is taken at that address or at all addresses of its family.
 */
bool policy_may_show(const struct policy *policy, const struct endpoint *shown);

/* Whether there are services at another virtual address of the same family. */
bool policy_has_other_address(const struct policy *policy, const struct endpoint *address);

/* Order of struct service by address and port, for qsort and bsearch. */
int policy_compare_services(const void *a, const void *b);

/* The service at that address and port, or NULL. */
const struct service *policy_find(const struct policy *policy, const struct endpoint *address);

/* The same. *index is where it was last time, whatever the policy then: mostly it is there still. */
static inline const struct service *policy_find_again(const struct policy *policy,
						      const struct endpoint *address, uint32_t *index)
{
	const struct service *found = &policy->services[*index];

	if (*index < policy->service_count && endpoint_equal(&found->address, address))
		return found;
	found = policy_find(policy, address);
	*index = found == NULL ? 0 : (uint32_t)(found - policy->services);
	return found;
}

#endif
