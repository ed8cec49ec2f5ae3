/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/outline.h"

#include "daemon/takeover.h"
#include "log/messages.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint32_t outline_workers(const struct config *config)
{
	long cpus;

	if (config->queues.count > 0)
		return config->queues.count;
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus < 1)
		return 1;
	return cpus > CONFIG_QUEUES_MAX ? CONFIG_QUEUES_MAX : (uint32_t)cpus;
}

int outline_discover(struct ipvs *ipvs, struct netlink *diag, const struct discovery *before,
		     struct discovery *out)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return discovery_run(ipvs, diag, before, (uint64_t)now.tv_sec, out);
}

int outline_policy(const struct config *config, const struct discovery *d, struct policy **out)
{
	const struct surroundings surroundings = {
		.found = d->services.list,
		.found_count = d->services.count,
		.taken = d->taken.list,
		.taken_count = d->taken.count,
	};

	return config_to_policy(config, &surroundings, outline_workers(config), out);
}

/* Who runs as root shows what the daemon would load as its own user. */
static uid_t daemon_user(void)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam("ftpalgd") : NULL;

	return user != NULL ? user->pw_uid : geteuid();
}

struct ruleset_plan outline_ruleset(const struct config *config, const struct policy *policy)
{
	return (struct ruleset_plan){
		.services = policy->services,
		.service_count = policy->service_count,
		.queue_first = (uint16_t)config->queues.first,
		.queue_count = (uint16_t)outline_workers(config),
		.guard = config->guard,
		.adopt = true,
		.log_group = (uint16_t)config->queues.first,
		.user = daemon_user(),
	};
}

int outline_print_ruleset(const struct config *config, struct log *log, FILE *out)
{
	struct discovery found = { 0 };
	struct sightings servers = { 0 };
	struct policy *policy = NULL;
	struct ipvs *ipvs = NULL;
	int error = config->discover ? ipvs_open(&ipvs) : 0;

	if (error == 0 && config->discover)
		error = outline_discover(ipvs, NULL, NULL, &found);
	if (error < 0) {
		log_message(log, LOG_IPVS_SILENT, strerror(-error));
		error = 0;
	}
	error = outline_policy(config, &found, &policy);
	if (error == 0 && ipvs != NULL)
		error = takeover_servers_of(ipvs, policy, &servers);
	if (error == 0) {
		struct ruleset_plan plan = outline_ruleset(config, policy);

		plan.servers = servers.list;
		plan.server_count = servers.count;
		error = ruleset_render(&plan, out);
	}
	ipvs_close(ipvs);
	discovery_free(&found);
	sightings_free(&servers);
	free(policy);
	return error;
}
