/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/print.h"

#include "core/text.h"
#include "ctl/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *print_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

uint64_t print_number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

bool print_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *print_age(uint64_t seconds, char text[static PRINT_AGE_MAX])
{
	if (seconds >= 86400)
		snprintf(text, PRINT_AGE_MAX, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400,
			 seconds / 3600 % 24);
	else if (seconds >= 3600)
		snprintf(text, PRINT_AGE_MAX, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
			 seconds / 60 % 60);
	else if (seconds >= 120)
		snprintf(text, PRINT_AGE_MAX, "%" PRIu64 " min", seconds / 60);
	else
		snprintf(text, PRINT_AGE_MAX, "%" PRIu64 " s", seconds);
	return text;
}

/* ---- status ---- */

const char *print_known(const json_t *object, const char *key, char text[static PRINT_KNOWN_MAX])
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		snprintf(text, PRINT_KNOWN_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(text, PRINT_KNOWN_MAX, "?");
	return text;
}

static const char *bound_of(const json_t *q)
{
	const json_t *bound = json_object_get(q, "bound");

	if (!json_is_boolean(bound))
		return "perhaps bound";
	return json_is_true(bound) ? "bound" : "NOT BOUND";
}

static void print_queue(const json_t *q)
{
	char waiting[PRINT_KNOWN_MAX], dropped[PRINT_KNOWN_MAX], undelivered[PRINT_KNOWN_MAX];

	printf("queue %" PRIu64 ": %s, %s waiting, %s dropped, %s undelivered, %" PRIu64
	       " packets, %" PRIu64 " sessions\n",
	       print_number(q, "queue"), bound_of(q), print_known(q, "waiting", waiting),
	       print_known(q, "dropped", dropped), print_known(q, "undelivered", undelivered),
	       print_number(q, "packets"), print_number(q, "sessions"));
}

static void print_last_reload(const json_t *reload)
{
	time_t when = (time_t)print_number(reload, "time");
	struct tm day;
	char at[32] = "", words[PRINT_WORDS_MAX];

	if (!json_is_object(reload))
		return;
	if (localtime_r(&when, &day) != NULL)
		strftime(at, sizeof(at), "%F %T", &day);
	text_escape(print_string(reload, "words"), words, sizeof(words));
	printf("last reload: %s, %s%s%s\n", at, print_bool(reload, "accepted") ? "accepted" : "REFUSED",
	       *words != '\0' ? ": " : "", words);
}

static void print_sentences(const json_t *result, const char *key, const char *label)
{
	const json_t *value;
	size_t i;

	json_array_foreach (json_object_get(result, key), i, value) {
		char text[PRINT_WORDS_MAX];

		printf("%s: %s\n", label, text_escape(json_string_value(value), text, sizeof(text)));
	}
}

static void print_thread(const char *name, const json_t *thread)
{
	printf("%s thread: %s, id %" PRIu64 ", %s\n", name, print_string(thread, "interface"),
	       print_number(thread, "id"), print_string(thread, "group"));
}

/* A master thread is there only on one of several directors. */
static void print_threads(const json_t *backup, const json_t *master)
{
	if (json_is_object(backup))
		print_thread("backup", backup);
	else
		printf("backup thread: none\n");
	if (json_is_object(master))
		print_thread("master", master);
}

void print_status(const json_t *result, bool first)
{
	char age[PRINT_AGE_MAX];
	const json_t *value;
	size_t i;

	(void)first;
	printf("ftpalgd %s, process %" PRIu64 ", up %s: %s\n", print_string(result, "version"),
	       print_number(result, "pid"), print_age(print_number(result, "uptime"), age),
	       print_string(result, "health"));
	printf("services: %" PRIu64 ", forwarding %s, guard %s\n", print_number(result, "services"),
	       print_string(result, "forwarding"), print_bool(result, "guard") ? "on" : "off");
	printf("sessions: %" PRIu64 " now, %" PRIu64 " openings, %" PRIu64 " refusals\n",
	       print_number(result, "sessions"), print_number(result, "openings"),
	       print_number(result, "refusals"));
	printf("ruleset: %s\n", print_string(result, "ruleset"));
	print_threads(json_object_get(result, "backup"), json_object_get(result, "master"));
	json_array_foreach (json_object_get(result, "queues"), i, value)
		print_queue(value);
	print_last_reload(json_object_get(result, "reload"));
	print_sentences(result, "problems", "trouble");
	print_sentences(result, "warnings", "warning");
	print_sentences(result, "unknown", "unknown");
}

/* ---- lists ---- */

static uint64_t sum_of(const json_t *object)
{
	const char *key;
	json_t *value;
	uint64_t sum = 0;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		sum += (uint64_t)json_integer_value(value);
	return sum;
}

static void heading(struct rows *rows, bool first, const char *const *names)
{
	for (size_t i = 0; first && i < rows->columns; i++)
		rows_add(rows, "%s", names[i]);
}

static void add_servers(struct rows *rows, const json_t *ipvs)
{
	uint64_t servers = print_number(ipvs, "servers"), nat = print_number(ipvs, "masquerading");

	if (!json_is_object(ipvs))
		rows_add(rows, "not in IPVS");
	else if (servers == nat)
		rows_add(rows, "%" PRIu64, servers);
	else
		rows_add(rows, "%" PRIu64 ", %" PRIu64 " not NAT", servers, servers - nat);
}

