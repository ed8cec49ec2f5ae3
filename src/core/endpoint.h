/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address with a port, one shape for both families.
 *
 * IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), so that addresses compare
 * as addresses, however a peer wrote them. Ports are in host byte order everywhere in core.
 */
#ifndef FTPALGD_CORE_ENDPOINT_H
#define FTPALGD_CORE_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct endpoint {
	struct in6_addr addr;
	uint16_t port;
};

/* Longest text of endpoint_format with its terminator: "[" address "]:65535". */
#define ENDPOINT_TEXT_MAX (INET6_ADDRSTRLEN + 8)

struct endpoint endpoint_from_ipv4(struct in_addr addr, uint16_t port);
struct endpoint endpoint_from_ipv6(const struct in6_addr *addr, uint16_t port);

bool endpoint_is_ipv4(const struct endpoint *e);

/* The IPv4 address in network byte order; only meaningful where endpoint_is_ipv4. */
struct in_addr endpoint_ipv4(const struct endpoint *e);

static inline bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static inline bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_same_address(a, b);
}

/* Order by address and port, for qsort and bsearch over whatever begins with an endpoint. */
int endpoint_compare(const void *a, const void *b);

/* Writes "192.0.2.10:21" or "[2001:db8::10]:21" and returns text. */
const char *endpoint_format(const struct endpoint *e, char text[static ENDPOINT_TEXT_MAX]);

/* Writes the address without its port, "192.0.2.10" or "2001:db8::10", and returns text. */
const char *endpoint_format_address(const struct endpoint *e, char text[static INET6_ADDRSTRLEN]);

/* Reads what endpoint_format writes. Returns 0, or -EINVAL and leaves *e as it was. */
int endpoint_parse(const char *text, struct endpoint *e) __attribute__((warn_unused_result));

#endif
