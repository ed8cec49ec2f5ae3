/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/view.h"

#include <string.h>
#include <unistd.h>

enum { PROBLEM_MAX = 160 };

static const char *const ruleset_names[] = {
	[RULESET_ABSENT] = "absent",
	[RULESET_DECLARED] = "declared",
	[RULESET_EFFECTIVE] = "effective",
};

struct machine {
	struct subject_machine kernel;
	bool known;
	struct queue_state queues[CONFIG_QUEUES_MAX];
	size_t queue_count;
};

static void look(const struct control_subject *subject, struct machine *m)
{
	m->known = subject->machine(subject->context, &m->kernel) == 0;
	m->queue_count = subject->queues(subject->context, m->queues, CONFIG_QUEUES_MAX);
	if (m->queue_count > CONFIG_QUEUES_MAX)
		m->queue_count = CONFIG_QUEUES_MAX;
}

static const struct queue_state *find_queue(const struct machine *m, uint16_t number)
{
	for (size_t i = 0; i < m->queue_count; i++)
		if (m->queues[i].number == number)
			return &m->queues[i];
	return NULL;
}

/* ---- queues ---- */

static json_t *view_queue(const struct subject_worker *w, const struct queue_state *q,
			  const struct queue_counters *counters)
{
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "queue", (int)w->queue, "bound", q != NULL,
			 "waiting", view_number(q != NULL ? q->waiting : 0),
			 "dropped", view_number(q != NULL ? q->dropped : 0),
			 "undelivered", view_number(q != NULL ? q->undelivered : 0),
			 "packets", view_number(counter_get(&w->counters->packets)),
			 "sessions", view_number(w->sessions),
			 "truncated", view_number(counters->truncated),
			 "refused_verdicts", view_number(counters->refused));
}

static json_t *view_queues(const struct control_subject *subject, const struct machine *m)
{
	json_t *queues = json_array();
	uint32_t count = subject->worker_count(subject->context);

	for (uint32_t i = 0; i < count; i++) {
		struct queue_counters counters;
		struct subject_worker w;

		subject->worker(subject->context, i, &w);
		subject->queue_counters(subject->context, i, &counters);
		if (json_array_append_new(queues,
					  view_queue(&w, find_queue(m, w.queue), &counters)) < 0) {
			json_decref(queues);
			return NULL;
		}
	}
	return queues;
}

/* ---- health ---- */

static void add_problem(json_t *problems, const char *text)
{
	/* A problem less in the list is all that short memory does here. */
	if (json_array_append_new(problems, json_string(text)) < 0)
		return;
}

static void add_queue_problem(json_t *problems, uint16_t number, const struct queue_state *q)
{
	char text[PROBLEM_MAX];

	if (q == NULL)
		snprintf(text, sizeof(text), "queue %u is not bound: its packets pass unmended", number);
	else if (q->dropped > 0 || q->undelivered > 0)
		snprintf(text, sizeof(text), "queue %u was full: %u packets have passed it or were lost",
			 number, q->dropped + q->undelivered);
	else
		return;
	add_problem(problems, text);
}

static json_t *view_problems(const struct control_subject *subject, const struct machine *m)
{
	uint32_t count = subject->worker_count(subject->context);
	json_t *problems = json_array();

	if (!m->known)
		add_problem(problems, "the kernel does not say how the ruleset stands");
	else if (m->kernel.ruleset != RULESET_EFFECTIVE)
		add_problem(problems, "table inet " RULESET_TABLE " is not complete: nothing is diverted");
	if (subject->policy(subject->context)->service_count == 0)
		add_problem(problems, "there is no virtual service to serve");
	for (uint32_t i = 0; i < count; i++) {
		struct subject_worker w;

		subject->worker(subject->context, i, &w);
		add_queue_problem(problems, w.queue, find_queue(m, w.queue));
	}
	return problems;
}

/* ---- all of it ---- */

static json_t *view_backup(const struct machine *m)
{
	if (!m->known || !m->kernel.has_backup)
		return json_null();
	return json_pack("{s:s, s:i, s:o}", "interface", m->kernel.backup.interface, "id",
			 (int)m->kernel.backup.id, "group", view_endpoint(&m->kernel.backup.group));
}

static uint64_t sessions_held(const struct control_subject *subject)
{
	uint32_t count = subject->worker_count(subject->context);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct subject_worker w;

		subject->worker(subject->context, i, &w);
		sum += w.sessions;
	}
	return sum;
}

json_t *view_status(const struct control_call *call)
{
	static struct machine m; /* main's thread alone comes here */
	const struct control_subject *subject = call->subject;
	const struct config *config = subject->config(subject->context);
	json_t *problems;
	struct counters sum;

	look(subject, &m);
	problems = view_problems(subject, &m);
	view_sum(subject, &sum);
	return json_pack(
		"{s:s, s:i, s:o, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"version", PACKAGE_VERSION, "pid", (int)getpid(),
		"uptime", view_number((call->now - subject->started) / 1000),
		"health", json_array_size(problems) == 0 ? "fine" : "trouble",
		"forwarding", config->forwarding == FORWARD_IPVS ? "ipvs" : "conntrack",
		"guard", config->guard, "log", log_level_name(config->log.level),
		"ruleset", m.known ? ruleset_names[m.kernel.ruleset] : "unknown",
		"backup", view_backup(&m),
		"services", view_number(subject->policy(subject->context)->service_count),
		"sessions", view_number(sessions_held(subject)),
		"openings", view_number(counters_openings(&sum)),
		"refusals", view_number(counters_reasons(&sum)),
		"queues", view_queues(subject, &m), "problems", problems);
}
