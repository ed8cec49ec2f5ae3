/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/queue_list.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
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

static void check_stranger(const struct doctor *d, const struct queue_state *q)
{
	char listener[NAME_MAX_SIZE], argument[2 * NAME_MAX_SIZE];

	name_listener(q->port_id, listener);
	snprintf(argument, sizeof(argument), "queue %u is bound by %s", q->number, listener);
	doctor_report(d, DOCTOR_TROUBLE, "queue_taken", "%, while ftpalgd is not running",
		      "ftpalgd cannot start with that queue",
		      "end that process, or set queues.first in ftpalgd.conf", argument);
}

static void check_queue(const struct doctor *d, uint32_t number, const struct queue_state *q)
{
	char argument[NAME_MAX_SIZE];

	snprintf(argument, sizeof(argument), "%u", number);
	if (q == NULL && d->running)
		doctor_report(d, DOCTOR_TROUBLE, "queue_unbound", "queue % is not bound",
			      "its packets pass unmended", "systemctl restart ftpalgd", argument);
	if (q != NULL && !d->running)
		check_stranger(d, q);
	if (q != NULL && d->running && q->dropped > 0)
		doctor_report(d, DOCTOR_WARNING, "queue_overflow", "queue % has been full",
			      "packets that found it full were dropped, or passed unmended",
			      "set queues.length or queues.count higher in ftpalgd.conf, and restart ftpalgd",
			      argument);
	if (q != NULL && d->running && q->undelivered > 0)
		doctor_report(d, DOCTOR_WARNING, "queue_undelivered",
			      "packets of queue % could not be handed to ftpalgd",
			      "its socket had no room: they were dropped, or passed unmended",
			      "set queues.length or queues.count higher in ftpalgd.conf, and restart ftpalgd",
			      argument);
}

void doctor_check_queues(const struct doctor *d)
{
	uint32_t count = queue_count(d->config);
	struct queue_state *queues = calloc(UINT16_MAX, sizeof(*queues));
	size_t found;

	if (queues == NULL)
		return;
	found = queue_list(queues, UINT16_MAX);
	for (uint32_t i = 0; i < count; i++) {
		const struct queue_state *q = NULL;

		for (size_t j = 0; j < found && q == NULL; j++)
			if (queues[j].number == d->config->queues.first + i)
				q = &queues[j];
		check_queue(d, d->config->queues.first + i, q);
	}
	free(queues);
}
