/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ask.h"

#include "ctl/connection.h"
#include "ctl/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int status_of_failure(const struct options *o)
{
	return o->command->monitors ? (int)MONITOR_UNKNOWN : STATUS_FAILED;
}

static int fail(const struct options *o, const char *what, int error)
{
	fprintf(stderr, "ftpalgctl: %s: %s\n", what,
		error == -EPIPE ? "the daemon has hung up" : strerror(-error));
	return status_of_failure(o);
}

static int cannot_connect(const struct options *o, int error)
{
	struct reach_words words;

	reach_explain(o->socket, error, &words);
	fprintf(stderr, "ftpalgctl: %s\n  %s\n", words.what, words.mend);
	return o->command->monitors ? (int)monitor_of_reach(words.reach) : STATUS_FAILED;
}

/* Errors that the command line is to blame for. */
static bool is_usage(const char *code)
{
	static const char *const codes[] = { "unknown_command", "unknown_argument", "bad_argument",
					     "missing_argument" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

static int refused(const struct options *o, const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");

	fprintf(stderr, "ftpalgctl: %s\n", print_string(error, "text"));
	return is_usage(print_string(error, "code")) && !o->command->monitors ? STATUS_USAGE
									      : status_of_failure(o);
}

/* What is asked, and what becomes of the pages of the reply. */
struct question {
	const struct options *options;
	json_t *request;
	const char *pages; /* the key of the list that comes in pages, or NULL */
	bool gather;       /* into all; else each page is printed */
	json_t *all;
	int status; /* what a command that monitors found */
};

/* One request, one reply. */
static int exchange(struct connection *c, const struct question *q, json_t **reply)
{
	int error = connection_send(c, q->request);

	if (error == 0 || error == -EPIPE)
		error = connection_receive(c, reply); /* it may say why it hung up */
	return error;
}

void ask_print_json(json_t *value)
{
	if (value != NULL)
		json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(value);
}

static int next_page(const struct question *q, const json_t *result)
{
	json_t *next = json_object_get(result, "next");

	if (!json_is_integer(next))
		return 0;
	return json_object_set(q->request, "after", next) < 0 ? -ENOMEM : 1;
}

/* Prints for people as the pages come; what is gathered becomes one value. */
static int take_page(struct question *q, json_t *result, bool first)
{
	if (q->options->command->monitors)
		q->status = (int)monitor_of(print_string(result, "health"));
	if (!q->gather) {
		q->options->command->print(result, first);
		return 0;
	}
	if (first) {
		q->all = json_incref(result);
		return 0;
	}
	return json_array_extend(json_object_get(q->all, q->pages),
				 json_object_get(result, q->pages)) < 0 ? -ENOMEM : 0;
}

static int ask_pages(struct connection *c, struct question *q)
{
	int more = 1;

	for (bool first = true; more > 0; first = false) {
		json_t *reply;
		int error = exchange(c, q, &reply);

		if (error < 0)
			return fail(q->options, "no reply", error);
		if (!print_bool(reply, "ok")) {
			int status = refused(q->options, reply);

			json_decref(reply);
			return status;
		}
		error = take_page(q, json_object_get(reply, "result"), first);
		more = next_page(q, json_object_get(reply, "result"));
		json_decref(reply);
		if (error < 0 || more < 0)
			return fail(q->options, "reading the reply", -ENOMEM);
	}
	return q->status;
}

/* ---- streams ---- */

static int follow(struct connection *c, const struct options *o)
{
	json_t *event;
	int error;

	for (;;) {
		error = connection_receive(c, &event);
		if (error < 0)
			return fail(o, "no more events", error);
		if (o->json) {
			json_dumpf(event, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
			putchar('\n');
		} else {
			o->command->print(event, false);
		}
		json_decref(event);
		if (fflush(stdout) != 0)
			return STATUS_FAILED;
	}
}

static int stream(struct connection *c, const struct options *o)
{
	struct question q = { .options = o, .request = o->request, .gather = true };
	int status = ask_pages(c, &q);

	json_decref(q.all);
	return status == STATUS_FINE ? follow(c, o) : status;
}

/* ---- all of it ---- */

static int ask_one(struct connection *c, const struct options *o)
{
	struct question q = { o, o->request, o->command->pages, o->json, NULL, STATUS_FINE };
	int status = ask_pages(c, &q);

	if (q.all != NULL && q.pages != NULL)
		json_object_del(q.all, "next");
	if (status == q.status && o->json)
		ask_print_json(json_incref(q.all));
	json_decref(q.all);
	return status;
}

int ask(const struct options *o)
{
	struct connection c;
	int status = connection_open(o->socket, &c);

	if (status < 0)
		return cannot_connect(o, status);
	status = o->command->streams ? stream(&c, o) : ask_one(&c, o);
	connection_close(&c);
	return fflush(stdout) == 0 ? status : STATUS_FAILED;
}

int ask_result(const struct options *o, json_t *request, const char *pages, json_t **result)
{
	struct question q = { o, request, pages, true, NULL, STATUS_FINE };
	struct connection c;
	int status;

	if (request == NULL)
		return fail(o, "asking", -ENOMEM);
	status = connection_open(o->socket, &c);
	if (status < 0) {
		json_decref(request);
		return cannot_connect(o, status);
	}
	status = ask_pages(&c, &q);
	connection_close(&c);
	json_decref(request);
	if (status == STATUS_FINE)
		*result = q.all;
	else
		json_decref(q.all);
	return status;
}

int ask_quietly(const struct options *o, json_t *request, json_t **result)
{
	const struct question q = { .options = o, .request = request };
	struct connection c;
	json_t *reply;
	int error = connection_open(o->socket, &c);

	if (error < 0)
		return error;
	error = exchange(&c, &q, &reply);
	connection_close(&c);
	if (error < 0)
		return error;
	if (print_bool(reply, "ok"))
		*result = json_incref(json_object_get(reply, "result"));
	else
		error = -EREMOTEIO;
	json_decref(reply);
	return error;
}
