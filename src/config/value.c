/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/value.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/policy.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* core's field is longer: a discovered service is named by its address */
#define SERVICE_NAME_LENGTH 31
_Static_assert(SERVICE_NAME_LENGTH < SERVICE_NAME_MAX, "a configured name fits core's field");

/* size counts the terminator; the rest of value is zeroed, so that values compare as memory. */
static const char *store_text(const char *text, void *value, size_t size)
{
	if (strlen(text) >= size)
		return "too long";
	memset(value, 0, size);
	memcpy(value, text, strlen(text));
	return NULL;
}

const char *value_read_service_name(const char *text, void *value, size_t size)
{
	if (*text == '\0')
		return "empty";
	if (text[strspn(text, LETTERS DIGITS "._-")] != '\0')
		return "";
	if (strlen(text) > SERVICE_NAME_LENGTH)
		return "too long";
	return store_text(text, value, size);
}

/* dev_valid_name in net/core/dev.c, without what nobody can type */
const char *value_read_interface(const char *text, void *value, size_t size)
{
	if (*text == '\0')
		return "empty";
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strpbrk(text, "/:") != NULL)
		return "";
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return "";
	return store_text(text, value, size);
}

const char *value_read_socket(const char *text, void *value, size_t size)
{
	if (*text != '/')
		return "not absolute";
	if (text[strlen(text) - 1] == '/')
		return "a directory";
	return store_text(text, value, size);
}

const char *value_read_textfile(const char *text, void *value, size_t size)
{
	static const char suffix[] = ".prom";
	size_t length = strlen(text);

	if (length == 0)
		return store_text(text, value, size);
	if (*text != '/')
		return "not absolute";
	if (length < sizeof(suffix) || strcmp(text + length - strlen(suffix), suffix) != 0)
		return "not a .prom file";
	return store_text(text, value, size);
}

const char *value_read_group(const char *text, void *value, size_t size)
{
	if (strchr("-" DIGITS, *text) != NULL && *text != '\0')
		return "";
	if (text[strspn(text, LETTERS DIGITS "._-$")] != '\0')
		return "";
	return store_text(text, value, size);
}

static const char *refuse_ipv4(uint32_t address)
{
	if (address == INADDR_BROADCAST)
		return "the broadcast address";
	if (IN_MULTICAST(address))
		return "a multicast address";
	return address >> 24 == 0 ? "not the address of a host" : NULL;
}

static const char *refuse_ipv6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_MULTICAST(address))
		return "a multicast address";
	return IN6_IS_ADDR_UNSPECIFIED(address) ? "not the address of a host" : NULL;
}

/* Why endpoint_parse refused it, as far as one can guess. */
static const char *guess_endpoint(const char *text)
{
	const char *first = strchr(text, ':');
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return "without a port";
	if (*text != '[' && first != NULL && strchr(first + 1, ':') != NULL)
		return "an IPv6 address needs [ ]";
	if (inet_pton(AF_INET6, text, &v6) == 1)
		return "without a port";
	if (*text == '[' && strchr(text, ']') != NULL && strchr(text, ']')[1] == '\0')
		return "without a port";
	if (strchr(text, '%') != NULL)
		return "an address with an interface";
	return strrchr(text, ':') != NULL && strcmp(strrchr(text, ':'), ":0") == 0 ? "port 0" : "";
}

const char *value_read_endpoint(const char *text, void *value, size_t size)
{
	struct endpoint e = { .port = 0 };
	const char *wrong;

	(void)size;
	if (endpoint_parse(text, &e) < 0)
		return guess_endpoint(text);
	if (endpoint_is_ipv4(&e) && *text == '[')
		return "an IPv4 address in IPv6's form";
	if (endpoint_is_ipv4(&e))
		wrong = refuse_ipv4(ntohl(endpoint_ipv4(&e).s_addr));
	else
		wrong = refuse_ipv6(&e.addr);
	if (wrong == NULL)
		*(struct endpoint *)value = e;
	return wrong;
}

/* Reads a port and moves *text behind it; -1 if there is none. */
static long read_port(const char **text)
{
	size_t digits = strspn(*text, DIGITS);
	long port = 0;

	if (digits == 0 || digits > 5)
		return -1;
	for (size_t i = 0; i < digits; i++)
		port = port * 10 + (*text)[i] - '0';
	*text += digits;
	return port;
}

const char *value_read_ports(const char *text, void *value, size_t size)
{
	struct port_range *range = value;
	long first, last;

	(void)size;
	if (*text == '\0') {
		*range = (struct port_range){ .first = 0 };
		return NULL;
	}
	first = read_port(&text);
	if (first < 0 || *text++ != '-')
		return "";
	last = read_port(&text);
	if (last < 0 || *text != '\0')
		return "";
	if (first < VALUE_PASSIVE_PORT_MIN || last > UINT16_MAX)
		return "out of range";
	if (first > last)
		return "first and last exchanged";
	*range = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return NULL;
}
