/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/option.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/value.h"
#include "core/clients.h"

static const struct option_word forwarding_words[] = {
	{ "ipvs", FORWARD_IPVS },
	{ "conntrack", FORWARD_CONNTRACK },
	{ NULL, 0 },
};

static const struct option_word tls_words[] = {
	{ "allow", false },
	{ "deny", true },
	{ NULL, 0 },
};

static const struct option_word fail_words[] = {
	{ "open", true },
	{ "closed", false },
	{ NULL, 0 },
};

static const struct option_word mode_words[] = {
	{ "0600", 0600 },
	{ "0660", 0660 },
	{ "0666", 0666 },
	{ NULL, 0 },
};

static const struct option_word level_words[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "notice", LOG_LEVEL_NOTICE },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};

#define IN_CONFIG(member) \
	.offset = offsetof(struct config, member), .size = sizeof(((struct config *)0)->member)
#define IN_SERVICE(member) \
	.group = OPTION_SERVICES, .offset = offsetof(struct service, member), \
	.size = sizeof(((struct service *)0)->member)
#define IN_SERVER(member) \
	.group = OPTION_SERVERS, .offset = offsetof(struct real_server, member), \
	.size = sizeof(((struct real_server *)0)->member)
#define BOOLEAN(preset) .type = OPTION_BOOL, .number = (preset)
#define NUMBER(from, to, preset) \
	.type = OPTION_NUMBER, .min = (from), .max = (to), .number = (preset)
#define WORD(list, preset) .type = OPTION_WORD, .words = (list), .number = (preset)
#define TEXT(reader, form, preset) \
	.type = OPTION_TEXT, .read = (reader), .allowed = (form), .text = (preset)

const struct config_option config_options[] = {
	{ "", "discover", IN_CONFIG(discover), BOOLEAN(true) },
	{ .key = "name", IN_SERVICE(name), .required = true,
	  TEXT(value_read_service_name, "1 to 31 of A-Z a-z 0-9 . _ -", "") },
	{ .key = "virtual", IN_SERVICE(address), .type = OPTION_ENDPOINT, .required = true,
	  .read = value_read_endpoint,
	  .allowed = "\"ADDRESS:PORT\" or \"[IPV6-ADDRESS]:PORT\" of one host, port 1 to 65535" },
	{ .key = "passive_ports", IN_SERVICE(passive_ports), .type = OPTION_PORTS,
	  .read = value_read_ports,
	  .allowed = "\"FIRST-LAST\" within 1024 to 65535, or \"\" for the server's own" },
	{ .key = "real", IN_SERVER(address), .type = OPTION_ADDRESS, .required = true,
	  .read = value_read_address,
	  .allowed = "\"ADDRESS\" of one host, IPv4 or IPv6, without brackets and port" },
	{ .key = "passive_ports", IN_SERVER(passive_ports), .type = OPTION_PORTS, .required = true,
	  .read = value_read_server_ports,
	  .allowed = "\"FIRST-LAST\" or \"PORT\" within 1 to 65535, as the server is configured" },
	{ .key = "closed_ports", IN_SERVICE(closed_ports), .type = OPTION_PORT_LIST,
	  .read = value_read_port_list,
	  .allowed = "at most 16 of \"PORT\" and \"FIRST-LAST\" within 1 to 65535 with commas between "
		     "them, or \"\" for none" },
	{ .key = "active", IN_SERVICE(active), BOOLEAN(true) },
	{ .key = "tls", IN_SERVICE(deny_tls), WORD(tls_words, false) },
	{ .key = "fail", IN_SERVICE(fail_open), WORD(fail_words, true) },
	{ "", "forwarding", IN_CONFIG(forwarding), WORD(forwarding_words, FORWARD_IPVS) },
	{ "", "guard", IN_CONFIG(guard), BOOLEAN(false) },
	{ "queues", "first", IN_CONFIG(queues.first), .fixed = true,
	  NUMBER(0, UINT16_MAX - CONFIG_QUEUES_MAX, 2100) },
	{ "queues", "count", IN_CONFIG(queues.count), .fixed = true,
	  NUMBER(0, CONFIG_QUEUES_MAX, 0) },
	{ "queues", "length", IN_CONFIG(queues.length), .fixed = true, NUMBER(64, 1048576, 8192) },
	{ "sync", "interface", IN_CONFIG(sync.interface), .fixed = true,
	  TEXT(value_read_interface, "\"auto\", or the name of a network interface, 1 to 15 characters",
	       CONFIG_SYNC_AUTO) },
	{ "sync", "id", IN_CONFIG(sync.id), .fixed = true, NUMBER(0, 255, 0) },
	{ "limits", "sessions", IN_CONFIG(limits.sessions), .fixed = true,
	  NUMBER(1, 16777216, 1000000) },
	{ "limits", "openings_per_session", IN_CONFIG(limits.openings_per_session),
	  NUMBER(1, 64, 8) },
	{ "limits", "openings_per_client", IN_CONFIG(limits.openings_per_client),
	  NUMBER(1, CLIENTS_OPENINGS_MAX, 256) },
	{ "limits", "sessions_per_client", IN_CONFIG(limits.sessions_per_client),
	  NUMBER(1, 16777216, 10000) },
	{ "limits", "line", IN_CONFIG(limits.line), NUMBER(512, 65536, 8192) },
	{ "limits", "idle", IN_CONFIG(limits.idle), NUMBER(1, 604800, 7200) },
	{ "timeouts", "opening", IN_CONFIG(timeouts.opening), NUMBER(1, 3600, 60) },
	{ "control", "socket", IN_CONFIG(control.socket), .fixed = true,
	  TEXT(value_read_socket, "an absolute path of at most 107 bytes",
	       "/run/ftpalgd/control") },
	{ "control", "group", IN_CONFIG(control.group), .fixed = true,
	  TEXT(value_read_group, "the name of a group, or \"\" for the daemon's own", "ftpalgd") },
	{ "control", "mode", IN_CONFIG(control.mode), .fixed = true, WORD(mode_words, 0660) },
	{ "metrics", "textfile", IN_CONFIG(metrics.textfile), .fixed = true,
	  TEXT(value_read_textfile, "an absolute path of at most 127 bytes that ends in \".prom\", or \"\" for none", "") },
	{ "metrics", "interval", IN_CONFIG(metrics.interval), NUMBER(2, 3600, 15) },
	{ "log", "level", IN_CONFIG(log.level), WORD(level_words, LOG_LEVEL_INFO) },
};
const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

