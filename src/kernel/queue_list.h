/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queues of this network namespace as the kernel counts them, from
 * /proc/net/netfilter/nfnetlink_queue: who listens, how many packets wait, how many were lost.
 */
#ifndef FTPALGD_KERNEL_QUEUE_LIST_H
#define FTPALGD_KERNEL_QUEUE_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define QUEUE_LIST_PATH "/proc/net/netfilter/nfnetlink_queue"

struct queue_state {
	uint16_t number;
	uint32_t port_id;      /* netlink's name for the socket that listens; mostly its process id */
	uint32_t waiting;      /* packets without a verdict */
	uint32_t dropped;      /* by the kernel: the queue was full */
	uint32_t undelivered;  /* by the kernel: the listener's socket took no more */
};

/*
 * Fills in up to room queues and returns how many there were in the file; lines that are not
 * understood are passed over.
 */
size_t queue_list_read(FILE *file, struct queue_state *out, size_t room);

/* Of the calling process's namespace; 0 where the file cannot be read. */
size_t queue_list(struct queue_state *out, size_t room);

#endif
