/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that wait in a worker: those whose opening is not in force yet, and those that came
 * after them in the same session. In order of arrival, at most PENDING_MAX.
 *
 * Slots are taken once; their packet buffers cost memory only as far as packets fill them.
 */
#ifndef FTPALGD_TRAFFIC_PENDING_H
#define FTPALGD_TRAFFIC_PENDING_H

#include "core/engine.h"

#define PENDING_MAX 256

struct pending_packet {
	struct pending_packet *next;
	uint32_t id;             /* the queue's */
	uint64_t arrived;        /* us */
	struct transit transit;  /* through what follows; its session is kept in the table by its busy count */
	struct service service;  /* a copy: the policy may be replaced meanwhile (pending_set_policy) */
	struct packet packet;
	struct decision decision;
	bool decided;            /* waits for its opening, not only for its turn */
	uint64_t deadline;       /* ms */
	uint8_t bytes[PACKET_SIZE_MAX];
};

struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *p);

bool pending_is_empty(const struct pending *p);

/* A slot at the end of the queue with a copy of what is on its way; NULL when all are taken. */
struct pending_packet *pending_add(struct pending *p, const struct transit *transit);

/*
 * Visits the packets in order. visit returns true when the packet is done with: its slot is then
 * free again.
 */
void pending_each(struct pending *p, bool (*visit)(void *context, struct pending_packet *packet),
		  void *context);

/*
 * Another policy takes the place of the one that the packets' services were copied from, and that
 * may be freed then. Nothing more is opened for a packet whose service has gone.
 */
void pending_set_policy(struct pending *p, const struct policy *policy);

#endif
