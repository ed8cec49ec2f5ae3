/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct endpoint endpoint_from_ipv4(struct in_addr addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	e.addr.s6_addr[10] = 0xff;
	e.addr.s6_addr[11] = 0xff;
	memcpy(&e.addr.s6_addr[12], &addr, sizeof(addr));
	return e;
}

struct endpoint endpoint_from_ipv6(const struct in6_addr *addr, uint16_t port)
{
	return (struct endpoint){ .addr = *addr, .port = port };
}

int endpoint_compare(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int order = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	return order != 0 ? order : (int)x->port - (int)y->port;
}

bool endpoint_is_ipv4(const struct endpoint *e)
{
	return IN6_IS_ADDR_V4MAPPED(&e->addr);
}

struct in_addr endpoint_ipv4(const struct endpoint *e)
{
	struct in_addr addr;

	memcpy(&addr, &e->addr.s6_addr[12], sizeof(addr));
	return addr;
}

const char *endpoint_format_address(const struct endpoint *e, char text[static INET6_ADDRSTRLEN])
{
	const struct in_addr v4 = endpoint_ipv4(e);

	if (endpoint_is_ipv4(e))
		inet_ntop(AF_INET, &v4, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, &e->addr, text, INET6_ADDRSTRLEN);
	return text;
}

const char *endpoint_format(const struct endpoint *e, char text[static ENDPOINT_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN];

	snprintf(text, ENDPOINT_TEXT_MAX, endpoint_is_ipv4(e) ? "%s:%u" : "[%s]:%u",
		 endpoint_format_address(e, address), e->port);
	return text;
}

static int port_parse(const char *text, uint16_t *port)
{
	unsigned int value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned int)(text[i] - '0');
	if (value == 0 || value > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)value;
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *e)
{
	bool ipv6 = text[0] == '[';
	const char *start = ipv6 ? text + 1 : text;
	const char *end = strchr(start, ipv6 ? ']' : ':');
	char address[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;
	uint16_t port;

	if (end == NULL || (size_t)(end - start) >= sizeof(address) || (ipv6 && end[1] != ':'))
		return -EINVAL;
	memcpy(address, start, (size_t)(end - start));
	address[end - start] = '\0';
	if (port_parse(end + (ipv6 ? 2 : 1), &port) < 0)
		return -EINVAL;
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, address, ipv6 ? (void *)&v6 : (void *)&v4) != 1)
		return -EINVAL;
	*e = ipv6 ? endpoint_from_ipv6(&v6, port) : endpoint_from_ipv4(v4, port);
	return 0;
}
