/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/option.h"

/* A discovered service has its address for a name: no listed one can, ':' is not allowed there. */
static struct service discovered_service(const struct endpoint *address)
{
	struct service service = { .discovered = true };
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_group(&config_options[i], OPTION_SERVICES))
			option_set_default(&config_options[i], &service);
	service.address = *address;
	endpoint_format(address, text);
	text[sizeof(service.name) - 1 < sizeof(text) - 1 ? sizeof(service.name) - 1
							 : sizeof(text) - 1] = '\0';
	memcpy(service.name, text, strlen(text));
	return service;
}

static void add_discovered(struct policy *policy, const struct endpoint *found, size_t found_count)
{
	size_t total = policy->service_count;
	size_t kept = 0;

	for (size_t i = 0; i < found_count; i++)
		if (policy_find(policy, &found[i]) == NULL)
			policy->services[total++] = discovered_service(&found[i]);
	qsort(policy->services, total, sizeof(policy->services[0]), policy_compare_services);
	for (size_t i = 0; i < total; i++)
		if (i == 0 || policy_compare_services(&policy->services[i],
						      &policy->services[kept - 1]) != 0)
			policy->services[kept++] = policy->services[i];
	policy->service_count = kept;
}

/* A worker's part, rounded up: the limit is a promise to hold that many. */
static uint32_t share(uint32_t whole, uint32_t workers)
{
	return whole / workers + (whole % workers != 0);
}

_Static_assert(_Alignof(struct service) % _Alignof(struct real_server) == 0 &&
		       sizeof(struct real_server) % _Alignof(struct endpoint) == 0,
	       "real servers stand behind services, and endpoints behind them");

/* Room for all of it in one block, whose parts follow each other. */
static struct policy *allocate(size_t services, size_t servers, size_t taken,
			       struct real_server **first_server, struct endpoint **first_taken)
{
	struct policy *policy = calloc(1, sizeof(*policy) + services * sizeof(policy->services[0]) +
						  servers * sizeof(struct real_server) +
						  taken * sizeof(struct endpoint));

	if (policy == NULL)
		return NULL;
	*first_server = (struct real_server *)(void *)&policy->services[services];
	*first_taken = (struct endpoint *)(void *)(*first_server + servers);
	return policy;
}

/* Copies the real servers; each service of the policy points to its own of the copy then. */
static void copy_servers(struct policy *policy, const struct config *config, struct real_server *to)
{
	if (config->server_count == 0)
		return;
	memcpy(to, config->servers, config->server_count * sizeof(*to));
	for (size_t i = 0; i < config->service_count; i++)
		if (policy->services[i].servers != NULL)
			policy->services[i].servers = to + (policy->services[i].servers - config->servers);
}

static void copy_services(struct policy *policy, const struct config *config, struct real_server *servers)
{
	policy->service_count = config->service_count;
	if (config->service_count == 0)
		return;
	memcpy(policy->services, config->services, config->service_count * sizeof(policy->services[0]));
	copy_servers(policy, config, servers);
	qsort(policy->services, policy->service_count, sizeof(policy->services[0]),
	      policy_compare_services);
}

int config_to_policy(const struct config *config, const struct surroundings *surroundings,
		     uint32_t workers, struct policy **out)
{
	size_t found = config->discover ? surroundings->found_count : 0;
	struct real_server *servers;
	struct endpoint *taken;
	struct policy *policy = allocate(config->service_count + found, config->server_count,
					 surroundings->taken_count, &servers, &taken);

	if (policy == NULL)
		return -ENOMEM;
	policy->forwarding = config->forwarding;
	policy->guard = config->guard;
	policy->max_sessions = share(config->limits.sessions, workers);
	policy->openings_per_session = config->limits.openings_per_session;
	policy->openings_per_client = share(config->limits.openings_per_client, workers);
	if (policy->openings_per_client < policy->openings_per_session)
		policy->openings_per_client = policy->openings_per_session;
	policy->sessions_per_client = share(config->limits.sessions_per_client, workers);
	policy->max_line = config->limits.line;
	policy->idle_seconds = config->limits.idle;
	policy->opening_seconds = config->timeouts.opening;
	copy_services(policy, config, servers);
	add_discovered(policy, surroundings->found, found);
	policy->taken = taken;
	policy->taken_count = surroundings->taken_count;
	if (policy->taken_count > 0)
		memcpy(taken, surroundings->taken, policy->taken_count * sizeof(*taken));
	*out = policy;
	return 0;
}
