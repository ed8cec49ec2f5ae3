/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/queue_list.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_SIZE = 64 };

static uint32_t queue_count(const struct config *config)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->queues.count > 0)
		return config->queues.count;
	if (cpus < 1)
		return 1;
	return cpus > CONFIG_QUEUES_MAX ? CONFIG_QUEUES_MAX : (uint32_t)cpus;
}

/*
 * The kernel names the listener by its socket's port id, which is the process id of whoever opened
 * its first netlink socket; of further sockets it tells nothing.
 */
static void name_listener(uint32_t port_id, char out[static NAME_MAX_SIZE])
{
	char path[NAME_MAX_SIZE], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", port_id);
	file = fopen(path, "re");
	if (file != NULL) {
		if (fgets(name, sizeof(name), file) != NULL)
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	for (char *c = name; *c != '\0'; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	if (name[0] != '\0')
		snprintf(out, NAME_MAX_SIZE, "%s, process %u", name, port_id);
	else
		snprintf(out, NAME_MAX_SIZE, "netlink port %u", port_id);
}

static void check_queue(const struct doctor *d, uint32_t number, const struct queue_state *q)
{
	char listener[NAME_MAX_SIZE], argument[2 * NAME_MAX_SIZE];

	if (!q->listed)
		return;
	name_listener(q->port_id, listener);
	snprintf(argument, sizeof(argument), "queue %u is bound by %s", number, listener);
	doctor_report(d, DOCTOR_TROUBLE, "queue_taken", "%, while ftpalgd is not running",
		      "ftpalgd cannot start with that queue",
		      "set queues.first in ftpalgd.conf, so that all its queues are free", argument);
}

/* Of a daemon that runs control/health.h knows more. */
void doctor_check_queues(const struct doctor *d)
{
	uint32_t count = queue_count(d->config), first = d->config->queues.first;
	struct queue_state queues[CONFIG_QUEUES_MAX];

	if (d->daemon != DAEMON_ABSENT || queue_list(first, count, queues) < 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		check_queue(d, first + i, &queues[i]);
}
