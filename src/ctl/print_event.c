/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/print.h"

#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = 4200 };

/* Hours, minutes, seconds and thousandths of the local day. */
static void print_time(const json_t *e)
{
	double when = json_number_value(json_object_get(e, "time"));
	time_t seconds = (time_t)when;
	struct tm day;
	char text[16];

	if (localtime_r(&seconds, &day) == NULL || strftime(text, sizeof(text), "%T", &day) == 0)
		return;
	printf("%s.%03d  ", text, (int)((when - (double)seconds) * 1000));
}

static const char *safe(const json_t *e, const char *key, char out[static TEXT_MAX])
{
	return text_escape(print_string(e, key), out, TEXT_MAX);
}

/* The text was escaped by the daemon: what is not printable in it is no text of ours. */
static void print_line(const json_t *e)
{
	const char *arrow = strcmp(print_string(e, "from"), "client") == 0 ? ">" : "<";
	char text[TEXT_MAX];

	printf("%s %s\n", arrow, safe(e, "before", text));
	if (print_bool(e, "changed"))
		printf("%*s=> %s\n", 14, "", safe(e, "after", text));
}

static void print_opening(const json_t *e)
{
	char text[TEXT_MAX];

	printf("%s announced as ", safe(e, "mode", text));
	printf("%s, goes to ", safe(e, "announced", text));
	printf("%s\n", safe(e, "target", text));
}

static void print_refusal(const json_t *e)
{
	char text[TEXT_MAX];

	printf("refused: %s", safe(e, "text", text));
	if (json_is_string(json_object_get(e, "error")))
		printf(" (%s)", safe(e, "error", text));
	printf("\n");
}

static void print_parties(const json_t *e)
{
	char text[TEXT_MAX];

	printf("%s -> ", safe(e, "client", text));
	printf("%s ", safe(e, "service_name", text));
	if (json_is_string(json_object_get(e, "server")))
		printf("-> %s", safe(e, "server", text));
	printf("  ");
}

void print_event(const json_t *e, bool first)
{
	const char *kind = print_string(e, "event");
	char text[TEXT_MAX];

	(void)first;
	if (strcmp(kind, "missed") == 0) {
		printf("(%" PRIu64 " missed: there were too many)\n", print_number(e, "count"));
		return;
	}
	print_time(e);
	print_parties(e);
	if (strcmp(kind, "line") == 0)
		print_line(e);
	else if (strcmp(kind, "opening") == 0)
		print_opening(e);
	else if (strcmp(kind, "unused") == 0)
		printf("no data connection came to %s\n", safe(e, "announced", text));
	else if (strcmp(kind, "refusal") == 0)
		print_refusal(e);
	else
		printf("%s\n", safe(e, "event", text));
}

void print_recent(const json_t *result, bool first)
{
	const json_t *e;
	size_t i;

	json_array_foreach (json_object_get(result, "events"), i, e)
		print_event(e, first);
}
