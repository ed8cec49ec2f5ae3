/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A service with its lines, to be sorted. */
struct entry {
	const struct service *service;
	const struct service_lines *lines;
};

struct check {
	const struct config_text *text;
	struct config_errors *errors;
	struct entry *entries;
	size_t count;
};

/* Order in the file decides between equals: the first one is right, the next one is at fault. */
static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->service->name, y->service->name);

	return order != 0 ? order : (x->service > y->service) - (x->service < y->service);
}

static int by_address(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = policy_compare_services(x->service, y->service);

	return order != 0 ? order : (x->service > y->service) - (x->service < y->service);
}

#define FAULT(check, line, ...) \
	config_errors_add((check)->errors, config_text_place((check)->text, line), __VA_ARGS__)

static void check_names(struct check *check)
{
	qsort(check->entries, check->count, sizeof(*check->entries), by_name);
	for (size_t i = 1; i < check->count; i++) {
		const struct entry *first = &check->entries[i - 1];
		const struct entry *second = &check->entries[i];
		struct config_place place = config_text_place(check->text, first->lines->name);

		if (strcmp(first->service->name, second->service->name) == 0)
			FAULT(check, second->lines->name, "the name \"%s\" is taken by %s:%u",
			      second->service->name, place.file, place.line);
	}
}

static bool has_range(const struct service *s)
{
	return s->passive_ports.first != 0;
}

static bool in_range(const struct service *s, uint16_t port)
{
	return has_range(s) && port >= s->passive_ports.first && port <= s->passive_ports.last;
}

static void check_control_port(struct check *check, const struct entry *ranged,
			       const struct entry *other)
{
	const struct service *s = ranged->service;
	char address[ENDPOINT_TEXT_MAX];

	if (in_range(s, other->service->address.port))
		FAULT(check, ranged->lines->passive_ports,
		      "services.passive_ports \"%u-%u\" holds the port of %s%s%s%s",
		      s->passive_ports.first, s->passive_ports.last,
		      s == other->service ? "this service, " : "the service \"",
		      s == other->service ? "" : other->service->name,
		      s == other->service ? "" : "\", ",
		      endpoint_format(&other->service->address, address));
}

static void check_overlap(struct check *check, const struct entry *a, const struct entry *b)
{
	const struct entry *first = a->service < b->service ? a : b;
	const struct entry *second = first == a ? b : a;
	const struct port_range *x = &first->service->passive_ports;
	const struct port_range *y = &second->service->passive_ports;
	struct config_place place;

	if (!has_range(a->service) || !has_range(b->service))
		return;
	if (x->last < y->first || y->last < x->first)
		return;
	place = config_text_place(check->text, first->lines->passive_ports);
	FAULT(check, second->lines->passive_ports,
	      "services.passive_ports \"%u-%u\" overlaps \"%u-%u\" of the service \"%s\" at %s:%u, "
	      "on the same address", y->first, y->last, x->first, x->last, first->service->name,
	      place.file, place.line);
}

static void check_pair(struct check *check, const struct entry *a, const struct entry *b)
{
	char address[ENDPOINT_TEXT_MAX];

	if (endpoint_equal(&a->service->address, &b->service->address)) {
		struct config_place place = config_text_place(check->text, a->lines->address);

		FAULT(check, b->lines->address,
		      "services.virtual \"%s\" is taken by the service \"%s\" at %s:%u",
		      endpoint_format(&b->service->address, address), a->service->name, place.file,
		      place.line);
		return; /* the ranges of one service written twice overlap, of course */
	}
	check_control_port(check, a, b);
	check_control_port(check, b, a);
	check_overlap(check, a, b);
}

static void check_addresses(struct check *check)
{
	qsort(check->entries, check->count, sizeof(*check->entries), by_address);
	for (size_t i = 0; i < check->count; i++) {
		const struct entry *a = &check->entries[i];

		check_control_port(check, a, a);
		for (size_t j = i + 1; j < check->count; j++) {
			const struct entry *b = &check->entries[j];

			if (!endpoint_same_address(&a->service->address, &b->service->address))
				break;
			check_pair(check, a, b);
		}
	}
}

int config_services_check(const struct config *config, const struct service_lines *lines,
			  const struct config_text *text, struct config_errors *errors)
{
	struct check check = { .text = text, .errors = errors, .count = config->service_count };

	if (check.count == 0)
		return 0;
	check.entries = calloc(check.count, sizeof(*check.entries));
	if (check.entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < check.count; i++)
		check.entries[i] = (struct entry){ &config->services[i], &lines[i] };
	check_names(&check);
	check_addresses(&check);
	free(check.entries);
	return errors->count > 0 ? -EINVAL : 0;
}
