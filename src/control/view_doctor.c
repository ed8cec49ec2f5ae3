/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/health.h"
#include "control/ranges.h"
#include "control/view.h"
#include "doctor/findings.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SERVERS_MAX = 256,      /* more are not looked at */
	RECENTLY_SECONDS = 600, /* what was longer ago may have been set right */
};

/* The latest passive reply of each real server. */
struct replies {
	struct event latest[SERVERS_MAX];
	size_t count;
};

static void keep_reply(struct replies *r, const struct event *e)
{
	size_t i = 0;

	if (e->kind != EVENT_OPENING || e->want.mode != MODE_PASSIVE)
		return;
	while (i < r->count && !endpoint_same_address(&r->latest[i].flow.server, &e->flow.server))
		i++;
	if (i == SERVERS_MAX || (i < r->count && r->latest[i].time > e->time))
		return;
	r->latest[i] = *e;
	if (i == r->count)
		r->count++;
}

static void check_reply(const struct doctor *d, const struct event *e)
{
	char server[ENDPOINT_TEXT_MAX], named[ENDPOINT_TEXT_MAX], argument[2 * ENDPOINT_TEXT_MAX + 64];

	/* That a server names itself or the virtual address is right. */
	if (endpoint_same_address(&e->want.named, &e->flow.server) ||
	    endpoint_same_address(&e->want.named, &e->flow.service))
		return;
	snprintf(argument, sizeof(argument), "the real server %s names %s in its passive replies",
		 endpoint_format(&e->flow.server, server), endpoint_format(&e->want.named, named));
	doctor_report(d, DOCTOR_WARNING, "foreign_address", "%",
		      "its data connections are led to the server itself: if it listens elsewhere they fail, "
		      "and a TLS client, whose replies nobody can mend, goes there",
		      "on that server take the address out of its configuration (vsftpd: pasv_address, "
		      "proftpd: MasqueradeAddress), or set the virtual one; the next transfer shows it",
		      argument);
}

static void check_replies(const struct doctor *d, const struct control_subject *subject)
{
	struct event *events = calloc(HISTORY_SIZE, sizeof(*events));
	struct replies *replies = calloc(1, sizeof(*replies));
	uint32_t workers = subject->worker_count(subject->context);

	for (uint32_t w = 0; events != NULL && replies != NULL && w < workers; w++) {
		uint64_t next = 0, missed = 0;
		size_t count = subject->events(subject->context, w, &next, events, HISTORY_SIZE, &missed);

		for (size_t i = 0; i < count; i++)
			keep_reply(replies, &events[i]);
	}
	for (size_t i = 0; replies != NULL && i < replies->count; i++)
		check_reply(d, &replies->latest[i]);
	free(replies);
	free(events);
}

/* Ports that were announced and not opened just now, of servers whose range is named. */
static void check_outside(const struct doctor *d, const struct policy *policy, const struct announced *a,
			  uint32_t now)
{
	const struct service *service = policy_find(policy, &a->service);
	const struct port_range *named = service != NULL ? service_range(service, &a->server) : NULL;
	char argument[2 * ENDPOINT_TEXT_MAX + 64], address[INET6_ADDRSTRLEN];

	if (named == NULL || a->refused == 0 || (int32_t)(now - a->refused_at) > RECENTLY_SECONDS)
		return;
	snprintf(argument, sizeof(argument), "the real server %s of %s has announced ports outside of %u-%u",
		 endpoint_format_address(&a->server, address), service->name, named->first, named->last);
	doctor_report(d, DOCTOR_WARNING, "outside_range", "%",
		      "these transfers fail: the server is configured with other ports, or somebody made it say "
		      "what it should not",
		      "ftpalgctl ranges   # compare with the configuration of the server", argument);
}

static void check_announced(const struct doctor *d, const struct control_subject *subject, uint64_t now)
{
	struct ranges_seen seen;

	if (ranges_look(subject, &seen) < 0)
		return;
	for (size_t i = 0; i < seen.count; i++)
		check_outside(d, subject->policy(subject->context), &seen.list[i], (uint32_t)(now / 1000));
	ranges_free(&seen);
}

json_t *view_doctor(const struct control_call *call)
{
	const struct config *config = call->subject->config(call->subject->context);
	json_t *result = doctor_findings(config, DAEMON_RUNS);
	const struct doctor doctor = { config, DAEMON_RUNS, doctor_add_finding,
				       json_object_get(result, "findings") };

	if (result == NULL)
		return NULL;
	health_look(call->subject->health, call->now);
	health_report_own(call->subject->health, &doctor);
	check_replies(&doctor, call->subject);
	check_announced(&doctor, call->subject, call->now);
	return result;
}
