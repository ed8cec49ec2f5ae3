/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One netlink socket on which a request waits for its answer.
 *
 * A request gets a fresh sequence number, is sent, and messages are read until its own answer
 * comes; those of other sequence numbers are skipped. The kernel answers inside the send, so that
 * the wait is a matter of one system call; NETLINK_WAIT_MS of silence end it all the same. The
 * caller builds the message with libmnl in a buffer of its own.
 *
 * Not thread-safe: each worker owns its own.
 *
 * Errors are the kernel's own (-ENOENT, -EBUSY, …), or -ETIMEDOUT, or -EPROTO for an answer that
 * is no netlink.
 */
#ifndef FTPALGD_KERNEL_NETLINK_H
#define FTPALGD_KERNEL_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_WAIT_MS 1000

/* Room for any request made here: an expectation with its alteration is about 300 bytes. */
#define NETLINK_REQUEST_MAX 1024

struct netlink;

/* bus is NETLINK_NETFILTER, NETLINK_GENERIC or NETLINK_SOCK_DIAG. */
int netlink_open(int bus, struct netlink **nl) __attribute__((warn_unused_result));
void netlink_close(struct netlink *nl);
int netlink_fd(const struct netlink *nl);

/* Sends and waits for the ACK: 0 or the kernel's -errno. */
int netlink_request(struct netlink *nl, struct nlmsghdr *nlh) __attribute__((warn_unused_result));

/*
 * Sends and hands the answer to cb, or all of them up to NLMSG_DONE where nlh asks for a dump. cb
 * returns 0 to go on or -errno, which is returned after the answers have been read to their end. -EINTR: a dump was overtaken by a change, ask again.
 */
typedef int netlink_answer(const struct nlmsghdr *nlh, void *data);
int netlink_query(struct netlink *nl, struct nlmsghdr *nlh, netlink_answer *cb, void *data)
	__attribute__((warn_unused_result));

/* netlink_request of one message that its subsystem takes only in a transaction: nf_tables. */
int netlink_transaction(struct netlink *nl, unsigned subsystem, struct nlmsghdr *nlh)
	__attribute__((warn_unused_result));

/* Writes the header of an nfnetlink request (subsystem, type: see linux/netfilter/nfnetlink.h). */
struct nlmsghdr *netlink_nfnl_put(void *buffer, unsigned subsystem, unsigned type, unsigned flags,
				  uint8_t family);

#endif
