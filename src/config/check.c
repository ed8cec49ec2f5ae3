/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/check.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"
#include "config/suggest.h"

#define QUOTED_MAX 60
#define SERVERS_KEY "servers" /* in a service: OPTION_SERVERS */

struct check {
	const struct config_text *text;
	struct config_errors *errors;
	struct config *out;
	struct service_lines *lines;
};

#define FAULT(check, setting, ...)                                                            \
	config_errors_add((check)->errors,                                                    \
			  config_text_place((check)->text, config_setting_source_line(setting)), \
			  __VA_ARGS__)

/* libconfig may keep "" as NULL. */
static const char *string_of(const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	return text != NULL ? text : "";
}

/* What was found, as one would say it. */
static const char *describe(const config_setting_t *s, char *out, size_t size)
{
	const char *text;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, size, "%lld", config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, size, "the fraction %g", config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, size, "%s", config_setting_get_bool(s) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		text = string_of(s);
		snprintf(out, size, "\"%.*s\"%s", QUOTED_MAX, text,
			 strlen(text) > QUOTED_MAX ? "..." : "");
		break;
	case CONFIG_TYPE_ARRAY:
		snprintf(out, size, "an array [ ]");
		break;
	case CONFIG_TYPE_LIST:
		snprintf(out, size, "a list ( )");
		break;
	default:
		snprintf(out, size, "a group { }");
		break;
	}
	return out;
}

static void refuse(struct check *check, const config_setting_t *s, const struct config_option *o,
		   const char *wrong)
{
	char name[OPTION_TEXT_MAX], allowed[OPTION_TEXT_MAX], found[QUOTED_MAX + 16];
	bool is_text = config_setting_type(s) == CONFIG_TYPE_STRING;
	bool quoted_number = is_text && (o->type == OPTION_NUMBER || o->type == OPTION_BOOL);
	struct suggestion meant = suggest_begin("");

	if (is_text && o->type == OPTION_WORD) {
		meant = suggest_begin(string_of(s));
		for (const struct option_word *w = o->words; w->word != NULL; w++)
			suggest_offer(&meant, w->word);
	}
	FAULT(check, s, "%s is %s%s%s%s%s, allowed is %s%s%s%s", option_name(o, name),
	      quoted_number ? "the text " : "", describe(s, found, sizeof(found)),
	      *wrong != '\0' ? " (" : "", wrong, *wrong != '\0' ? ")" : "",
	      option_allowed(o, allowed), meant.word != NULL ? ", did you mean \"" : "",
	      meant.word != NULL ? meant.word : "", meant.word != NULL ? "\"?" : "");
}

/* Each reads one type of value; NULL or what is wrong, as option_read. */
typedef const char *value_reader(const config_setting_t *s, const struct config_option *o,
				 void *base);

static const char *read_bool(const config_setting_t *s, const struct config_option *o, void *base)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return "";
	option_set_number(o, base, config_setting_get_bool(s) == CONFIG_TRUE);
	return NULL;
}

static const char *read_number(const config_setting_t *s, const struct config_option *o, void *base)
{
	int type = config_setting_type(s);
	long long value;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return "";
	value = config_setting_get_int64(s);
	if (value < o->min || value > o->max)
		return "";
	option_set_number(o, base, (uint32_t)value);
	return NULL;
}

static const char *read_word(const config_setting_t *s, const struct config_option *o, void *base)
{
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return "";
	for (const struct option_word *w = o->words; w->word != NULL; w++) {
		if (strcmp(w->word, string_of(s)) == 0) {
			option_set_number(o, base, w->value);
			return NULL;
		}
	}
	return "";
}

static const char *read_text(const config_setting_t *s, const struct config_option *o, void *base)
{
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return "";
	return o->read(string_of(s), (char *)base + o->offset, o->size);
}

static value_reader *const readers[] = {
	[OPTION_BOOL] = read_bool,
	[OPTION_NUMBER] = read_number,
	[OPTION_WORD] = read_word,
	[OPTION_TEXT] = read_text,
	[OPTION_ENDPOINT] = read_text,
	[OPTION_ADDRESS] = read_text,
	[OPTION_PORTS] = read_text,
	[OPTION_PORT_LIST] = read_text,
};
_Static_assert(sizeof(readers) / sizeof(readers[0]) == OPTION_TYPES, "every type has a reader");

static void check_value(struct check *check, const config_setting_t *s,
			const struct config_option *o, void *base)
{
	const char *wrong = readers[o->type](s, o, base);

	if (wrong != NULL)
		refuse(check, s, o, wrong);
}

/* Known keys of one group, and the groups in it. */
static void list_known(const char *group, struct suggestion *meant, char *out, size_t size)
{
	size_t used = 0;
	const char *last = "";

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const char *word = option_in_group(o, group) ? o->key : option_subgroup(o, group);

		if (word == NULL || strcmp(word, last) == 0)
			continue;
		suggest_offer(meant, word);
		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
						 used > 0 ? ", " : "", word);
		last = word;
	}
}

