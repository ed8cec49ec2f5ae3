/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tuple attribute of ctnetlink, written and read.
 *
 * libnetfilter_conntrack writes tuples too, but not the altered one of an expectation, and its objects are allocated: on the way of a packet neither will do.
 * Both endpoints are of one family. Addresses and ports go out in network byte order.
 */
#ifndef FTPALGD_KERNEL_CTNETLINK_H
#define FTPALGD_KERNEL_CTNETLINK_H

#include <libmnl/libmnl.h>

#include "core/endpoint.h"

/* Appends a nested attribute of that type: a TCP tuple. The caller has room for 100 bytes. */
void ctnetlink_put_tuple(struct nlmsghdr *nlh, uint16_t type, const struct endpoint *source,
			 const struct endpoint *destination);

/* Reads one, or none where tuple is NULL. -EBADMSG: incomplete, or not TCP. */
int ctnetlink_get_tuple(const struct nlattr *tuple, struct endpoint *source,
			struct endpoint *destination) __attribute__((warn_unused_result));

#endif
