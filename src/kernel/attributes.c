/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/attributes.h"

#include <limits.h>
#include <string.h>

void attributes_fill(const void *bytes, size_t length, const struct nlattr **table, size_t count)
{
	size_t behind = length - sizeof(struct nlattr); /* the header at hand */
	const char *at = bytes;

	while (length >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const struct nlattr *)at;
		const size_t type = attr->nla_type & (uint16_t)NLA_TYPE_MASK;
		const size_t step = (attr->nla_len + 3UL) & ~3UL; /* MNL_ALIGN is signed, and slower */

		/* A length below that of the header is a very large one of the value. */
		if (attr->nla_len - sizeof(*attr) > behind)
			break;
		if (type < count)
			table[type] = attr;
		if (step > behind)
			break;
		behind -= step;
		at += step;
	}
}

void attributes_of_message(const struct nlmsghdr *nlh, size_t header,
			   const struct nlattr **table, size_t count)
{
	const size_t length = mnl_nlmsg_get_payload_len(nlh);
	const char *payload = mnl_nlmsg_get_payload(nlh);

	memset(table, 0, count * sizeof(*table));
	if (length > header && length <= INT_MAX) /* mnl_nlmsg_ok takes more for a negative number */
		attributes_fill(payload + header, length - header, table, count);
}
