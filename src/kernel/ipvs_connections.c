/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipvs_connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE = 256, WORD_MAX = 64 };

/* IPv4 in eight hexadecimal digits, IPv6 in eight groups of four; the port in hexadecimal digits. */
static bool read_endpoint(const char *address, const char *port, struct endpoint *e)
{
	struct in6_addr ipv6;
	unsigned long number = strtoul(port, NULL, 16);

	if (number > UINT16_MAX)
		return false;
	if (inet_pton(AF_INET6, address, &ipv6) == 1) {
		*e = endpoint_from_ipv6(&ipv6, (uint16_t)number);
		return true;
	}
	if (strlen(address) != 8 || strspn(address, "0123456789ABCDEFabcdef") != 8)
		return false;
	*e = endpoint_from_ipv4((struct in_addr){ htonl((uint32_t)strtoul(address, NULL, 16)) },
				(uint16_t)number);
	return true;
}

bool ipvs_connection_read(const char *line, struct ipvs_connection *c)
{
	char words[8][WORD_MAX];

	if (sscanf(line, "%63s %63s %63s %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3],
		   words[4], words[5], words[6], words[7]) != 8 ||
	    strcmp(words[0], "TCP") != 0)
		return false;
	c->established = strcmp(words[7], "ESTABLISHED") == 0;
	return read_endpoint(words[1], words[2], &c->client) &&
	       read_endpoint(words[3], words[4], &c->service) &&
	       read_endpoint(words[5], words[6], &c->server);
}

int ipvs_connections(ipvs_connection_seen *seen, void *data)
{
	FILE *file = fopen("/proc/self/net/ip_vs_conn", "re");
	struct ipvs_connection c;
	char line[LINE_SIZE];

	if (file == NULL)
		return -errno;
	while (fgets(line, sizeof(line), file) != NULL)
		if (ipvs_connection_read(line, &c))
			seen(&c, data);
	fclose(file);
	return 0;
}