_Static_assert(sizeof(enum forwarding) == sizeof(uint32_t), "option_set_number writes enums");
_Static_assert(sizeof(enum log_level) == sizeof(uint32_t), "option_set_number writes enums");

bool option_is_top(const struct config_option *o)
{
	return *o->group == '\0';
}

bool option_in_group(const struct config_option *o, const char *group)
{
	return strcmp(o->group, group) == 0;
}

const char *option_subgroup(const struct config_option *o, const char *group)
{
	size_t length = strlen(group);
	const char *rest = o->group;

	if (length > 0) {
		if (strncmp(rest, group, length) != 0 || rest[length] != '.')
			return NULL;
		rest += length + 1;
	}
	return *rest != '\0' && strchr(rest, '.') == NULL ? rest : NULL;
}

bool option_in_config(const struct config_option *o)
{
	return !option_in_group(o, OPTION_SERVICES) && !option_in_group(o, OPTION_SERVERS);
}

const struct config_option *option_find(const char *group, const char *key)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].group, group) == 0 &&
		    strcmp(config_options[i].key, key) == 0)
			return &config_options[i];
	return NULL;
}

bool option_group_exists(const char *group)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (*group != '\0' && strcmp(config_options[i].group, group) == 0)
			return true;
	return false;
}

void option_set_number(const struct config_option *o, void *base, uint32_t value)
{
	char *at = (char *)base + o->offset;
	bool truth = value != 0;

	if (o->size == sizeof(truth))
		memcpy(at, &truth, sizeof(truth));
	else
		memcpy(at, &value, sizeof(value));
}

static uint32_t get_number(const struct config_option *o, const void *base)
{
	const char *at = (const char *)base + o->offset;
	uint32_t value;
	bool truth;

	if (o->size == sizeof(truth)) {
		memcpy(&truth, at, sizeof(truth));
		return truth;
	}
	memcpy(&value, at, sizeof(value));
	return value;
}