static const char *group_that_has(const char *key)
{
	if (option_group_exists(key))
		return "";
	for (size_t i = 0; i < config_option_count; i++) {
		const char *subgroup = option_subgroup(&config_options[i], OPTION_SERVICES);

		if (strcmp(config_options[i].key, key) == 0)
			return config_options[i].group;
		if (subgroup != NULL && strcmp(subgroup, key) == 0)
			return OPTION_SERVICES;
	}
	return NULL;
}

static void refuse_key(struct check *check, const config_setting_t *s, const char *group)
{
	const char *key = config_setting_name(s);
	const char *elsewhere = group_that_has(key);
	struct suggestion meant = suggest_begin(key);
	char known[OPTION_TEXT_MAX];

	list_known(group, &meant, known, sizeof(known));
	if (elsewhere != NULL && *elsewhere == '\0')
		FAULT(check, s, "unknown key \"%.60s\" in %s, it belongs at top level", key, group);
	else if (elsewhere != NULL)
		FAULT(check, s, "unknown key \"%.60s\"%s%s, did you mean \"%s.%s\"?", key,
		      *group != '\0' ? " in " : "", group, elsewhere, key);
	else if (meant.word != NULL)
		FAULT(check, s, "unknown key \"%.60s\"%s%s, did you mean \"%s\"?", key,
		      *group != '\0' ? " in " : "", group, meant.word);
	else
		FAULT(check, s, "unknown key \"%.60s\"%s%s, known are %s", key,
		      *group != '\0' ? " in " : "", group, known);
}

static void check_group(struct check *check, const config_setting_t *s)
{
	const char *group = config_setting_name(s);
	char found[QUOTED_MAX + 16];

	if (!config_setting_is_group(s)) {
		FAULT(check, s, "%s is %s, allowed is a group: %s = { KEY = VALUE; };", group,
		      describe(s, found, sizeof(found)), group);
		return;
	}
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);
		const struct config_option *o = option_find(group, config_setting_name(member));

		if (o != NULL)
			check_value(check, member, o, check->out);
		else
			refuse_key(check, member, group);
	}
}

static void say_missing(struct check *check, const config_setting_t *s, const char *group,
			const char *what)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (option_in_group(o, group) && o->required &&
		    config_setting_get_member(s, o->key) == NULL)
			FAULT(check, s, "a %s without its %s", what, o->key);
	}
}

/* The length of a list of groups; says what else it is, and which of its members are no groups. */
static int length_of(struct check *check, const config_setting_t *s, const char *name, int limit)
{
	char found[QUOTED_MAX + 16];
	int length = config_setting_is_list(s) ? config_setting_length(s) : 0;

	if (!config_setting_is_list(s))
		FAULT(check, s, "%s is %s, allowed is a list of groups: ( { ... }, { ... } )", name,
		      describe(s, found, sizeof(found)));
	if (length > limit) {
		FAULT(check, s, "%s has %d members, allowed is at most %d", name, length, limit);
		return 0;
	}
	for (int i = 0; i < length; i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);

		if (!config_setting_is_group(member))
			FAULT(check, member, "%s has %s in its list, allowed is a group { }", name,
			      describe(member, found, sizeof(found)));
	}
	return length;
}

/* ---- services ---- */

static void check_server(struct check *check, const config_setting_t *s, struct real_server *server)
{
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);
		const struct config_option *o =
			option_find(OPTION_SERVERS, config_setting_name(member));

		if (o != NULL)
			check_value(check, member, o, server);
		else
			refuse_key(check, member, OPTION_SERVERS);
	}
	say_missing(check, s, OPTION_SERVERS, "member of " OPTION_SERVERS);
}

/* Says what is wrong between a real server, the service, and those listed before it. */
static void check_server_beside(struct check *check, const config_setting_t *list, int index,
				const struct service *service)
{
	const config_setting_t *s = config_setting_get_elem(list, (unsigned int)index);
	const struct endpoint *address = &service->servers[index].address;
	char text[INET6_ADDRSTRLEN], virtual[ENDPOINT_TEXT_MAX];

	if (service->address.port != 0 &&
	    endpoint_is_ipv4(address) != endpoint_is_ipv4(&service->address))
		FAULT(check, s, OPTION_SERVERS ".real \"%s\" is of another address family than the service, %s",
		      endpoint_format_address(address, text),
		      endpoint_format(&service->address, virtual));
	for (int i = 0; i < index; i++) {
		const config_setting_t *before = config_setting_get_elem(list, (unsigned int)i);
		struct config_place place = config_text_place(check->text, config_setting_source_line(before));

		if (!endpoint_equal(address, &service->servers[i].address))
			continue;
		FAULT(check, s, OPTION_SERVERS ".real \"%s\" is listed at %s:%u already",
		      endpoint_format_address(address, text), place.file, place.line);
		return;
	}
}

