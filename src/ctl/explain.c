/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/explain.h"

#include "ctl/ask.h"

#include <stdio.h>
#include <string.h>

/* Events that explain looks at, the latest ones. */
enum { EVENTS = 1000, REFUSAL_MAX = 256 };

static json_t *request_of(const struct options *o, const char *command)
{
	return json_pack("{s:s, s:s, s:i}", "command", command, "client", o->argument, "limit", EVENTS);
}

static size_t count_kind(const json_t *events, const char *kind)
{
	const json_t *e;
	size_t i, count = 0;

	json_array_foreach (events, i, e)
		count += strcmp(print_string(e, "event"), kind) == 0;
	return count;
}

/* What was refused, and what the kernel said of it. */
static void refusal_text(const json_t *e, char text[static REFUSAL_MAX])
{
	const char *said = json_string_value(json_object_get(e, "error"));

	snprintf(text, REFUSAL_MAX, said != NULL ? "%s (%s)" : "%s", print_string(e, "text"), said);
}

/* Refusals by their text, each once, in the order in which they came up. */
static json_t *refusals_of(const json_t *events)
{
	json_t *texts = json_object();
	const json_t *e;
	size_t i;

	json_array_foreach (events, i, e) {
		char text[REFUSAL_MAX];

		if (strcmp(print_string(e, "event"), "refusal") != 0)
			continue;
		refusal_text(e, text);
		if (json_object_set_new(texts, text,
					json_integer(1 + (json_int_t)print_number(texts, text))) < 0)
			break;
	}
	return texts;
}

static void say_nothing_known(const struct options *o)
{
	printf("%s has no session here, and nothing is remembered of it.\n"
	       "Either it has not connected since the daemon started, or its packets do not come this way:\n"
	       "see ftpalgctl services for the addresses that are served, and ftpalgctl doctor.\n",
	       o->argument);
}

static void say_refusals(json_t *refusals)
{
	const char *text;
	json_t *count;

	json_object_foreach (refusals, text, count)
		printf("  refused: %s (%lld times)\n", text, (long long)json_integer_value(count));
}

static size_t count_passive(const json_t *events, const char *kind)
{
	const json_t *e;
	size_t i, count = 0;

	json_array_foreach (events, i, e) {
		const char *mode = print_string(e, "mode");

		count += strcmp(print_string(e, "event"), kind) == 0 &&
			 (strcmp(mode, "passive") == 0 || strcmp(mode, "PASV") == 0 || strcmp(mode, "EPSV") == 0);
	}
	return count;
}

/* An opening may still wait for its data connection: only what has ended says something. */
static void say_unused(const char *mode, size_t made, size_t unused, const char *who, const char *where)
{
	if (unused == 0)
		return;
	printf("  %s mode: %zu of %zu data connections never came", mode, unused, made);
	if (2 * unused > made)
		printf(": %s does not try, or something drops them between %s", who, where);
	printf("\n");
}

static void say_outcome(const json_t *events)
{
	const size_t passive = count_passive(events, "opening"), passive_unused = count_passive(events, "unused");

	say_unused("passive", passive, passive_unused, "the client", "it and the virtual address");
	say_unused("active", count_kind(events, "opening") - passive, count_kind(events, "unused") - passive_unused,
		   "the real server", "it and the client");
}

/* Which ports of their real servers can be opened, each server once. */
static void say_ranges(const json_t *sessions)
{
	json_t *servers = json_object();
	const json_t *s;
	const char *server;
	json_t *ports;
	size_t i;

	json_array_foreach (sessions, i, s)
		if (json_object_set(servers, print_string(s, "server"), json_object_get(s, "server_ports")) < 0)
			break;
	json_object_foreach (servers, server, ports)
		if (json_is_string(ports))
			printf("  data connections reach %s on its ports %s\n", server, json_string_value(ports));
		else
			printf("  data connections reach %s on its ports from 1024 on: no range is named, "
			       "see ftpalgctl ranges\n", server);
	json_decref(servers);
}

static void say(const struct options *o, const json_t *sessions, const json_t *recent)
{
	const json_t *list = json_object_get(sessions, "sessions");
	const json_t *events = json_object_get(recent, "events");
	json_t *refusals = refusals_of(events);

	if (json_array_size(list) == 0 && json_array_size(events) == 0) {
		say_nothing_known(o);
	} else {
		printf("%s: %zu sessions now; remembered are %zu openings and %zu refusals\n", o->argument,
		       json_array_size(list), count_kind(events, "opening"),
		       count_kind(events, "refusal"));
		say_refusals(refusals);
		say_outcome(events);
		say_ranges(list);
		if (json_array_size(list) > 0)
			print_sessions(sessions, true);
		print_recent(recent, true);
	}
	json_decref(refusals);
}

int explain(const struct options *o)
{
	json_t *sessions = NULL, *recent = NULL;
	int status = ask_result(o, request_of(o, "sessions"), "sessions", &sessions);

	if (status == STATUS_FINE)
		status = ask_result(o, request_of(o, "recent"), NULL, &recent);
	if (status == STATUS_FINE && o->json)
		ask_print_json(json_pack("{s:s, s:O, s:O}", "client", o->argument, "sessions",
					 json_object_get(sessions, "sessions"), "events",
					 json_object_get(recent, "events")));
	else if (status == STATUS_FINE)
		say(o, sessions, recent);
	json_decref(sessions);
	json_decref(recent);
	return status;
}
