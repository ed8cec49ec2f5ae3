/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that cheats, a model server, and the gateway between them.
 *
 * The client knows all that the server is about to say, and sets its pace: the server sends up to `edge`,
 * which stands for window and acknowledgements together. The client's segments may be lost behind the
 * gateway (by their hop limit), and come again with other words. What the gateway lets pass to the server
 * first is what the server reads.
 */
#ifndef FTPALGD_TESTS_MODEL_DUEL_H
#define FTPALGD_TESTS_MODEL_DUEL_H

#include "gateway.h"
#include "server.h"

enum { DUEL_CLIENT_MAX = 1 << 14 };

struct duel {
	struct gateway *gateway;
	struct real_server named;
	struct server server;
	struct random random;
	uint32_t first[DIRECTIONS]; /* sequence numbers of the first bytes */
	/* offsets in what each of them sends */
	size_t said;  /* by the client */
	size_t taken; /* of it, read by the server */
	unsigned char words[DUEL_CLIENT_MAX];
	bool have[DUEL_CLIENT_MAX];
	size_t sent; /* by the server */
	size_t edge; /* it sends no further */
	size_t segment_max;
	uint32_t heard, acked; /* by the client, in its own numbers */
	bool over;
	bool trace;
	size_t opened;         /* passive openings */
	unsigned int stranger; /* a port that the server did not announce, or 0 */
};

/* A session with that kind of server; named: the operator says which ports it uses. */
void duel_begin(struct duel *d, const struct server_kind *kind, uint64_t seed, bool v6, bool named);

/* The client sends bytes that stand at that offset; reaches: the server gets what passes. */
void duel_send(struct duel *d, size_t offset, const void *bytes, size_t size, uint8_t flags,
	       bool reaches);

/* The same behind what it sent before. */
void duel_say(struct duel *d, const void *bytes, size_t size);

/* The client lets the server send up to the end of so many lines more; 0: all. */
void duel_open(struct duel *d, size_t lines);

/* The server sends again what lies between two offsets that it has sent. */
void duel_repeat(struct duel *d, size_t from, size_t to);

#endif