static void check_servers(struct check *check, const config_setting_t *s, struct service *service)
{
	struct real_server *servers = check->out->servers + check->out->server_count;
	size_t faults = check->errors->count;
	int count = length_of(check, s, OPTION_SERVERS, CONFIG_SERVERS_MAX);

	for (int i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);

		if (config_setting_is_group(member))
			check_server(check, member, &servers[i]);
	}
	service->servers = servers;
	service->server_count = (size_t)count;
	check->out->server_count += service->server_count;
	if (check->errors->count > faults)
		return; /* one of them has no address to compare */
	for (int i = 0; i < count; i++)
		check_server_beside(check, s, i, service);
	if (count > 0)
		qsort(servers, service->server_count, sizeof(*servers), endpoint_compare);
}

static unsigned int line_of(const config_setting_t *s, const char *key)
{
	const config_setting_t *member = config_setting_get_member(s, key);

	return member != NULL ? config_setting_source_line(member) : 0;
}

static void check_service(struct check *check, const config_setting_t *s)
{
	struct service *service = &check->out->services[check->out->service_count];
	struct service_lines *lines = &check->lines[check->out->service_count++];

	*lines = (struct service_lines){
		.name = line_of(s, "name"),
		.address = line_of(s, "virtual"),
		.passive_ports = line_of(s, "passive_ports"),
	};
	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_group(&config_options[i], OPTION_SERVICES))
			option_set_default(&config_options[i], service);
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);
		const struct config_option *o =
			option_find(OPTION_SERVICES, config_setting_name(member));

		if (o != NULL)
			check_value(check, member, o, service);
		else if (strcmp(config_setting_name(member), SERVERS_KEY) != 0)
			refuse_key(check, member, OPTION_SERVICES);
	}
	/* Last: the family of the real servers is that of the address. */
	if (config_setting_get_member(s, SERVERS_KEY) != NULL)
		check_servers(check, config_setting_get_member(s, SERVERS_KEY), service);
	say_missing(check, s, OPTION_SERVICES, "service");
}

/* Real servers in the lists of all services, whatever else is wrong with them. */
static size_t count_servers(const config_setting_t *services)
{
	size_t count = 0;

	for (int i = 0; i < config_setting_length(services); i++) {
		const config_setting_t *s = config_setting_get_elem(services, (unsigned int)i);
		const config_setting_t *list =
			config_setting_is_group(s) ? config_setting_get_member(s, SERVERS_KEY) : NULL;

		if (list != NULL && config_setting_is_list(list))
			count += (size_t)config_setting_length(list);
	}
	return count;
}

static int check_services(struct check *check, const config_setting_t *s)
{
	int count = length_of(check, s, OPTION_SERVICES, CONFIG_SERVICES_MAX);

	if (count == 0)
		return 0;
	check->out->services = calloc((size_t)count, sizeof(*check->out->services));
	check->out->servers = calloc(count_servers(s) + 1, sizeof(*check->out->servers));
	check->lines = calloc((size_t)count, sizeof(*check->lines));
	if (check->out->services == NULL || check->out->servers == NULL || check->lines == NULL)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(s, (unsigned int)i);

		if (config_setting_is_group(member))
			check_service(check, member);
	}
	return 0;
}

static int check_root(struct check *check, const config_setting_t *root)
{
	int err = 0;

	for (int i = 0; i < config_setting_length(root) && err == 0; i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned int)i);
		const char *key = config_setting_name(s);
		const struct config_option *o = option_find("", key);

		if (o != NULL)
			check_value(check, s, o, check->out);
		else if (strcmp(key, OPTION_SERVICES) == 0)
			err = check_services(check, s);
		else if (option_group_exists(key))
			check_group(check, s);
		else
			refuse_key(check, s, "");
	}
	return err;
}

static void say_syntax(const struct config_text *text, const config_t *parsed,
		       struct config_errors *errors)
{
	unsigned int line = (unsigned int)config_error_line(parsed);
	char quote[QUOTED_MAX];

	bool twice = strstr(config_error_text(parsed), "duplicate") != NULL;

	config_errors_add(errors, config_text_place(text, line), "%s: %s",
			  twice ? "a key is written twice" : "syntax error at or before",
			  config_text_quote(text, line, quote, sizeof(quote)));
}

int config_check(const struct config_text *text, struct config *out, struct service_lines **lines,
		 struct config_errors *errors)
{
	struct check check = { .text = text, .errors = errors, .out = out };
	config_t parsed;
	int err = 0;

	config_init(&parsed);
	if (config_read_string(&parsed, text->text) == CONFIG_TRUE)
		err = check_root(&check, config_root_setting(&parsed));
	else
		say_syntax(text, &parsed, errors);
	config_destroy(&parsed);
	*lines = check.lines;
	return err == 0 && errors->count > 0 ? -EINVAL : err;
}
