/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading netlink attributes: a table by type, then values of an exact length.
 *
 * Bounds are checked against the bytes given; attributes after one that does not fit are not
 * seen, unknown types are passed over, of several of one type the last counts. Values keep the
 * byte order they have.
 */
#ifndef FTPALGD_KERNEL_ATTRIBUTES_H
#define FTPALGD_KERNEL_ATTRIBUTES_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Sets table[type] to the attribute of that type below count. The caller has cleared the table. */
void attributes_fill(const void *bytes, size_t length, const struct nlattr **table, size_t count);

/*
 * table[type] is the attribute of that type below count, or NULL; of the attributes of a message after
 * its second header, whose size is a multiple of four.
 */
void attributes_of_message(const struct nlmsghdr *nlh, size_t header,
			   const struct nlattr **table, size_t count);

/* The same for those nested in attr; none where attr is NULL. Inline: every packet has several. */
static inline void attributes_in(const struct nlattr *attr, const struct nlattr **table, size_t count)
{
	memset(table, 0, count * sizeof(*table));
	if (attr != NULL)
		attributes_fill(attr + 1, attr->nla_len - sizeof(*attr), table, count);
}

/* Copies the value if attr is there and has just that size. Inline: most are a few bytes. */
static inline bool attribute_get(const struct nlattr *attr, void *value, size_t size)
{
	if (attr == NULL || attr->nla_len != sizeof(*attr) + size)
		return false;
	memcpy(value, attr + 1, size);
	return true;
}

/* attr is there and its value is that string, with or without its terminator. */
static inline bool attribute_is_string(const struct nlattr *attr, const char *string)
{
	const size_t length = strlen(string);
	const char *value;
	size_t given;

	if (attr == NULL)
		return false;
	value = (const char *)(attr + 1);
	given = attr->nla_len - sizeof(*attr);
	return given >= length && (given == length || value[length] == '\0') &&
	       memcmp(value, string, length) == 0;
}

#endif
