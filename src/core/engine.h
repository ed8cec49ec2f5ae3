/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of one packet of a control connection, in its order:
 *
 *	decide   what it says, which openings it wants, which lines are to be edited (decide.h)
 *	make     the openings, which may take a while to be in force: the packet waits; an opening
 *		 of which a part never is goes on with the other part, where that can carry it
 *	settle   writes the packet and commits the dialogue (settle.h)
 *	undo     the openings of a packet that is dropped as if it had never come
 *
 * Openings are made by an opener: the kernel in the daemon, a memory in ftpalg-replay, a model in
 * tests. The engine knows nothing of it but these calls, and they know nothing of this order.
 *
 * A client whose openings are too many (core/clients.h), or who meets a full table of the kernel's where
 * nothing else will do, gives up his oldest one that waits, and nobody gives up one for him.
 *
 * Between two calls for one packet, packets of other sessions may pass, but none of its own.
 */
#ifndef FTPALGD_CORE_ENGINE_H
#define FTPALGD_CORE_ENGINE_H

#include "core/clients.h"
#include "core/settle.h"

/* None of these waits. fall_back, waits and send_again are needed where tickets and clients are. */
struct opener_ops {
	/*
	 * Makes one opening: sets port and made of the want, and adds to *reasons what went wrong. *ticket
	 * becomes what settled is asked for, and stays as it is when there is nothing to wait for.
	 */
	void (*make)(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		     reason_set *reasons);
	/* 1: all up to that ticket is in force; 0: not yet; -errno: lost, to be sent again. */
	int (*settled)(void *opener, uint64_t ticket);
	/* Sends what was lost of an opening once more, with a ticket of its own. 0 or -errno. */
	int (*send_again)(void *opener, const struct situation *at, const struct want *want,
			  uint64_t *ticket);
	/* What is not in force is given up: where the rest carries the opening made stays, else it is undone. */
	void (*fall_back)(void *opener, const struct situation *at, struct want *want, int error);
	/* Takes an opening back, as far as nobody has used it; made is false then. */
	void (*undo)(void *opener, const struct flow *flow, struct want *want);
	/* Whether an opening waits for its data connection still, as far as one can know. */
	bool (*waits)(void *opener, const struct flow *flow, const struct want *want);
	/* Takes back a passive opening of the session, unless it was used: another has its place. Whether it was there. */
	bool (*replace)(void *opener, const struct situation *at, const struct replaced *last);
};

/* What all packets have in common; everything is borrowed. now is in seconds, monotonic. */
struct engine {
	const struct policy *policy;
	struct table *table;
	const struct opener_ops *ops;
	void *opener;
	uint32_t now;
	struct clients *clients; /* NULL: a client may have any number of openings */
};

/* A packet on its way. The first five are the caller's and must stay until it is finished. */
struct transit {
	struct session *session;
	const struct service *service;
	enum direction from;
	const struct packet *packet;
	struct decision *decision; /* filled by engine_decide */
	uint64_t ticket;           /* of the openings that are being made */
	bool repeated;             /* they were lost before */
};

/* What decide and the opener are told about the packet. Good until the table changes. */
struct situation engine_situation(const struct engine *e, const struct transit *t);

/* Reads the packet. Nothing has happened yet: it may also be decided on again. */
void engine_decide(const struct engine *e, const struct transit *t);

/* Makes what the packet wants. Returns whether it can be finished; else it waits (engine_ready). */
bool engine_make(const struct engine *e, struct transit *t);

/*
 * Whether a packet that waits can be finished: its openings are in force, or, where they are not and
 * late says that it may not wait any longer, do without what is not. Sends again what was lost.
 */
bool engine_ready(const struct engine *e, struct transit *t, bool late);

/*
 * Settles the packet into buffer (PACKET_SIZE_MAX bytes suffice). Of its wants those that stay open
 * have made set afterwards.
 */
void engine_finish(const struct engine *e, const struct transit *t, uint8_t *buffer, size_t capacity,
		   struct outcome *outcome);

#endif
