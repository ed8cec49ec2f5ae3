/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of everybody's ruleset as nft prints them, for those who look for what is in the way.
 *
 * Only the objects asked for are fetched, never rules or elements: a large ruleset costs no time.
 * Needs CAP_NET_ADMIN.
 */
#ifndef FTPALGD_KERNEL_RULESET_LIST_H
#define FTPALGD_KERNEL_RULESET_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * what is "ct helpers" or "flowtables". *text is nft's output, to be freed with free. -EIO: nft
 * refused; -ENOMEM.
 */
int ruleset_list(const char *what, char **text) __attribute__((warn_unused_result));

/*
 * The name of the first table in such output whose lines hold all of needle, copied to table;
 * false when there is none. A table's line is "table FAMILY NAME {".
 */
bool ruleset_list_find(const char *text, const char *needle, char *table, size_t size);

#endif
