/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of packets that rules hand to a group of nfnetlink_log. The packets themselves wait for nobody.
 *
 * A group belongs to one socket of the network namespace. Source: net/netfilter/nfnetlink_log.c.
 */
#ifndef FTPALGD_KERNEL_NFLOG_H
#define FTPALGD_KERNEL_NFLOG_H

#include <stddef.h>
#include <stdint.h>

struct nflog;

/* -EBUSY: another process has that group. */
int nflog_open(uint16_t group, struct nflog **log) __attribute__((warn_unused_result));
void nflog_close(struct nflog *log);

int nflog_fd(const struct nflog *log); /* non-blocking */

/*
 * Hands the packets that wait to seen, from their IP header on, and comes back after about max of them.
 * Returns how many there were, or -errno; what found no room was not told.
 */
typedef void nflog_seen(const uint8_t *packet, size_t size, void *data);
int nflog_read(struct nflog *log, int max, nflog_seen *seen, void *data)
	__attribute__((warn_unused_result));

#endif