void print_services(const json_t *result, bool first)
{
	static const char *const names[] = { "NAME", "ADDRESS", "SERVERS", "PASSIVE PORTS", "ACTIVE",
					     "TLS", "FAIL", "SESSIONS", "OPENINGS", "REFUSALS" };
	struct rows rows = { .columns = 10 };
	const json_t *s;
	size_t i;

	heading(&rows, first, names);
	json_array_foreach (json_object_get(result, "services"), i, s) {
		const json_t *counters = json_object_get(s, "counters");
		const char *ports = print_string(s, "passive_ports");

		rows_add(&rows, "%s", print_string(s, "name"));
		rows_add(&rows, "%s", print_string(s, "address"));
		add_servers(&rows, json_object_get(s, "ipvs"));
		rows_add(&rows, "%s", *ports != '\0' ? ports : "any");
		rows_add(&rows, "%s", print_bool(s, "active") ? "yes" : "no");
		rows_add(&rows, "%s", print_string(s, "tls"));
		rows_add(&rows, "%s", print_string(s, "fail"));
		rows_add(&rows, "%" PRIu64, print_number(counters, "sessions"));
		rows_add(&rows, "%" PRIu64, sum_of(json_object_get(counters, "openings")));
		rows_add(&rows, "%" PRIu64, sum_of(json_object_get(counters, "reasons")));
	}
	rows_print(&rows, stdout);
}

void print_sessions(const json_t *result, bool first)
{
	static const char *const names[] = { "CLIENT", "SERVICE", "SERVER", "STATE", "AGE", "IDLE",
					     "OPENINGS", "DOUBT", "ADJUSTED" };
	struct rows rows = { .columns = 9 };
	char age[PRINT_AGE_MAX];
	const json_t *s;
	size_t i;

	heading(&rows, first, names);
	json_array_foreach (json_object_get(result, "sessions"), i, s) {
		rows_add(&rows, "%s", print_string(s, "client"));
		rows_add(&rows, "%s", print_string(s, "service"));
		rows_add(&rows, "%s", print_string(s, "server"));
		rows_add(&rows, "%s", print_string(s, "state"));
		rows_add(&rows, "%s", print_age(print_number(s, "age"), age));
		rows_add(&rows, "%s", print_age(print_number(s, "idle"), age));
		rows_add(&rows, "%" PRIu64, print_number(s, "openings"));
		rows_add(&rows, "%s", print_bool(s, "doubtful") ? "yes" : "no");
		rows_add(&rows, "%s", print_bool(s, "adjusted") ? "yes" : "no");
	}
	rows_print(&rows, stdout);
}

void print_openings(const json_t *result, bool first)
{
	static const char *const names[] = { "CLIENT", "SERVICE", "MODE", "FROM", "TO", "REACHES", "LEFT" };
	struct rows rows = { .columns = 7 };
	char age[PRINT_AGE_MAX];
	const json_t *o;
	size_t i;

	heading(&rows, first, names);
	json_array_foreach (json_object_get(result, "openings"), i, o) {
		const char *target = print_string(o, "target");

		rows_add(&rows, "%s", print_string(o, "client"));
		rows_add(&rows, "%s", print_string(o, "service_name"));
		rows_add(&rows, "%s", print_string(o, "mode"));
		rows_add(&rows, "%s", print_string(o, "source"));
		rows_add(&rows, "%s", print_string(o, "destination"));
		rows_add(&rows, "%s", *target != '\0' ? target : "?");
		rows_add(&rows, "%s", print_age(print_number(o, "seconds_left"), age));
	}
	rows_print(&rows, stdout);
}

/* ---- stats ---- */

/* Everything that is not zero. */
static void add_counters(struct rows *rows, const char *prefix, const json_t *counters)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)counters, key, value) {
		if (json_is_object(value)) {
			add_counters(rows, strcmp(key, "reasons") == 0 ? "refused: " : "opened: ", value);
		} else if (json_integer_value(value) > 0) {
			rows_add(rows, "  %s%s", prefix, key);
			rows_add(rows, "%" PRIu64, (uint64_t)json_integer_value(value));
		}
	}
}

void print_stats(const json_t *result, bool first)
{
	struct rows rows = { .columns = 2 };
	const json_t *s;
	size_t i;

	if (first) {
		printf("total\n");
		add_counters(&rows, "", json_object_get(result, "total"));
		rows_print(&rows, stdout);
	}
	json_array_foreach (json_object_get(result, "services"), i, s) {
		printf("service %s, %s\n", print_string(s, "name"), print_string(s, "address"));
		add_counters(&rows, "", json_object_get(s, "counters"));
		rows_print(&rows, stdout);
	}
}

/* ---- texts ---- */

void print_metrics(const json_t *result, bool first)
{
	(void)first;
	fputs(print_string(result, "text"), stdout);
}

void print_reload(const json_t *result, bool first)
{
	const char *changes = print_string(result, "changes");

	(void)first;
	fputs(*changes != '\0' ? changes : "nothing has changed\n", stdout);
}

void print_log(const json_t *result, bool first)
{
	(void)first;
	printf("log level is %s until the next reload\n", print_string(result, "level"));
}
