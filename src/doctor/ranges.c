/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/discovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Services that are named one by one: a machine may have thousands. */
enum { SHOWN_MAX = 8, ARGUMENT_MAX = 160 };

struct look {
	const struct doctor *doctor;
	struct ipvs *ipvs;
	const struct service *listed; /* the service at hand, or NULL where IPVS alone names it */
	bool present[CONFIG_SERVERS_MAX]; /* of its real servers: IPVS has it */
	unsigned int unnamed;         /* real servers of the service at hand without a range */
	struct endpoint first;        /* of these */
	unsigned int services;        /* with such servers */
};

static const struct service *find_listed(const struct config *config, const struct endpoint *address)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (endpoint_equal(&config->services[i].address, address))
			return &config->services[i];
	return NULL;
}

static int look_at_server(const struct endpoint *server, bool masquerading, void *data)
{
	struct look *look = data;
	const struct service *s = look->listed;

	for (size_t i = 0; s != NULL && i < s->server_count; i++)
		look->present[i] |= endpoint_same_address(&s->servers[i].address, server);
	if (!masquerading || (s != NULL && service_range(s, server) != NULL))
		return 0;
	if (look->unnamed++ == 0)
		look->first = *server;
	return 0;
}

static void report_unnamed(const struct look *look, const struct endpoint *service)
{
	char argument[ARGUMENT_MAX], address[INET6_ADDRSTRLEN], virtual[ENDPOINT_TEXT_MAX], more[32] = "";

	if (look->unnamed > 1)
		snprintf(more, sizeof(more), " and %u more", look->unnamed - 1);
	snprintf(argument, sizeof(argument), "%s%s of %s", endpoint_format_address(&look->first, address), more,
		 endpoint_format(service, virtual));
	doctor_report(look->doctor, DOCTOR_WARNING, "no_range",
		      "no range of passive ports is named for the real server %",
		      "any port of it from 1024 on is opened to who gets it to announce that port",
		      "ftpalgctl ranges   # proposes lines for ftpalgd.conf", argument);
}

static void report_absent(const struct look *look, const struct real_server *server)
{
	char argument[ARGUMENT_MAX], address[INET6_ADDRSTRLEN], virtual[ENDPOINT_TEXT_MAX];

	snprintf(argument, sizeof(argument), "%s of %s", endpoint_format_address(&server->address, address),
		 endpoint_format(&look->listed->address, virtual));
	doctor_report(look->doctor, DOCTOR_WARNING, "server_not_in_ipvs",
		      "the listed real server % is not in IPVS",
		      "a health checker may have taken it out; if its address is mistyped, the real one has no "
		      "named range",
		      "ipvsadm -Ln   # compare with servers in ftpalgd.conf", argument);
}

static int look_at_service(const struct ipvs_service *service, void *data)
{
	struct look *look = data;
	const struct config *config = look->doctor->config;
	int error;

	look->listed = service->mark == 0 ? find_listed(config, &service->address) : NULL;
	if (look->listed == NULL &&
	    (!config->discover || service->mark != 0 || service->address.port != DISCOVERY_PORT))
		return 0;
	memset(look->present, 0, sizeof(look->present));
	look->unnamed = 0;
	error = ipvs_servers(look->ipvs, service, look_at_server, look);
	if (error < 0)
		return error == -ESRCH || error == -ENOENT ? 0 : error;
	if (look->unnamed > 0 && ++look->services <= SHOWN_MAX)
		report_unnamed(look, &service->address);
	for (size_t i = 0; look->listed != NULL && i < look->listed->server_count; i++)
		if (!look->present[i])
			report_absent(look, &look->listed->servers[i]);
	return 0;
}

static void report_others(const struct look *look)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", look->services - SHOWN_MAX);
	doctor_report(look->doctor, DOCTOR_WARNING, "no_range",
		      "real servers of % more services have no named range of passive ports",
		      "any port of them from 1024 on is opened to who gets them to announce that port",
		      "ftpalgctl ranges   # proposes lines for ftpalgd.conf", number);
}

void doctor_check_ranges(const struct doctor *d)
{
	struct look look = { .doctor = d };

	/* That IPVS is missing was said already. */
	if (ipvs_open(&look.ipvs) < 0)
		return;
	if (ipvs_list(look.ipvs, look_at_service, &look) == 0 && look.services > SHOWN_MAX)
		report_others(&look);
	ipvs_close(look.ipvs);
}
