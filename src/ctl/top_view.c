/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top_view.h"

#include "core/text.h"
#include "ctl/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MIN = 5, CELL = 64 };

struct screen {
	const struct top_moment *now, *before;
	size_t left; /* lines */
	top_line *line;
	void *data;
};

static void put(struct screen *s, bool heading, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct screen *s, bool heading, const char *format, ...)
{
	char raw[TOP_LINE_MAX], text[TOP_LINE_MAX];
	va_list arguments;

	if (s->left == 0)
		return;
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	s->line(s->data, text_escape(raw, text, sizeof(text)), heading);
	s->left--;
}

void top_moment_free(struct top_moment *m)
{
	json_decref(m->status);
	json_decref(m->services);
	json_decref(m->recent);
	*m = (struct top_moment){ 0 };
}

/* ---- the daemon ---- */

static void show_status(struct screen *s)
{
	static const struct { const char *key, *label; } labels[] = {
		{ "problems", "trouble" }, { "warnings", "warning" }, { "unknown", "unknown" },
	};
	char waiting[PRINT_KNOWN_MAX], dropped[PRINT_KNOWN_MAX], undelivered[PRINT_KNOWN_MAX];
	const json_t *status = s->now->status, *value;
	char age[PRINT_AGE_MAX];
	size_t i;

	put(s, true, "ftpalgd %s, up %s: %s", print_string(status, "version"),
	    print_age(print_number(status, "uptime"), age), print_string(status, "health"));
	put(s, false, "sessions %" PRIu64 "   openings %" PRIu64 "   refusals %" PRIu64 "   ruleset %s",
	    print_number(status, "sessions"), print_number(status, "openings"),
	    print_number(status, "refusals"), print_string(status, "ruleset"));
	for (size_t k = 0; k < sizeof(labels) / sizeof(labels[0]); k++)
		json_array_foreach (json_object_get(status, labels[k].key), i, value)
			put(s, true, "%s: %s", labels[k].label, json_string_value(value));
	json_array_foreach (json_object_get(status, "queues"), i, value)
		put(s, false, "queue %" PRIu64 "   packets %" PRIu64 "   waiting %s   dropped %s"
		    "   undelivered %s", print_number(value, "queue"),
		    print_number(value, "packets"), print_known(value, "waiting", waiting),
		    print_known(value, "dropped", dropped),
		    print_known(value, "undelivered", undelivered));
}

/* ---- services ---- */

struct row {
	const json_t *service;
	double sessions, openings, refusals; /* a second */
};

static uint64_t sum_of(const json_t *counters, const char *key)
{
	const char *name;
	json_t *value;
	uint64_t sum = 0;

	json_object_foreach (json_object_get(counters, key), name, value)
		sum += (uint64_t)json_integer_value(value);
	return sum;
}

static const json_t *find(const json_t *services, const char *address)
{
	const json_t *s;
	size_t i;

	json_array_foreach (json_object_get(services, "services"), i, s)
		if (strcmp(print_string(s, "address"), address) == 0)
			return s;
	return NULL;
}

/* Counters that went back are those of a daemon that was started anew. */
static double rate(uint64_t now, uint64_t before, double seconds)
{
	return seconds > 0 && now >= before ? (double)(now - before) / seconds : 0;
}

static struct row row_of(const struct screen *s, const json_t *service)
{
	const json_t *old = find(s->before->services, print_string(service, "address"));
	const json_t *a = json_object_get(service, "counters"), *b = json_object_get(old, "counters");
	double seconds = old != NULL ? s->now->time - s->before->time : 0;

	return (struct row){
		.service = service,
		.sessions = rate(print_number(a, "sessions"), print_number(b, "sessions"), seconds),
		.openings = rate(sum_of(a, "openings"), sum_of(b, "openings"), seconds),
		.refusals = rate(sum_of(a, "reasons"), sum_of(b, "reasons"), seconds),
	};
}

/* The busiest first, then those with the most sessions. */
static int by_business(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint64_t m = print_number(json_object_get(x->service, "counters"), "sessions");
	uint64_t n = print_number(json_object_get(y->service, "counters"), "sessions");

	if (x->sessions + x->openings != y->sessions + y->openings)
		return x->sessions + x->openings > y->sessions + y->openings ? -1 : 1;
	return m > n ? -1 : m < n;
}

static void show_row(struct screen *s, const struct row *r)
{
	const json_t *counters = json_object_get(r->service, "counters");

	put(s, false, "%-24.24s %-30.30s %10" PRIu64 " %10.1f %10.1f %10.1f", print_string(r->service, "name"),
	    print_string(r->service, "address"), print_number(counters, "sessions"), r->sessions,
	    r->openings, r->refusals);
}

static void show_services(struct screen *s)
{
	const json_t *list = json_object_get(s->now->services, "services"), *service;
	size_t count = json_array_size(list), i;
	struct row *rows = calloc(count + 1, sizeof(*rows));

	put(s, true, "%-24s %-30s %10s %10s %10s %10s", "SERVICE", "ADDRESS", "SESSIONS", "SESS/S", "OPEN/S",
	    "REFUSED/S");
	if (rows == NULL)
		return;
	json_array_foreach (list, i, service)
		rows[i] = row_of(s, service);
	qsort(rows, count, sizeof(*rows), by_business);
	for (i = 0; i < count && s->left > EVENTS_MIN; i++)
		show_row(s, &rows[i]);
	free(rows);
}

/* ---- events ---- */

static void show_event(struct screen *s, const json_t *e)
{
	const char *kind = print_string(e, "event");
	const char *more = strcmp(kind, "refusal") == 0 ? print_string(e, "text") : print_string(e, "target");

	put(s, false, "%-9s %s -> %s -> %s  %s %s", kind, print_string(e, "client"),
	    print_string(e, "service_name"), print_string(e, "server"), print_string(e, "mode"), more);
}

/* The latest first. */
static void show_events(struct screen *s)
{
	const json_t *events = json_object_get(s->now->recent, "events");

	put(s, true, "EVENTS");
	for (size_t i = json_array_size(events); i-- > 0 && s->left > 0;)
		show_event(s, json_array_get(events, i));
}

void top_show(const struct top_moment *now, const struct top_moment *before, size_t room,
	      top_line *line, void *data)
{
	struct screen s = { now, before, room, line, data };

	if (now->status == NULL) {
		put(&s, true, "ftpalgd does not answer");
		return;
	}
	show_status(&s);
	put(&s, false, " ");
	show_services(&s);
	put(&s, false, " ");
	show_events(&s);
}
