/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ask.h"

#include "ctl/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "ftpalgctl: %s: %s\n", what,
		error == -EPIPE ? "the daemon has hung up" : strerror(-error));
	return STATUS_FAILED;
}

static int cannot_connect(const char *socket, int error)
{
	const char *hint = "";

	if (error == -ENOENT || error == -ECONNREFUSED)
		hint = ": is ftpalgd running?";
	else if (error == -EACCES)
		hint = ": be root or a member of the group that owns it";
	fprintf(stderr, "ftpalgctl: cannot connect to %s: %s%s\n", socket, strerror(-error), hint);
	return STATUS_FAILED;
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

static int refused(const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");

	fprintf(stderr, "ftpalgctl: %s\n", print_string(error, "text"));
	return is_usage(print_string(error, "code")) ? STATUS_USAGE : STATUS_FAILED;
}

/* One request, one reply. */
static int exchange(struct connection *c, const struct options *o, json_t **reply)
{
	int error = connection_send(c, o->request);

	if (error == 0 || error == -EPIPE)
		error = connection_receive(c, reply); /* it may say why it hung up */
	return error;
}

static void print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* Adds a page's list to that of the first one. */
static int gather(json_t *all, json_t *page, const char *key)
{
	return json_array_extend(json_object_get(all, key), json_object_get(page, key)) < 0 ? -ENOMEM : 0;
}

static int next_page(const struct options *o, const json_t *result)
{
	json_t *next = json_object_get(result, "next");

	if (!json_is_integer(next))
		return 0;
	return json_object_set(o->request, "after", next) < 0 ? -ENOMEM : 1;
}

/* Prints for people as the pages come; JSON is gathered into one value. */
static int take_page(const struct options *o, json_t *result, bool first, json_t **all)
{
	if (!o->json) {
		o->command->print(result, first);
		return 0;
	}
	if (!first)
		return gather(*all, result, o->command->pages);
	*all = json_incref(result);
	return 0;
}

static int ask_pages(struct connection *c, const struct options *o, json_t **all)
{
	int more = 1;

	for (bool first = true; more > 0; first = false) {
		json_t *reply;
		int error = exchange(c, o, &reply);

		if (error < 0)
			return fail("no reply", error);
		if (!print_bool(reply, "ok")) {
			int status = refused(reply);

			json_decref(reply);
			return status;
		}
		error = take_page(o, json_object_get(reply, "result"), first, all);
		more = next_page(o, json_object_get(reply, "result"));
		json_decref(reply);
		if (error < 0 || more < 0)
			return fail("reading the reply", -ENOMEM);
	}
	return STATUS_FINE;
}

int ask(const struct options *o)
{
	struct connection c;
	json_t *all = NULL;
	int status = connection_open(o->socket, &c);

	if (status < 0)
		return cannot_connect(o->socket, status);
	status = ask_pages(&c, o, &all);
	if (all != NULL && status == STATUS_FINE) {
		if (o->command->pages != NULL)
			json_object_del(all, "next");
		print_json(all);
	}
	json_decref(all);
	connection_close(&c);
	return fflush(stdout) == 0 ? status : STATUS_FAILED;
}
