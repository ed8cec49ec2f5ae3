/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of this network namespace as the kernel counts them, from
 * /proc/net/netfilter/nfnetlink_queue: who listens, how many packets wait, how many were lost.
 *
 * The kernel makes that file for root alone (0440), whatever capability one has.
 */
#ifndef FTPALGD_KERNEL_QUEUE_LIST_H
#define FTPALGD_KERNEL_QUEUE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define QUEUE_LIST_PATH "/proc/net/netfilter/nfnetlink_queue"

struct queue_state {
	bool listed;           /* the file has a line of it */
	uint32_t port_id;      /* netlink's name for the socket that listens; mostly its process id */
	uint32_t waiting;      /* packets without a verdict */
	uint32_t dropped;      /* by the kernel: the queue was full */
	uint32_t undelivered;  /* by the kernel: the listener's socket took no more */
};

/*
 * Fills in the queues first to first + count - 1, in that order. Lines that are not understood are
 * passed over.
 */
void queue_list_read(FILE *file, uint32_t first, uint32_t count, struct queue_state *out);

/*
 * The same of the calling process's namespace. Returns 0 or the error of opening the file: -EACCES
 * for want of privilege, -ENOENT without the module.
 */
int queue_list(uint32_t first, uint32_t count, struct queue_state *out)
	__attribute__((warn_unused_result));

#endif
