/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/discovery.h"

#include "kernel/tcp_diag.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>

struct look {
	struct ipvs *ipvs;
	struct discovery found;
	bool all_ends;
	unsigned int services;
	bool masquerades; /* the service at hand */
};

static int add_end(const struct endpoint *server, bool masquerading, void *data)
{
	struct look *look = data;

	look->masquerades |= masquerading;
	/* Port 0: any that the client asks for. */
	return server->port == 0 ? 0 : sightings_add(&look->found.ends, server, DISCOVERY_TAKEN_MAX);
}

static int add_servers(struct look *look, const struct ipvs_service *service)
{
	int error;

	look->masquerades = false;
	error = ipvs_servers(look->ipvs, service, add_end, look);
	return error == -ESRCH || error == -ENOENT ? 0 : error; /* deleted meanwhile */
}

static int add_service(const struct ipvs_service *service, void *data)
{
	struct look *look = data;
	struct discovery *d = &look->found;
	bool ftp = service->mark == 0 && service->address.port == DISCOVERY_PORT;
	int error = 0;

	look->services++;
	if (service->mark == 0 && service->address.port != 0)
		error = sightings_add(&d->virtuals, &service->address, DISCOVERY_TAKEN_MAX);
	if (error == 0 && (ftp || look->all_ends))
		error = add_servers(look, service);
	if (error == 0 && ftp && look->masquerades)
		error = sightings_add(&d->services, &service->address, DISCOVERY_MAX);
	return error;
}

static bool is_loopback(const struct endpoint *e)
{
	return endpoint_is_ipv4(e) ? ntohl(endpoint_ipv4(e).s_addr) >> 24 == IN_LOOPBACKNET
				   : IN6_IS_ADDR_LOOPBACK(&e->addr);
}

static int add_listener(const struct endpoint *local, void *data)
{
	struct discovery *d = data;

	return is_loopback(local) ? 0 : sightings_add(&d->listeners, local, DISCOVERY_TAKEN_MAX);
}

/* Each with port 0: see policy_is_own. */
static int add_own_addresses(struct discovery *d)
{
	struct ifaddrs *list = NULL;
	int error = getifaddrs(&list) < 0 ? -errno : 0;

	for (const struct ifaddrs *i = list; error == 0 && i != NULL; i = i->ifa_next) {
		const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
		const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;
		struct endpoint own;

		if (i->ifa_addr == NULL || (v4->sin_family != AF_INET && v4->sin_family != AF_INET6))
			continue;
		own = v4->sin_family == AF_INET ? endpoint_from_ipv4(v4->sin_addr, 0)
						: endpoint_from_ipv6(&v6->sin6_addr, 0);
		error = sightings_add(&d->listeners, &own, DISCOVERY_TAKEN_MAX);
	}
	freeifaddrs(list);
	return error;
}

/* Whoever could not be asked is taken for unchanged. */
static int add_listeners(struct discovery *d, struct netlink *diag, const struct discovery *before)
{
	if (diag == NULL)
		return 0;
	d->listeners_error = tcp_diag_listeners(diag, add_listener, d);
	if (d->listeners_error == 0 || before == NULL)
		return 0;
	d->listeners.count = 0;
	return sightings_add_all(&d->listeners, &before->listeners);
}

static int keep(struct sightings *s, const struct sightings *before, size_t limit, uint64_t now)
{
	sightings_settle(s);
	return before == NULL ? 0 : sightings_keep(s, before, limit, now);
}

#define BEFORE(member) (before == NULL ? NULL : &before->member)

int discovery_settle(struct discovery *d, const struct discovery *before, uint64_t now)
{
	int error = keep(&d->services, BEFORE(services), DISCOVERY_MAX, now);

	if (error == 0)
		error = keep(&d->virtuals, BEFORE(virtuals), DISCOVERY_TAKEN_MAX, now);
	if (error == 0)
		error = keep(&d->ends, BEFORE(ends), DISCOVERY_TAKEN_MAX, now);
	if (error == 0)
		error = keep(&d->listeners, BEFORE(listeners), DISCOVERY_TAKEN_MAX, now);
	if (error == 0)
		error = sightings_add_all(&d->taken, &d->virtuals);
	if (error == 0)
		error = sightings_add_all(&d->taken, &d->ends);
	if (error == 0)
		error = sightings_add_all(&d->taken, &d->listeners);
	sightings_settle(&d->taken);
	return error;
}

static int look_around(struct look *look, struct netlink *diag, const struct discovery *before,
		       uint64_t now)
{
	struct discovery *d = &look->found;
	int error = ipvs_list(look->ipvs, add_service, look);

	if (error == 0 && !look->all_ends)
		error = sightings_add_all(&d->ends, &before->ends);
	if (error == 0)
		error = add_listeners(d, diag, before);
	if (error == 0)
		error = add_own_addresses(d);
	if (error == 0)
		error = discovery_settle(d, before, now);
	d->skip = look->all_ends ? look->services / DISCOVERY_PROMPT : before->skip - 1;
	return error;
}

int discovery_run(struct ipvs *ipvs, struct netlink *diag, const struct discovery *before,
		  uint64_t now, struct discovery *out)
{
	struct look look = { .ipvs = ipvs, .all_ends = before == NULL || before->skip == 0 };
	int error = look_around(&look, diag, before, now);

	if (error < 0) {
		discovery_free(&look.found);
		return error;
	}
	*out = look.found;
	return 0;
}

void discovery_free(struct discovery *d)
{
	sightings_free(&d->services);
	sightings_free(&d->virtuals);
	sightings_free(&d->ends);
	sightings_free(&d->listeners);
	sightings_free(&d->taken);
	*d = (struct discovery){ 0 };
}
