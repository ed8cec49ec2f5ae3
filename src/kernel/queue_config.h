/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding and configuring an NFQUEUE, before the first packet (kernel/queue.h).
 */
#ifndef FTPALGD_KERNEL_QUEUE_CONFIG_H
#define FTPALGD_KERNEL_QUEUE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct netlink;

#define QUEUE_VERDICTS_MAX 131072 /* bytes that may be sent to it at a time */

/* A descriptor, or the errors of queue_open. */
int queue_config_bind(uint16_t number, uint32_t length, bool fail_open)
	__attribute__((warn_unused_result));

/*
 * Takes up a bound descriptor from elsewhere, with its own length and fail_open from now on.
 * -ENOTSOCK, -EPROTOTYPE: it is no queue's. -EXDEV: it is one of another network namespace.
 * -ENODEV: nobody has bound that queue any more.
 */
int queue_config_adopt(int fd, uint16_t number, uint32_t length, bool fail_open)
	__attribute__((warn_unused_result));

/*
 * Whether some socket has bound the queue: 1, 0 or -errno, which is -EPERM without CAP_NET_ADMIN.
 * The kernel itself answers; nl is one of NETLINK_NETFILTER that has bound no queue.
 */
int queue_config_is_bound(struct netlink *nl, uint16_t number) __attribute__((warn_unused_result));

/* Changes what a full queue does, without waiting: what the kernel may say to it comes to fd. */
int queue_config_fail_open(int fd, uint16_t number, bool fail_open)
	__attribute__((warn_unused_result));

#endif
