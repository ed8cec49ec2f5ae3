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

/* Stores the address if it is one of a host. */
static const char *store_host(const struct endpoint *e, bool written_as_ipv6, struct endpoint *value)
{
	const char *wrong;

	if (endpoint_is_ipv4(e) && written_as_ipv6)
		return "an IPv4 address in IPv6's form";
	if (endpoint_is_ipv4(e))
		wrong = refuse_ipv4(ntohl(endpoint_ipv4(e).s_addr));
	else
		wrong = refuse_ipv6(&e->addr);
	if (wrong == NULL)
		*value = *e;
	return wrong;
}

const char *value_read_endpoint(const char *text, void *value, size_t size)
{
	struct endpoint e = { .port = 0 };

	(void)size;
	if (endpoint_parse(text, &e) < 0)
		return guess_endpoint(text);
	return store_host(&e, *text == '[', value);
}

const char *value_read_address(const char *text, void *value, size_t size)
{
	struct endpoint e = { .port = 0 };
	struct in6_addr v6;
	struct in_addr v4;

	(void)size;
	if (inet_pton(AF_INET, text, &v4) == 1)
		e = endpoint_from_ipv4(v4, 0);
	else if (inet_pton(AF_INET6, text, &v6) == 1)
		e = endpoint_from_ipv6(&v6, 0);
	else if (endpoint_parse(text, &e) == 0)
		return "with a port";
	else if (*text == '[')
		return "in brackets";
	else
		return strchr(text, '%') != NULL ? "an address with an interface" : "";
	return store_host(&e, strchr(text, ':') != NULL, value);
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

/* Reads a range and moves *text behind it. A port without another one is a range of its own. */
static const char *read_range(const char **text, long lowest, struct port_range *range)
{
	long first = read_port(text);
	long last = first;

	if (first >= 0 && **text == '-') {
		++*text;
		last = read_port(text);
	}
	if (first < 0 || last < 0)
		return "";
	if (first < lowest || last > UINT16_MAX || first > UINT16_MAX)
		return "out of range";
	if (first > last)
		return "first and last exchanged";
	*range = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return NULL;
}

/* The text as one range. */
static const char *read_whole_range(const char *text, long lowest, struct port_range *value)
{
	struct port_range range;
	const char *wrong = read_range(&text, lowest, &range);

	if (wrong == NULL && *text != '\0')
		return "";
	if (wrong == NULL)
		*value = range;
	return wrong;
}

const char *value_read_ports(const char *text, void *value, size_t size)
{
	(void)size;
	if (*text == '\0') {
		*(struct port_range *)value = (struct port_range){ .first = 0 };
		return NULL;
	}
	if (strchr(text, '-') == NULL)
		return "";
	return read_whole_range(text, VALUE_PASSIVE_PORT_MIN, value);
}

const char *value_read_server_ports(const char *text, void *value, size_t size)
{
	(void)size;
	return *text == '\0' ? "empty" : read_whole_range(text, 1, value);
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

const char *value_read_port_list(const char *text, void *value, size_t size)
{
	struct port_list list = { .count = 0 };
	const char *wrong = NULL;
	bool more;

	(void)size;
	text = skip_blanks(text);
	more = *text != '\0';
	while (more && wrong == NULL) {
		if (list.count == PORT_LIST_MAX)
			return "too many";
		wrong = read_range(&text, 1, &list.ranges[list.count++]);
		text = skip_blanks(text);
		more = *text == ',';
		if (more)
			text = skip_blanks(text + 1);
	}
	if (wrong == NULL && *text != '\0')
		return "";
	if (wrong == NULL)
		*(struct port_list *)value = list;
	return wrong;
}
