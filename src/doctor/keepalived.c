/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/keepalived.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024 };

static const char blanks[] = " \t\r\n";

/* What follows the name of a setting, as far as it concerns us. */
static void read_setting(const char *name, const char *value, struct ipvs_thread *t)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (strcmp(name, "id") == 0) {
		t->id = (uint8_t)strtoul(value, NULL, 10);
	} else if (strcmp(name, "port") == 0) {
		t->group.port = (uint16_t)strtoul(value, NULL, 10);
	} else if (strcmp(name, "group") == 0 && inet_pton(AF_INET, value, &ipv4) == 1) {
		t->group = endpoint_from_ipv4(ipv4, t->group.port);
	} else if (strcmp(name, "group") == 0 && inet_pton(AF_INET6, value, &ipv6) == 1) {
		t->group = endpoint_from_ipv6(&ipv6, t->group.port);
	}
}

/* lvs_sync_daemon INTERFACE [INSTANCE] [id N] [port N] [group ADDRESS] and others */
static bool read_statement(char *line, struct ipvs_thread *out)
{
	const struct in_addr usual = { htonl(IPVS_SYNC_GROUP) };
	struct ipvs_thread t = { .group = endpoint_from_ipv4(usual, IPVS_SYNC_PORT) };
	char *rest = NULL, *word, *name;

	line[strcspn(line, "#!")] = '\0';
	word = strtok_r(line, blanks, &rest);
	if (word == NULL || strcmp(word, "lvs_sync_daemon") != 0)
		return false;
	word = strtok_r(NULL, blanks, &rest);
	if (word == NULL || strlen(word) >= sizeof(t.interface))
		return false;
	strcpy(t.interface, word);
	name = strtok_r(NULL, blanks, &rest);
	for (; name != NULL; name = word) {
		word = strtok_r(NULL, blanks, &rest);
		if (word != NULL)
			read_setting(name, word, &t);
	}
	*out = t;
	return true;
}

bool keepalived_sync_place(const char *path, struct ipvs_thread *place)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = read_statement(line, place);
	fclose(file);
	return found;
}
