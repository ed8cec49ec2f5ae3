/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/announced.h"

#include <stdlib.h>

enum { SLOTS = 4 * ANNOUNCED_MAX };

struct announcements {
	size_t count;
	uint16_t slots[SLOTS]; /* hashed: 1 + index in servers, or 0 */
	struct announced servers[ANNOUNCED_MAX];
};

_Static_assert(ANNOUNCED_MAX < UINT16_MAX, "an index fits a slot");

struct announcements *announcements_new(void)
{
	return calloc(1, sizeof(struct announcements));
}

void announcements_free(struct announcements *a)
{
	free(a);
}

/* Finaliser of MurmurHash3: every bit of the result depends on every bit of the argument. */
static uint32_t mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static uint32_t hash_endpoint(uint32_t h, const struct endpoint *e)
{
	for (size_t i = 0; i < 4; i++)
		h = mix(h ^ e->addr.s6_addr32[i]);
	return mix(h ^ e->port);
}

/* The record of the session's service and real server, made if need be; NULL: there are too many. */
static struct announced *find(struct announcements *a, const struct flow *flow)
{
	struct endpoint server = { .addr = flow->server.addr };
	uint32_t slot = hash_endpoint(hash_endpoint(0, &flow->service), &server) % SLOTS;
	struct announced *found;

	for (; a->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		found = &a->servers[a->slots[slot] - 1];
		if (endpoint_equal(&found->service, &flow->service) &&
		    endpoint_equal(&found->server, &server))
			return found;
	}
	if (a->count == ANNOUNCED_MAX)
		return NULL;
	found = &a->servers[a->count++];
	a->slots[slot] = (uint16_t)a->count;
	found->service = flow->service;
	found->server = server;
	return found;
}

static void extend(struct announced *a, uint16_t lowest, uint16_t highest)
{
	if (lowest == 0)
		return;
	if (a->lowest == 0 || lowest < a->lowest)
		a->lowest = lowest;
	if (highest > a->highest)
		a->highest = highest;
}

void announcements_add(struct announcements *a, const struct flow *flow, uint16_t port)
{
	struct announced *server = find(a, flow);
	uint32_t bit = mix(port) % ANNOUNCED_BITS;

	if (server == NULL)
		return;
	server->count++;
	extend(server, port, port);
	server->sketch[bit / 64] |= UINT64_C(1) << bit % 64;
}

void announcements_refuse(struct announcements *a, const struct flow *flow, uint32_t now)
{
	struct announced *server = find(a, flow);

	if (server == NULL)
		return;
	server->refused++;
	server->refused_at = now;
}

size_t announcements_read(const struct announcements *a, struct announced *out, size_t room)
{
	size_t count = a->count < room ? a->count : room;

	for (size_t i = 0; i < count; i++)
		out[i] = a->servers[i];
	return count;
}

void announced_merge(struct announced *to, const struct announced *from)
{
	to->count += from->count;
	to->refused += from->refused;
	if (from->refused_at > to->refused_at)
		to->refused_at = from->refused_at;
	extend(to, from->lowest, from->highest);
	for (size_t i = 0; i < ANNOUNCED_BITS / 64; i++)
		to->sketch[i] |= from->sketch[i];
}

unsigned int announced_distinct(const struct announced *a)
{
	double ports = 0;
	int set = 0;

	for (size_t i = 0; i < ANNOUNCED_BITS / 64; i++)
		set += __builtin_popcountll(a->sketch[i]);
	/* With n bits set the next port sets another one with the probability 1 - n / ANNOUNCED_BITS. */
	for (int n = 0; n < set; n++)
		ports += (double)ANNOUNCED_BITS / (ANNOUNCED_BITS - n);
	return (unsigned int)(ports + 0.5);
}
