/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config/config.h"
#include "config/option.h"

/* 4096 services on both sides are compared at a reload only: plain loops are quick enough. */
static const struct service *find_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

static bool describe_option(const struct config_option *o, const void *running, const void *next,
			    const char *service, FILE *out)
{
	char name[OPTION_TEXT_MAX], before[OPTION_TEXT_MAX], after[OPTION_TEXT_MAX];

	option_format(o, running, before);
	option_format(o, next, after);
	if (strcmp(before, after) == 0)
		return false;
	if (service != NULL)
		fprintf(out, "service \"%s\": %s: %s -> %s\n", service, o->key, before, after);
	else
		fprintf(out, "%s: %s -> %s%s\n", option_name(o, name), before, after,
			o->fixed ? " (waits for a restart)" : "");
	return o->fixed;
}

static void describe_service(const struct service *running, const struct service *next, FILE *out)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_service(&config_options[i]))
			describe_option(&config_options[i], running, next, running->name, out);
}

static void describe_services(const struct config *running, const struct config *next, FILE *out)
{
	char address[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < running->service_count; i++) {
		const struct service *s = &running->services[i];
		const struct service *successor = find_service(next, s->name);

		if (successor != NULL)
			describe_service(s, successor, out);
		else
			fprintf(out, "service \"%s\" at %s: removed\n", s->name,
				endpoint_format(&s->address, address));
	}
	for (size_t i = 0; i < next->service_count; i++) {
		const struct service *s = &next->services[i];

		if (find_service(running, s->name) == NULL)
			fprintf(out, "service \"%s\" at %s: added\n", s->name,
				endpoint_format(&s->address, address));
	}
}

bool config_describe_change(const struct config *running, const struct config *next, FILE *out)
{
	bool restart = false;

	for (size_t i = 0; i < config_option_count; i++)
		if (!option_in_service(&config_options[i]))
			restart |= describe_option(&config_options[i], running, next, NULL, out);
	describe_services(running, next, out);
	return restart;
}

void config_keep_fixed(const struct config *running, struct config *next)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (!option_in_service(&config_options[i]) && config_options[i].fixed)
			option_copy(&config_options[i], running, next);
}