void option_set_default(const struct config_option *o, void *base)
{
	memset((char *)base + o->offset, 0, o->size);
	if (o->type == OPTION_TEXT)
		memcpy((char *)base + o->offset, o->text, strlen(o->text));
	else if (o->type == OPTION_BOOL || o->type == OPTION_NUMBER || o->type == OPTION_WORD)
		option_set_number(o, base, o->number);
}

void option_copy(const struct config_option *o, const void *from, void *to)
{
	memcpy((char *)to + o->offset, (const char *)from + o->offset, o->size);
}

const char *option_name(const struct config_option *o, char out[static OPTION_TEXT_MAX])
{
	snprintf(out, OPTION_TEXT_MAX, "%s%s%s", o->group, option_is_top(o) ? "" : ".", o->key);
	return out;
}

static const char *word_of(const struct option_word *words, uint32_t value)
{
	while (words->word != NULL && words->value != value)
		words++;
	return words->word;
}

static void format_ports(const struct port_list *list, char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size, "\"");

	for (size_t i = 0; i < list->count; i++) {
		const struct port_range *range = &list->ranges[i];

		used += (size_t)snprintf(out + used, size - used,
					 range->first == range->last ? "%s%u" : "%s%u-%u",
					 i > 0 ? "," : "", range->first, range->last);
	}
	snprintf(out + used, size - used, "\"");
}

_Static_assert(PORT_LIST_MAX * sizeof(",65535-65535") + 2 < OPTION_TEXT_MAX, "every list has room");

const char *option_format(const struct config_option *o, const void *base,
			  char out[static OPTION_TEXT_MAX])
{
	const void *at = (const char *)base + o->offset;
	const struct port_range *ports = at;
	char text[ENDPOINT_TEXT_MAX];

	switch (o->type) {
	case OPTION_BOOL:
		snprintf(out, OPTION_TEXT_MAX, "%s", get_number(o, base) != 0 ? "true" : "false");
		break;
	case OPTION_NUMBER:
		snprintf(out, OPTION_TEXT_MAX, "%u", get_number(o, base));
		break;
	case OPTION_WORD:
		snprintf(out, OPTION_TEXT_MAX, "\"%s\"", word_of(o->words, get_number(o, base)));
		break;
	case OPTION_ENDPOINT:
		snprintf(out, OPTION_TEXT_MAX, "\"%s\"", endpoint_format(at, text));
		break;
	case OPTION_ADDRESS:
		snprintf(out, OPTION_TEXT_MAX, "\"%s\"", endpoint_format_address(at, text));
		break;
	case OPTION_PORT_LIST:
		format_ports(at, out, OPTION_TEXT_MAX);
		break;
	case OPTION_PORTS:
		snprintf(out, OPTION_TEXT_MAX, ports->first != 0 ? "\"%u-%u\"" : "\"\"",
			 ports->first, ports->last);
		break;
	case OPTION_TEXT:
	case OPTION_TYPES:
		snprintf(out, OPTION_TEXT_MAX, "\"%s\"", (const char *)at);
		break;
	}
	return out;
}

static void list_words(const struct option_word *words, char *out, size_t size)
{
	size_t used = 0;

	for (const struct option_word *w = words; w->word != NULL && used < size; w++) {
		const char *before = w == words ? "" : w[1].word != NULL ? ", " : " or ";

		used += (size_t)snprintf(out + used, size - used, "%s\"%s\"", before, w->word);
	}
}

const char *option_allowed(const struct config_option *o, char out[static OPTION_TEXT_MAX])
{
	if (o->type == OPTION_BOOL)
		snprintf(out, OPTION_TEXT_MAX, "true or false");
	else if (o->type == OPTION_NUMBER)
		snprintf(out, OPTION_TEXT_MAX, "a number from %u to %u", o->min, o->max);
	else if (o->type == OPTION_WORD)
		list_words(o->words, out, OPTION_TEXT_MAX);
	else
		snprintf(out, OPTION_TEXT_MAX, "%s", o->allowed);
	return out;
}
