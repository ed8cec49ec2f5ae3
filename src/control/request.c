/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/request.h"

#include "core/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 48 /* of what a peer wrote, in an error */

typedef int value_reader(const json_t *value, struct control_request *r);

void control_fail(struct control_error *error, const char *code, const char *format, ...)
{
	va_list arguments;

	error->code = code;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	for (size_t size = strlen(error->text); size > 0 && error->text[size - 1] == '\n'; size--)
		error->text[size - 1] = '\0';
}

int control_parse_address(const char *text, struct endpoint *e)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1)
		*e = endpoint_from_ipv4(ipv4, 0);
	else if (inet_pton(AF_INET6, text, &ipv6) == 1)
		*e = endpoint_from_ipv6(&ipv6, 0);
	else
		return endpoint_parse(text, e);
	return 0;
}

/* ---- arguments ---- */

static int read_address(const json_t *value, struct endpoint *e)
{
	return json_is_string(value) ? control_parse_address(json_string_value(value), e) : -EINVAL;
}

static int read_client(const json_t *value, struct control_request *r)
{
	return read_address(value, &r->client);
}

static int read_server(const json_t *value, struct control_request *r)
{
	return read_address(value, &r->server);
}

static int read_any(const json_t *value, struct control_request *r)
{
	return read_address(value, &r->address);
}

static int read_service(const json_t *value, struct control_request *r)
{
	size_t size = json_string_length(value);

	if (read_address(value, &r->service) == 0)
		return 0;
	if (size == 0 || size >= sizeof(r->service_name))
		return -EINVAL;
	memcpy(r->service_name, json_string_value(value), size + 1);
	return 0;
}

static int read_level(const json_t *value, struct control_request *r)
{
	for (int level = 0; level < LOG_LEVELS; level++)
		if (json_is_string(value) &&
		    strcmp(json_string_value(value), log_level_name((enum log_level)level)) == 0) {
			r->level = (enum log_level)level;
			return 0;
		}
	return -EINVAL;
}

static int read_after(const json_t *value, struct control_request *r)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EINVAL;
	r->after = (uint64_t)json_integer_value(value);
	return 0;
}

static int read_limit(const json_t *value, struct control_request *r)
{
	json_int_t limit = json_integer_value(value);

	if (!json_is_integer(value) || limit < 1 || limit > CONTROL_PAGE_MAX)
		return -EINVAL;
	r->limit = (uint32_t)limit;
	return 0;
}

static const struct argument {
	const char *name;
	enum control_argument bit;
	value_reader *read;
	const char *allowed;
} arguments[] = {
	{ "client", ARGUMENT_CLIENT, read_client, "an address, or an address with a port" },
	{ "service", ARGUMENT_SERVICE, read_service, "an address with or without a port, or a service's name" },
	{ "server", ARGUMENT_SERVER, read_server, "an address, or an address with a port" },
	{ "address", ARGUMENT_ADDRESS, read_any, "an address, or an address with a port" },
	{ "level", ARGUMENT_LEVEL, read_level, "error, warning, notice, info or debug" },
	{ "after", ARGUMENT_AFTER, read_after, "the value of \"next\" in the reply before" },
	{ "limit", ARGUMENT_LIMIT, read_limit, "a number from 1 to 1000" },
};

#define ARGUMENT_COUNT (sizeof(arguments) / sizeof(arguments[0]))

const char *control_argument_name(enum control_argument argument)
{
	for (size_t i = 0; i < ARGUMENT_COUNT; i++)
		if (arguments[i].bit == argument)
			return arguments[i].name;
	return "?";
}

static const struct argument *find_argument(const char *name)
{
	for (size_t i = 0; i < ARGUMENT_COUNT; i++)
		if (strcmp(arguments[i].name, name) == 0)
			return &arguments[i];
	return NULL;
}

/* ---- the request ---- */

static int read_command(const json_t *value, struct control_request *r, struct control_error *error)
{
	size_t size = json_string_length(value);

	if (size == 0 || size >= sizeof(r->command)) {
		control_fail(error, "malformed", "\"command\" is not the name of a command");
		return -EINVAL;
	}
	memcpy(r->command, json_string_value(value), size + 1);
	return 0;
}

static int read_argument(const char *key, const json_t *value, struct control_request *r,
			 struct control_error *error)
{
	const struct argument *a = find_argument(key);
	char shown[SHOWN_MAX];

	if (a == NULL) {
		control_fail(error, "unknown_argument", "no command has an argument \"%s\"",
			     text_escape(key, shown, sizeof(shown)));
		return -EINVAL;
	}
	if (a->read(value, r) < 0) {
		control_fail(error, "bad_argument", "\"%s\" must be %s", a->name, a->allowed);
		return -EINVAL;
	}
	r->given |= a->bit;
	return 0;
}

static int read_request(const json_t *object, struct control_request *r, struct control_error *error)
{
	const char *key;
	json_t *value;
	int result = 0;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		result = strcmp(key, "command") == 0 ? read_command(value, r, error)
						     : read_argument(key, value, r, error);
		if (result < 0)
			return result;
	}
	if (r->command[0] == '\0') {
		control_fail(error, "malformed", "the request has no \"command\"");
		return -EINVAL;
	}
	return 0;
}

int control_request_parse(const char *line, size_t size, struct control_request *out,
			  struct control_error *error)
{
	struct control_request r = { .limit = CONTROL_PAGE };
	json_error_t wrong;
	json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &wrong);
	int result;

	if (object == NULL || !json_is_object(object)) {
		control_fail(error, "malformed", "the request is not a JSON object");
		json_decref(object);
		return -EINVAL;
	}
	result = read_request(object, &r, error);
	json_decref(object);
	if (result == 0)
		*out = r;
	return result;
}

/* Address, and port where one is named. */
static bool matches(const struct endpoint *wanted, const struct endpoint *e)
{
	return endpoint_same_address(wanted, e) && (wanted->port == 0 || wanted->port == e->port);
}

bool control_request_wants(const struct control_request *r, const struct flow *flow)
{
	if ((r->given & ARGUMENT_CLIENT) != 0 && !matches(&r->client, &flow->client))
		return false;
	if ((r->given & ARGUMENT_SERVICE) != 0 && !matches(&r->service, &flow->service))
		return false;
	if ((r->given & ARGUMENT_SERVER) != 0 && !matches(&r->server, &flow->server))
		return false;
	return (r->given & ARGUMENT_ADDRESS) == 0 || matches(&r->address, &flow->client) ||
	       matches(&r->address, &flow->service);
}
