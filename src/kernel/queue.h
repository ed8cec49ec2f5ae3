/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One NFQUEUE: packets in, verdicts out, both many at a time.
 *
 * Theory of operation. queue_receive takes what is there, or comes first, with one recvmmsg into buffers
 * that the queue owns; a packet's bytes stay valid until the next queue_receive. Each packet gets exactly
 * one verdict by its id or with others by queue_accept_until, now or later, in any order (the kernel
 * finds the oldest fastest: keep arrival order where nothing speaks against it). Verdicts gather in
 * a buffer: queue_flush sends them in one call; a full buffer is flushed on its own. Nothing allocates after queue_open.
 *
 * The kernel adds the packet's conntrack entry to the message (NFQA_CT), from which the flow and
 * the direction are taken. A packet without one has has_flow false: accept it. Packets whose
 * bytes are incomplete (over 65531) and messages that cannot be understood are accepted here,
 * unseen by the caller, and counted.
 *
 * Packets are IP packets: no link layer, checksums complete or not (a changed packet
 * needs a full one). Never GSO: the kernel cuts large packets into segments first.
 *
 * The queue belongs to the descriptor, not to the process: queue_fd may be kept by the service
 * manager over a restart, with the packets in it, and be taken up again by queue_adopt.
 *
 * Source: net/netfilter/nfnetlink_queue.c, nf_conntrack_netlink.c (ctnetlink_glue_build).
 */
#ifndef FTPALGD_KERNEL_QUEUE_H
#define FTPALGD_KERNEL_QUEUE_H

#include "core/flow.h"

#define QUEUE_BATCH_MAX    64 /* packets of one queue_receive */
#define QUEUE_WAIT_SECONDS 1

struct queue;

struct queue_packet {
	uint32_t id;
	enum direction direction; /* only with has_flow */
	bool has_flow;
	const uint8_t *bytes;
	size_t length;
	struct flow flow;
};

struct queue_counters {
	uint64_t received;  /* packets handed to the caller */
	uint64_t truncated; /* accepted unseen: longer than the kernel can copy */
	uint64_t malformed; /* messages not understood; accepted unseen where they had an id */
	uint64_t refused;   /* verdicts that the kernel refused: packets gone, or no such queue */
};

/* The socket's receive buffer, which holds what was not received yet. */
struct queue_memory {
	uint32_t used;  /* bytes */
	uint32_t limit; /* bytes */
	uint32_t lost;  /* packets that found no room, since the queue was bound */
};

/*
 * Binds queue `number` and configures it. length is its capacity in packets; with fail_open the
 * kernel accepts what finds it full.
 * -EBUSY: another process has it. -EOPNOTSUPP: the kernel was built without
 * CONFIG_NETFILTER_NETLINK_GLUE_CT. -EPERM: no CAP_NET_ADMIN.
 */
int queue_open(uint16_t number, uint32_t length, bool fail_open, struct queue **q)
	__attribute__((warn_unused_result));

/*
 * Takes over a descriptor that queue_open has bound, in another process, and owns it from then on
 * (not after an error). length and fail_open as for queue_open. What that process has received and
 * given no verdict is dropped when the first packet after it comes: TCP sends it again.
 * -ENOTSOCK, -EPROTOTYPE: it is no queue's. -EXDEV: it is one of another network namespace.
 * -ENODEV: nobody has bound that queue any more.
 */
int queue_adopt(int fd, uint16_t number, uint32_t length, bool fail_open, struct queue **q)
	__attribute__((warn_unused_result));

/* What a full queue does from now on, as in queue_open. */
int queue_set_fail_open(struct queue *q, bool fail_open) __attribute__((warn_unused_result));

/* Closes the descriptor as well: the kernel drops what still waits for a verdict. */
void queue_close(struct queue *q);

/* Frees the queue, leaves the descriptor open and returns it. */
int queue_release(struct queue *q);

int queue_fd(const struct queue *q); /* readable when packets wait, or queue_wake was called */
uint16_t queue_number(const struct queue *q);
const struct queue_counters *queue_counters(const struct queue *q);

/* From any thread. Returns 0 or -errno. */
int queue_memory(const struct queue *q, struct queue_memory *out) __attribute__((warn_unused_result));

/*
 * How many packets were taken, at most max and QUEUE_BATCH_MAX; 0 when there are none; or -errno. With
 * wait it sleeps until one comes, for QUEUE_WAIT_SECONDS at most or until queue_wake.
 */
int queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait)
	__attribute__((warn_unused_result));

/* From any thread: a queue_receive that waits returns, or the next one does not wait. */
int queue_wake(const struct queue *q) __attribute__((warn_unused_result));

/*
 * queue_accept_until accepts what is older and waits as well, at the price of one verdict for however
 * many in a row: for a caller who holds nothing back. What an error left without its verdict is not
 * accepted with others.
 *
 * An error comes from the flush of a full buffer: those in it are kept and sent later, this verdict
 * is not taken, and its packet waits on.
 */
int queue_accept_until(struct queue *q, uint32_t id) __attribute__((warn_unused_result));
int queue_accept(struct queue *q, uint32_t id) __attribute__((warn_unused_result));
int queue_drop(struct queue *q, uint32_t id) __attribute__((warn_unused_result));
int queue_rewrite(struct queue *q, uint32_t id, const void *bytes, size_t length)
	__attribute__((warn_unused_result));
int queue_flush(struct queue *q) __attribute__((warn_unused_result));

#endif
