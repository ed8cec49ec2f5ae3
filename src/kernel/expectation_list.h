/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expectations of our helper that wait in the kernel.
 */
#ifndef FTPALGD_KERNEL_EXPECTATION_LIST_H
#define FTPALGD_KERNEL_EXPECTATION_LIST_H

#include "core/flow.h"
#include "kernel/netlink.h"

struct expectation_waiting {
	struct endpoint client;  /* of the control connection */
	struct endpoint service;
	struct endpoint source;  /* of the data connection; port 0: any */
	struct endpoint destination;
	uint32_t seconds;        /* of life left */
};

/*
 * cb returns 0 to go on or -errno, which is returned. Those of other helpers are left out. -EINTR:
 * changes have overtaken the dump, it may be incomplete.
 */
typedef int expectation_seen(const struct expectation_waiting *e, void *data);
int expectation_list(struct netlink *nl, expectation_seen *cb, void *data)
	__attribute__((warn_unused_result));

#endif
