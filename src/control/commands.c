/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/commands.h"

#include "control/view.h"
#include "core/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SESSION_FILTERS = ARGUMENT_CLIENT | ARGUMENT_SERVICE | ARGUMENT_SERVER,
	PAGES = ARGUMENT_AFTER | ARGUMENT_LIMIT,
};

struct control_command {
	const char *name;
	unsigned int accepts; /* enum control_argument */
	unsigned int requires;
	bool privileged;
	enum control_stream stream;
	view *run;
};

/* ---- commands that change something ---- */

static json_t *run_reload(const struct control_call *call)
{
	const struct control_subject *subject = call->subject;
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);
	json_t *result = NULL;
	int error;

	if (out == NULL)
		return NULL;
	error = subject->reload(subject->context, out);
	if (fclose(out) != 0)
		error = -ENOMEM;
	if (error < 0)
		control_fail(call->error, "failed", "the running configuration stays: %s",
			     size > 0 ? words : strerror(-error));
	else
		result = json_pack("{s:s#}", "changes", words, (int)size);
	free(words);
	return result;
}

static json_t *run_log(const struct control_call *call)
{
	call->subject->set_log_level(call->subject->context, call->request->level);
	return json_pack("{s:s}", "level", log_level_name(call->request->level));
}

static const struct control_command commands[] = {
	{ .name = "status", .run = view_status },
	{ .name = "services", .accepts = PAGES, .run = view_services },
	{ .name = "sessions", .accepts = SESSION_FILTERS | PAGES, .run = view_sessions },
	{ .name = "openings", .accepts = SESSION_FILTERS | PAGES, .run = view_openings },
	{ .name = "stats", .accepts = PAGES, .run = view_stats },
	{ .name = "metrics", .run = view_metrics },
	{ .name = "recent", .accepts = SESSION_FILTERS | ARGUMENT_LIMIT, .run = view_recent },
	{ .name = "doctor", .run = view_doctor },
	{ .name = "ranges", .accepts = PAGES, .run = view_ranges },
	{ .name = "watch", .accepts = SESSION_FILTERS, .stream = STREAM_WATCH, .run = view_stream },
	{ .name = "trace", .accepts = ARGUMENT_ADDRESS, .requires = ARGUMENT_ADDRESS, .privileged = true,
	  .stream = STREAM_TRACE, .run = view_stream },
	{ .name = "reload", .privileged = true, .run = run_reload },
	{ .name = "log", .accepts = ARGUMENT_LEVEL, .requires = ARGUMENT_LEVEL, .privileged = true,
	  .run = run_log },
};

static const struct control_command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* ---- the reply ---- */

json_t *control_refusal(const char *code, const char *text)
{
	return json_pack("{s:i, s:b, s:{s:s, s:s}}", "schema", CONTROL_SCHEMA, "ok", 0, "error",
			 "code", code, "text", text);
}

/* The lowest of a set of arguments. */
static const char *first_name(unsigned int set)
{
	return control_argument_name((enum control_argument)(set & -set));
}

static const struct control_command *check(const struct control_request *r, bool privileged,
				   struct control_error *error)
{
	const struct control_command *c = find_command(r->command);
	char shown[2 * CONTROL_COMMAND_MAX];

	if (c == NULL)
		control_fail(error, "unknown_command", "there is no command \"%s\"",
			     text_escape(r->command, shown, sizeof(shown)));
	else if ((r->given & ~c->accepts) != 0)
		control_fail(error, "unknown_argument", "%s takes no \"%s\"", c->name,
			     first_name(r->given & ~c->accepts));
	else if ((c->requires & ~r->given) != 0)
		control_fail(error, "missing_argument", "%s needs \"%s\"", c->name,
			     first_name(c->requires & ~r->given));
	else if (c->privileged && !privileged)
		control_fail(error, "not_allowed", "%s is for root and the daemon's own user", c->name);
	else
		return c;
	return NULL;
}

/* A service's name becomes its address. */
static bool resolve(const struct control_subject *subject, struct control_request *r,
		    struct control_error *error)
{
	const struct policy *policy = subject->policy(subject->context);

	if (r->service_name[0] == '\0')
		return true;
	for (size_t i = 0; i < policy->service_count; i++)
		if (strcmp(policy->services[i].name, r->service_name) == 0) {
			r->service = policy->services[i].address;
			return true;
		}
	control_fail(error, "no_such_service", "no service has that name");
	return false;
}

static json_t *run(const struct control_command *c, const struct control_call *call)
{
	json_t *result = c->run(call);

	if (result == NULL)
		return NULL;
	return json_pack("{s:i, s:b, s:s, s:o}", "schema", CONTROL_SCHEMA, "ok", 1, "command", c->name,
			 "result", result);
}

json_t *control_answer(const struct control_subject *subject, const char *line, size_t size,
		       bool privileged, uint64_t now, struct control_request *request,
		       enum control_stream *stream)
{
	struct control_error error = { "failed", "memory is short" };
	const struct control_call call = { subject, request, now, &error };
	const struct control_command *command = NULL;
	json_t *reply = NULL;

	*stream = STREAM_NONE;
	if (control_request_parse(line, size, request, &error) == 0)
		command = check(request, privileged, &error);
	if (command != NULL && resolve(subject, request, &error))
		reply = run(command, &call);
	if (reply == NULL)
		return control_refusal(error.code, error.text);
	*stream = command->stream;
	return reply;
}
