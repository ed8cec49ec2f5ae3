/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TCP connections of a capture, and who is client, virtual service and real server in each.
 *
 * conntrack knows that; a capture shows it only in part. One taken on a director may show the
 * client's side (client and service), the server's side (client and real server), the queue's view
 * (client to service, real server to client) or both sides of the same connection; NAT keeps the
 * client's address and its initial sequence number, by which the parts are put together, and by which
 * a client that takes the same port again is told from what it was before. The command line says more (roles.h). Else a talk is FTP when it goes to port 21, or when the side
 * that did not open it begins with 220.
 *
 * So many are known as talks_new is told; then the one that was silent for longest is forgotten.
 */
#ifndef FTPALGD_REPLAY_TALK_H
#define FTPALGD_REPLAY_TALK_H

#include "replay/held.h"
#include "replay/names.h"
#include "replay/roles.h"
#include "replay/segment.h"
#include "replay/transcript.h"

enum talk_kind {
	TALK_UNDECIDED, /* nothing was said yet */
	TALK_FTP,
	TALK_OTHER,
};

/* What a talk is found by: its client's end alone, and that with either of the other ends. */
enum talk_name {
	TALK_CLIENT,
	TALK_SERVICE,
	TALK_SERVER,
	TALK_NAMES,
};

struct talk {
	TAILQ_ENTRY(talk) by_age;
	enum talk_kind kind;
	struct flow flow;    /* service and server are the same where only one of them is known */
	bool server_known;   /* flow.server is a real server, not just the other end */
	bool has_isn;
	uint32_t isn;        /* the client's initial sequence number */
	bool assured;        /* the client has answered the server's handshake */
	struct name names[TALK_NAMES];

	/* What others keep of it. */
	struct endpoint seated; /* the real server under which its session is in the table */
	bool announced;
	struct transcript lines[DIRECTIONS];
	struct held_queue held;
	uint32_t acked[DIRECTIONS];     /* sender's number up to which its bytes were acknowledged */
	bool has_acked[DIRECTIONS];
	uint32_t map_from[DIRECTIONS];  /* acknowledgement in the capture, by its sender */
	uint32_t map_to[DIRECTIONS];    /* what was made of it */
	bool has_map[DIRECTIONS];
};

struct talks;

/* Told before a talk is freed. */
typedef void talk_forget(void *context, struct talk *talk);

struct talks *talks_new(size_t limit, const struct roles *roles, talk_forget *forget, void *context);
void talks_free(struct talks *t);

/*
 * The talk that a segment belongs to and the direction it goes in; makes one where it is due. NULL
 * when nothing is known of it, or memory is short.
 */
struct talk *talks_find(struct talks *t, const struct segment *s, enum direction *from);

/* The connection that s opens carries data: it is no control connection. */
void talks_add_data(struct talks *t, const struct segment *s);

#endif
