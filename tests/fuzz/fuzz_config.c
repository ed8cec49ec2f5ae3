/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as the configuration. What stands behind a NUL is the file that it may include as "201";
 * it can also include itself. Either it is taken whole and within its limits, or there are
 * messages, which name the file.
 */
#include "memory_file.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the text at which its grammar gives up: some bytes for each refused file. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_errors(const struct config_errors *errors)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	config_errors_print(errors, out);
	require(fclose(out) == 0);
	require(errors->count > 0 && size > 1 && text[size - 1] == '\n');
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++)
		require(strncmp(errors->text[i], "/proc/self/fd/", 14) == 0);
	for (size_t i = 0; i < size; i++)
		require(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
	free(text);
}

/* In their order, each once, of the service's family, and with the range that is found for it. */
static void check_server(const struct service *service, size_t index)
{
	const struct real_server *s = &service->servers[index];

	require(index == 0 || endpoint_compare(s - 1, s) < 0);
	require(s->address.port == 0 && s->passive_ports.first > 0 &&
		s->passive_ports.first <= s->passive_ports.last);
	require(endpoint_is_ipv4(&s->address) == endpoint_is_ipv4(&service->address));
	require(service_range(service, &s->address) == &s->passive_ports);
}

static void check_policy(const struct config *c)
{
	struct endpoint found[2];
	const struct surroundings surroundings = { found, 2, found, 1 };
	struct policy *p;

	require(endpoint_parse("192.0.2.10:21", &found[0]) == 0);
	found[1] = found[0];
	require(config_to_policy(c, &surroundings, 3, &p) == 0);
	require(p->service_count <= c->service_count + 1 && policy_is_taken(p, &found[0]));
	for (size_t i = 0; i < p->service_count; i++) {
		require(i == 0 || policy_compare_services(&p->services[i - 1], &p->services[i]) < 0);
		for (size_t j = 0; j < p->services[i].server_count; j++)
			check_server(&p->services[i], j);
	}
	free(p);
}

static void check_config(const struct config *c)
{
	require(c->queues.first + c->queues.count <= 65536);
	require(memchr(c->sync.interface, '\0', sizeof(c->sync.interface)) != NULL);
	require(memchr(c->control.socket, '\0', sizeof(c->control.socket)) != NULL);
	require(memchr(c->control.group, '\0', sizeof(c->control.group)) != NULL);
	require(c->service_count <= CONFIG_SERVICES_MAX);
	for (size_t i = 0; i < c->service_count; i++) {
		const struct service *s = &c->services[i];

		require(memchr(s->name, '\0', sizeof(s->name)) != NULL);
		require(s->passive_ports.first <= s->passive_ports.last && !s->discovered);
		require(s->server_count <= CONFIG_SERVERS_MAX && s->closed_ports.count <= PORT_LIST_MAX);
	}
	check_policy(c);
}

/* The same file again is no change; the defaults are one that can be told. */
static void check_change(struct config *c)
{
	struct config again;
	struct config_errors errors;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	require(config_load(MEMORY_FILE_0, true, &again, &errors) == 0);
	require(!config_describe_change(c, &again, out));
	require(fflush(out) == 0 && size == 0);
	config_free(&again);
	config_defaults(&again);
	(void)!config_describe_change(c, &again, out);
	config_keep_fixed(c, &again);
	require(!config_describe_change(c, &again, out));
	require(fclose(out) == 0);
	free(text);
	config_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t first = end != NULL ? (size_t)(end - data) : size;
	static struct config_errors errors;
	struct config c;

	memory_file_write(0, data, first);
	memory_file_write(1, end != NULL ? end + 1 : data, end != NULL ? size - first - 1 : 0);
	if (config_load(MEMORY_FILE_0, true, &c, &errors) < 0) {
		check_errors(&errors);
		return 0;
	}
	require(errors.count == 0);
	check_config(&c);
	check_change(&c);
	config_free(&c);
	return 0;
}
