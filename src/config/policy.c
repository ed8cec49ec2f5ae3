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
		if (option_in_service(&config_options[i]))
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

int config_to_policy(const struct config *config, const struct endpoint *found, size_t found_count,
		     uint32_t workers, struct policy **out)
{
	size_t count = config->service_count + (config->discover ? found_count : 0);
	struct policy *policy = calloc(1, sizeof(*policy) + count * sizeof(policy->services[0]));

	if (policy == NULL)
		return -ENOMEM;
	policy->forwarding = config->forwarding;
	policy->max_sessions = share(config->limits.sessions, workers);
	policy->openings_per_session = config->limits.openings_per_session;
	policy->max_line = config->limits.line;
	policy->idle_seconds = config->limits.idle;
	policy->opening_seconds = config->timeouts.opening;
	policy->service_count = config->service_count;
	if (config->service_count > 0) {
		memcpy(policy->services, config->services,
		       config->service_count * sizeof(policy->services[0]));
		qsort(policy->services, policy->service_count, sizeof(policy->services[0]),
		      policy_compare_services);
	}
	if (config->discover)
		add_discovered(policy, found, found_count);
	*out = policy;
	return 0;
}
