/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config/config.h"
#include "config/option.h"

#define WITHIN_MAX (SERVICE_NAME_MAX + INET6_ADDRSTRLEN + 32)

/* 4096 services on both sides are compared at a reload only: plain loops are quick enough. */
static const struct service *find_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

/* within: of what it is an option, as it begins the line, or "" for one of the whole. */
static bool describe_option(const struct config_option *o, const void *running, const void *next,
			    const char *within, FILE *out)
{
	char name[OPTION_TEXT_MAX], before[OPTION_TEXT_MAX], after[OPTION_TEXT_MAX];

	option_format(o, running, before);
	option_format(o, next, after);
	if (strcmp(before, after) == 0)
		return false;
	if (*within != '\0')
		fprintf(out, "%s: %s: %s -> %s\n", within, o->key, before, after);
	else
		fprintf(out, "%s: %s -> %s%s\n", option_name(o, name), before, after,
			o->fixed ? " (waits for a restart)" : "");
	return o->fixed;
}

static const char *name_server(const struct service *service, const struct real_server *server,
			       char out[static WITHIN_MAX])
{
	char address[INET6_ADDRSTRLEN];

	snprintf(out, WITHIN_MAX, "service \"%s\": server %s", service->name,
		 endpoint_format_address(&server->address, address));
	return out;
}

/* Both lists are sorted. */
static void describe_servers(const struct service *running, const struct service *next, FILE *out)
{
	const struct config_option *ports = option_find(OPTION_SERVERS, "passive_ports");
	char name[WITHIN_MAX];
	size_t i = 0, j = 0;

	while (i < running->server_count || j < next->server_count) {
		const struct real_server *before = &running->servers[i], *after = &next->servers[j];
		int order = i == running->server_count ? 1
			    : j == next->server_count	? -1
							: endpoint_compare(before, after);

		if (order < 0)
			fprintf(out, "%s: removed\n", name_server(running, before, name));
		else if (order > 0)
			fprintf(out, "%s: added\n", name_server(running, after, name));
		else
			describe_option(ports, before, after, name_server(running, before, name), out);
		i += order <= 0;
		j += order >= 0;
	}
}

static void describe_service(const struct service *running, const struct service *next, FILE *out)
{
	char name[WITHIN_MAX];

	snprintf(name, sizeof(name), "service \"%s\"", running->name);
	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_group(&config_options[i], OPTION_SERVICES))
			describe_option(&config_options[i], running, next, name, out);
	describe_servers(running, next, out);
}

static void describe_services(const struct config *running, const struct config *next, FILE *out)
{
	char address[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < running->service_count; i++) {
		const struct service *s = &running->services[i];
		const struct service *successor = find_service(next, s->name);

		if (successor != NULL)
			describe_service(s, successor, out);
		else
			fprintf(out, "service \"%s\" at %s: removed\n", s->name,
				endpoint_format(&s->address, address));
	}
	for (size_t i = 0; i < next->service_count; i++) {
		const struct service *s = &next->services[i];

		if (find_service(running, s->name) == NULL)
			fprintf(out, "service \"%s\" at %s: added\n", s->name,
				endpoint_format(&s->address, address));
	}
}

bool config_describe_change(const struct config *running, const struct config *next, FILE *out)
{
	bool restart = false;

	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_config(&config_options[i]))
			restart |= describe_option(&config_options[i], running, next, "", out);
	describe_services(running, next, out);
	return restart;
}

void config_keep_fixed(const struct config *running, struct config *next)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_config(&config_options[i]) && config_options[i].fixed)
			option_copy(&config_options[i], running, next);
}
