/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each client address holds of a worker: sessions, openings that may still be waiting, and events
 * told of it lately. So one address can be held to its share, whatever number of sessions it has.
 *
 * A client is an IPv4 address, or a network of 64 bits of IPv6 addresses: so many a single host has.
 *
 * That an opening was used is known by the kernel alone. It is therefore kept here until its time is over,
 * and asked about only when its client is over the limit (core/engine.c). Of more than
 * CLIENTS_OPENINGS_MAX the oldest are no longer counted; in the kernel they stay.
 *
 * Belongs to one worker. All memory is taken in clients_new and touched as far as it is used. A record of a
 * client lives as long as it holds anything.
 */
#ifndef FTPALGD_CORE_CLIENTS_H
#define FTPALGD_CORE_CLIENTS_H

#include "core/decide.h"
#include "core/table.h"

#define CLIENTS_OPENINGS_MAX 16384

/* Sessions of a client that are looked at, oldest first, for the one that gives way. */
#define CLIENTS_LOOKS_MAX 16

/* And for one between given ends, the latest first. */
#define CLIENTS_FOUND_MAX 4096

/* An opening, as it was made. */
struct held_opening {
	struct flow flow;
	struct want want;
	uint32_t until;        /* seconds, monotonic: the kernel has forgotten it by then */
	uint32_t newer, older; /* of the same client */
	uint32_t client;       /* 0: taken out */
};

struct clients;

/*
 * For the sessions of that table, at most sessions of them. secret keeps peers from choosing addresses
 * that collide. NULL when memory is short.
 */
struct clients *clients_new(struct table *table, size_t sessions, uint64_t secret);
void clients_free(struct clients *c);

/* The part of an address that is counted as one client. */
uint64_t client_key(const struct endpoint *client);

/* ---- sessions ---- */

/* The session has been added to the table, or is about to be removed from it. */
void clients_add_session(struct clients *c, const struct session *s);
void clients_remove_session(struct clients *c, const struct session *s);

/*
 * The session of that client that gives way to another one where it has max or more: of its oldest one that is
 * over or half open, or the one that has been silent longest, and one that is adjusted only if there is no
 * other. NULL where it has fewer, or where packets of all these wait.
 */
struct session *clients_surplus(struct clients *c, const struct endpoint *client, uint32_t max);

/*
 * The session between the same ends that conntrack knew by another id, or NULL. Of a client's sessions the
 * latest CLIENTS_FOUND_MAX are looked at.
 */
struct session *clients_same_ends(struct clients *c, const struct flow *flow);

/* ---- openings ---- */

void clients_add_opening(struct clients *c, const struct flow *flow, const struct want *want, uint32_t until);

/* It was taken back: the passive one with that port shown, or the active one to that port of the client. */
void clients_remove_opening(struct clients *c, const struct flow *flow, const struct want *want);

/* Forgets those whose time is over. */
void clients_expire_openings(struct clients *c, uint32_t now);

uint32_t clients_openings(const struct clients *c, const struct endpoint *client);

/* Of a client the oldest, and one's next newer; NULL: there is none. Good until one is added or dropped. */
struct held_opening *clients_oldest_opening(struct clients *c, const struct endpoint *client);
struct held_opening *clients_newer_opening(struct clients *c, const struct held_opening *held);

void clients_drop_opening(struct clients *c, struct held_opening *held);

/* ---- events ---- */

/* Counts an event. Returns whether the client has had fewer than max (at most 65535) in the running period. */
bool clients_may_note(struct clients *c, const struct endpoint *client, uint32_t now, uint32_t seconds,
		      uint32_t max);

#endif
