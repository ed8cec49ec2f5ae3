/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics in Prometheus' text format, version 0.0.4: all samples of a family together, under its
 * HELP and TYPE. Of services only those with a session have samples, and of their reasons only
 * those that came up: a director may have thousands of services.
 */
#include "control/health.h"
#include "control/view.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct metrics {
	const struct control_subject *subject;
	FILE *out;
	uint32_t workers;
	const struct policy *policy;
};

static void family(const struct metrics *m, const char *name, const char *type, const char *help)
{
	fprintf(m->out, "# HELP ftpalgd_%s %s\n# TYPE ftpalgd_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line end are escaped. */
static void label(const struct metrics *m, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', m->out);
		if (*value == '\n')
			fputs("\\n", m->out);
		else
			fputc(*value, m->out);
	}
}

/* ---- by queue ---- */

static const struct {
	const char *name;
	const char *help;
	size_t offset;
} worker_families[] = {
	{ "packets_total", "Packets of control connections seen.", offsetof(struct counters, packets) },
	{ "packets_rewritten_total", "Packets sent on changed.", offsetof(struct counters, rewritten) },
	{ "packets_dropped_total", "Packets dropped, for their sender to send again.",
	  offsetof(struct counters, dropped) },
	{ "sessions_total", "Sessions begun.", offsetof(struct counters, sessions) },
	{ "sessions_expired_total", "Sessions forgotten after silence or their end.",
	  offsetof(struct counters, expired) },
	{ "sessions_adjusted_total", "Sessions whose sequence numbers are corrected.",
	  offsetof(struct counters, adjusted) },
	{ "sessions_encrypted_total", "Sessions that went over to TLS.",
	  offsetof(struct counters, encrypted) },
	{ "events_left_out_total", "Events not remembered: their client address had too many in a minute.",
	  offsetof(struct counters, events_left_out) },
};

static const counter *counter_at(const struct counters *c, size_t offset)
{
	return (const counter *)(const void *)((const char *)c + offset);
}

static void write_workers(const struct metrics *m)
{
	struct subject_worker w;

	for (size_t f = 0; f < sizeof(worker_families) / sizeof(worker_families[0]); f++) {
		family(m, worker_families[f].name, "counter", worker_families[f].help);
		for (uint32_t i = 0; i < m->workers; i++) {
			m->subject->worker(m->subject->context, i, &w);
			fprintf(m->out, "ftpalgd_%s{queue=\"%u\"} %" PRIu64 "\n", worker_families[f].name,
				w.queue, counter_get(counter_at(w.counters, worker_families[f].offset)));
		}
	}
	family(m, "sessions", "gauge", "Sessions held now.");
	for (uint32_t i = 0; i < m->workers; i++) {
		m->subject->worker(m->subject->context, i, &w);
		fprintf(m->out, "ftpalgd_sessions{queue=\"%u\"} %" PRIu64 "\n", w.queue, w.sessions);
	}
}

/* What the kernel does not tell has no sample. */
static void write_queues(const struct metrics *m)
{
	uint32_t count;
	const struct subject_queue *queues = health_queues(m->subject->health, &count);

	family(m, "queue_waiting", "gauge", "Packets in the kernel's queue without a verdict.");
	for (uint32_t i = 0; i < count; i++)
		if (queues[i].counted)
			fprintf(m->out, "ftpalgd_queue_waiting{queue=\"%u\"} %u\n", queues[i].number,
				queues[i].waiting);
	family(m, "queue_overflow_total", "counter",
	       "Packets for which the kernel's queue or its socket had no room.");
	for (uint32_t i = 0; i < count; i++) {
		if (queues[i].counted)
			fprintf(m->out, "ftpalgd_queue_overflow_total{queue=\"%u\",at=\"queue\"} %u\n",
				queues[i].number, queues[i].dropped);
		if (queues[i].measured)
			fprintf(m->out, "ftpalgd_queue_overflow_total{queue=\"%u\",at=\"socket\"} %u\n",
				queues[i].number, queues[i].memory.lost);
	}
}

static void write_sockets(const struct metrics *m)
{
	uint32_t count;
	const struct subject_queue *queues = health_queues(m->subject->health, &count);

	family(m, "queue_socket_bytes", "gauge", "Memory of packets that wait in the queue's socket.");
	for (uint32_t i = 0; i < count; i++)
		if (queues[i].measured)
			fprintf(m->out, "ftpalgd_queue_socket_bytes{queue=\"%u\"} %u\n",
				queues[i].number, queues[i].memory.used);
	family(m, "queue_socket_limit_bytes", "gauge", "How much of it there may be.");
	for (uint32_t i = 0; i < count; i++)
		if (queues[i].measured)
			fprintf(m->out, "ftpalgd_queue_socket_limit_bytes{queue=\"%u\"} %u\n",
				queues[i].number, queues[i].memory.limit);
}

/* ---- health ---- */

static void write_finding(const char *id, bool found, void *data)
{
	const struct metrics *m = data;

	fprintf(m->out, "ftpalgd_finding{id=\"%s\"} %d\n", id, found);
}

static void write_health(const struct metrics *m)
{
	struct metrics copy = *m;

	family(m, "health", "gauge", "0 fine, 1 warning, 2 trouble, 3 unknown: as ftpalgctl status.");
	fprintf(m->out, "ftpalgd_health %d\n", health_number(m->subject->health));
	family(m, "finding", "gauge",
	       "1 while ftpalgctl status reports it; see FINDINGS in ftpalgctl(8).");
	health_each(m->subject->health, write_finding, &copy);
}

/* ---- totals ---- */

static void write_totals(const struct metrics *m)
{
	struct counters sum;

	view_sum(m->subject, &sum);
	family(m, "openings_total", "counter", "Data connections made possible, by command.");
	for (enum mode mode = 0; mode < MODES; mode++)
		fprintf(m->out, "ftpalgd_openings_total{mode=\"%s\"} %" PRIu64 "\n", mode_name(mode),
			counter_get(&sum.openings[mode]));
	family(m, "openings_unused_total", "counter", "Of these, ended without a data connection.");
	fprintf(m->out, "ftpalgd_openings_unused_total %" PRIu64 "\n", counter_get(&sum.unused));
	family(m, "refusals_total", "counter", "What passed unchanged, was refused or dropped, by reason.");
	for (enum reason r = 0; r < REASONS; r++)
		fprintf(m->out, "ftpalgd_refusals_total{reason=\"%s\"} %" PRIu64 "\n", reason_name(r),
			counter_get(&sum.reasons[r]));
}

static void write_latency(const struct metrics *m)
{
	uint64_t buckets[LATENCY_BUCKETS] = { 0 }, below = 0, sum_us = 0;

	for (uint32_t i = 0; i < m->workers; i++) {
		struct subject_worker w;

		m->subject->worker(m->subject->context, i, &w);
		for (size_t b = 0; b < LATENCY_BUCKETS; b++)
			buckets[b] += counter_get(&w.latency->buckets[b]);
		sum_us += counter_get(&w.latency->sum_us);
	}
	family(m, "latency_seconds", "histogram",
	       "Time from taking a packet off its queue to sending its verdict.");
	for (size_t b = 0; b < LATENCY_BUCKETS; b++) {
		below += buckets[b];
		if (b < LATENCY_BUCKETS - 1)
			fprintf(m->out, "ftpalgd_latency_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
				(double)latency_bound(b) / 1e6, below);
	}
	fprintf(m->out,
		"ftpalgd_latency_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
		"ftpalgd_latency_seconds_sum %.6f\n"
		"ftpalgd_latency_seconds_count %" PRIu64 "\n",
		below, (double)sum_us / 1e6, below);
}

/* ---- by service ---- */

static void service_labels(const struct metrics *m, const struct service *s)
{
	char address[ENDPOINT_TEXT_MAX];

	fputs("service=\"", m->out);
	label(m, s->name);
	fprintf(m->out, "\",address=\"%s\"", endpoint_format(&s->address, address));
}

typedef void service_writer(const struct metrics *m, const struct service *s,
			    const struct counters *c);

static void write_service_sessions(const struct metrics *m, const struct service *s,
				   const struct counters *c)
{
	fputs("ftpalgd_service_sessions_total{", m->out);
	service_labels(m, s);
	fprintf(m->out, "} %" PRIu64 "\n", counter_get(&c->sessions));
}

static void write_service_openings(const struct metrics *m, const struct service *s,
				   const struct counters *c)
{
	for (enum mode mode = 0; mode < MODES; mode++) {
		fputs("ftpalgd_service_openings_total{", m->out);
		service_labels(m, s);
		fprintf(m->out, ",mode=\"%s\"} %" PRIu64 "\n", mode_name(mode),
			counter_get(&c->openings[mode]));
	}
}

static void write_service_unused(const struct metrics *m, const struct service *s,
				 const struct counters *c)
{
	fputs("ftpalgd_service_openings_unused_total{", m->out);
	service_labels(m, s);
	fprintf(m->out, "} %" PRIu64 "\n", counter_get(&c->unused));
}

static void write_service_refusals(const struct metrics *m, const struct service *s,
				   const struct counters *c)
{
	for (enum reason r = 0; r < REASONS; r++) {
		if (counter_get(&c->reasons[r]) == 0)
			continue;
		fputs("ftpalgd_service_refusals_total{", m->out);
		service_labels(m, s);
		fprintf(m->out, ",reason=\"%s\"} %" PRIu64 "\n", reason_name(r),
			counter_get(&c->reasons[r]));
	}
}

static void each_service(const struct metrics *m, service_writer *writer)
{
	for (size_t i = 0; i < m->policy->service_count; i++) {
		struct counters sum = { 0 };

		m->subject->service(m->subject->context, i, &sum);
		if (counter_get(&sum.sessions) > 0)
			writer(m, &m->policy->services[i], &sum);
	}
}

static void write_services(const struct metrics *m)
{
	family(m, "services", "gauge", "Virtual services served.");
	fprintf(m->out, "ftpalgd_services %zu\n", m->policy->service_count);
	family(m, "service_sessions_total", "counter", "Sessions begun, by service.");
	each_service(m, write_service_sessions);
	family(m, "service_openings_total", "counter", "Data connections made possible, by service.");
	each_service(m, write_service_openings);
	family(m, "service_openings_unused_total", "counter",
	       "Of these, ended without a data connection, by service.");
	each_service(m, write_service_unused);
	family(m, "service_refusals_total", "counter", "Refusals by service and reason.");
	each_service(m, write_service_refusals);
}

void view_write_metrics(const struct control_subject *subject, FILE *out)
{
	const struct metrics m = {
		.subject = subject,
		.out = out,
		.workers = subject->worker_count(subject->context),
		.policy = subject->policy(subject->context),
	};
	family(&m, "build_info", "gauge", "1, with the version as a label.");
	fprintf(out, "ftpalgd_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	family(&m, "start_time_seconds", "gauge", "When the daemon started, in seconds since 1970.");
	fprintf(out, "ftpalgd_start_time_seconds %" PRId64 "\n", subject->started_wall);
	write_services(&m);
	write_workers(&m);
	write_health(&m);
	write_queues(&m);
	write_sockets(&m);
	write_totals(&m);
	write_latency(&m);
}

json_t *view_metrics(const struct control_call *call)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *metrics = NULL;

	if (out == NULL)
		return NULL;
	view_write_metrics(call->subject, out);
	if (fclose(out) == 0)
		metrics = json_pack("{s:s%}", "text", text, size);
	free(text);
	return metrics;
}
