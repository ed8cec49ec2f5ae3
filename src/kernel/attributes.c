/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/attributes.h"

#include <limits.h>
#include <string.h>

void attributes_of(const void *bytes, size_t length, const struct nlattr **table, size_t count)
{
	const struct nlattr *attr = bytes;

	memset(table, 0, count * sizeof(*table));
	while (length >= sizeof(*attr) && attr->nla_len >= sizeof(*attr) && attr->nla_len <= length) {
		const size_t type = attr->nla_type & (uint16_t)NLA_TYPE_MASK;
		const size_t step = (size_t)MNL_ALIGN((int)attr->nla_len);

		if (type < count)
			table[type] = attr;
		if (step >= length)
			break;
		length -= step;
		attr = (const struct nlattr *)((const char *)attr + step);
	}
}

void attributes_of_message(const struct nlmsghdr *nlh, size_t header,
			   const struct nlattr **table, size_t count)
{
	const size_t length = mnl_nlmsg_get_payload_len(nlh);
	const char *payload = mnl_nlmsg_get_payload(nlh);
	const bool possible = length > header && length <= INT_MAX; /* mnl_nlmsg_ok takes more for a negative number */

	attributes_of(payload + header, possible ? length - header : 0, table, count);
}

void attributes_in(const struct nlattr *attr, const struct nlattr **table, size_t count)
{
	if (attr)
		attributes_of(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr), table,
			      count);
	else
		memset(table, 0, count * sizeof(*table));
}

bool attribute_is_string(const struct nlattr *attr, const char *string)
{
	const size_t length = strlen(string);
	size_t given;

	if (!attr)
		return false;
	given = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	return given == length && memcmp(mnl_attr_get_payload(attr), string, length) == 0;
}
