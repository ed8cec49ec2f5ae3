/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session of the core, with what the daemon does around it: packets go in, packets come out.
 */
#ifndef FTPALGD_TESTS_MODEL_GATEWAY_H
#define FTPALGD_TESTS_MODEL_GATEWAY_H

#include "core/engine.h"

/* Makes an opening: fills port and made of the want. */
typedef void gateway_open(void *context, struct want *want);

struct gateway {
	struct policy *policy; /* one service; a test may change both before the first packet */
	struct service *service;
	struct table *table;
	struct session *session;
	uint32_t now;
	gateway_open *open; /* NULL: every opening succeeds at the target's own port */
	void *context;

	/* of the packet before */
	struct decision decision;
	struct outcome outcome;
	reason_set reasons;
	uint8_t out[PACKET_SIZE_MAX];
	size_t out_size;    /* 0: dropped */

	reason_set all_reasons;
};

/* "198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21" or the like, of one family. */
struct gateway *gateway_new(const char *client, const char *service, const char *server);
void gateway_free(struct gateway *g);

/* Forgets the session and begins another one with the given end points. */
void gateway_restart(struct gateway *g, const struct flow *flow);

/*
 * Gives a packet to decide and settle, as the daemon does. Returns false when the packet does not
 * parse. What goes on lies in out.
 */
bool gateway_pass(struct gateway *g, enum direction from, const uint8_t *bytes, size_t size);

/* Whether that reason was given for the packet before. */
static inline bool gateway_said(const struct gateway *g, enum reason why)
{
	return (g->reasons & reason_bit(why)) != 0;
}

#endif
