/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/health.h"
#include "control/view.h"

#include <stdio.h>
#include <unistd.h>

static const char *const ruleset_names[] = {
	[RULESET_ABSENT] = "absent",
	[RULESET_DECLARED] = "declared",
	[RULESET_EFFECTIVE] = "effective",
};

/* ---- queues ---- */

static json_t *number_or_null(bool known, uint64_t number)
{
	return known ? view_number(number) : json_null();
}

static json_t *view_bound(enum queue_bound bound)
{
	return bound == QUEUE_UNKNOWN ? json_null() : json_boolean(bound == QUEUE_BOUND);
}

static json_t *view_queue(const struct subject_worker *w, const struct subject_queue *q,
			  const struct queue_counters *counters)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "queue", (int)w->queue, "bound", view_bound(q->bound),
			 "waiting", number_or_null(q->counted, q->waiting),
			 "dropped", number_or_null(q->counted, q->dropped),
			 "undelivered", number_or_null(q->measured, q->memory.lost),
			 "socket_bytes", number_or_null(q->measured, q->memory.used),
			 "socket_limit", number_or_null(q->measured, q->memory.limit),
			 "packets", view_number(counter_get(&w->counters->packets)),
			 "sessions", view_number(w->sessions),
			 "truncated", view_number(counters->truncated),
			 "refused_verdicts", view_number(counters->refused));
}

static json_t *view_queues(const struct control_subject *subject)
{
	json_t *queues = json_array();
	uint32_t count;
	const struct subject_queue *states = health_queues(subject->health, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct queue_counters counters;
		struct subject_worker w;

		subject->worker(subject->context, i, &w);
		subject->queue_counters(subject->context, i, &counters);
		if (json_array_append_new(queues, view_queue(&w, &states[i], &counters)) < 0) {
			json_decref(queues);
			return NULL;
		}
	}
	return queues;
}

/* ---- health ---- */

/* The sentences of one severity. A sentence less is all that short memory does here. */
struct sentences {
	enum doctor_severity severity;
	json_t *list;
};

static void add_sentence(const struct doctor_finding *f, void *data)
{
	const struct sentences *s = data;
	char text[2 * DOCTOR_TEXT_MAX + 3];

	if (f->severity != s->severity)
		return;
	snprintf(text, sizeof(text), "%s: %s", f->what, f->why);
	if (json_array_append_new(s->list, json_string(text)) < 0)
		return;
}

static json_t *view_sentences(const struct health *health, enum doctor_severity severity)
{
	struct sentences s = { severity, json_array() };
	const struct doctor collect = { .found = add_sentence, .data = &s };

	health_report(health, &collect);
	return s.list;
}

static json_t *view_reload(const struct subject_reload *reload)
{
	if (reload == NULL || reload->when == 0)
		return json_null();
	return json_pack("{s:I, s:b, s:s}", "time", (json_int_t)reload->when,
			 "accepted", reload->accepted, "words", reload->words);
}

/* ---- all of it ---- */

static json_t *view_thread(bool known, const struct ipvs_thread *t)
{
	if (!known)
		return json_null();
	return json_pack("{s:s, s:i, s:o}", "interface", t->interface, "id", (int)t->id,
			 "group", view_endpoint(&t->group));
}

static json_t *view_backup(const struct subject_machine *m)
{
	return view_thread(m != NULL && m->threads.has_backup, &m->threads.backup);
}

static json_t *view_master(const struct subject_machine *m)
{
	return view_thread(m != NULL && m->threads.has_master, &m->threads.master);
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
	const struct control_subject *subject = call->subject;
	const struct config *config = subject->config(subject->context);
	struct health *health = subject->health;
	const struct subject_machine *machine;
	struct counters sum;

	health_look(health, call->now);
	machine = health_machine(health);
	view_sum(subject, &sum);
	return json_pack(
		"{s:s, s:i, s:o, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o}",
		"version", PACKAGE_VERSION, "pid", (int)getpid(),
		"uptime", view_number((call->now - subject->started) / 1000),
		"health", health_name(health),
		"forwarding", config->forwarding == FORWARD_IPVS ? "ipvs" : "conntrack",
		"guard", config->guard, "log", log_level_name(config->log.level),
		"ruleset", machine != NULL ? ruleset_names[machine->ruleset] : "unknown",
		"backup", view_backup(machine), "master", view_master(machine), "reload", view_reload(subject->reloaded),
		"services", view_number(subject->policy(subject->context)->service_count),
		"sessions", view_number(sessions_held(subject)),
		"openings", view_number(counters_openings(&sum)),
		"refusals", view_number(counters_reasons(&sum)),
		"queues", view_queues(subject), "problems", view_sentences(health, DOCTOR_TROUBLE),
		"warnings", view_sentences(health, DOCTOR_WARNING),
		"unknown", view_sentences(health, DOCTOR_UNKNOWN));
}
