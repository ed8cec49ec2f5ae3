/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/clients.h"

#include <assert.h>
#include <stdlib.h>

/* Looked at, newest first, for one that is taken back: an older one is found to be gone later. */
enum { REMOVE_LOOKS_MAX = 64 };

/* Indexes are of records, 0 is none. */

struct client {
	uint64_t key;
	uint32_t chained; /* the next one in its bucket, or of those that are free */
	uint32_t sessions;
	uint32_t newest_session, oldest_session;
	uint16_t openings;
	uint16_t newest_opening, oldest_opening;
	uint16_t events;
	uint16_t events_since; /* seconds: begin of the period in which they are counted */
};

static_assert(CLIENTS_OPENINGS_MAX < UINT16_MAX, "openings are counted");
static_assert(sizeof(struct client) <= 40, "an idle session of a client of its own, and all that is kept of both, fit 256 bytes");

/* What belongs to a session, by its record in the table. */
struct member {
	uint32_t client;
	uint32_t newer, older; /* of the same client */
};

struct clients {
	struct table *table;
	uint64_t secret;
	uint32_t mask; /* of buckets */
	uint32_t fresh; /* the first client never used */
	uint32_t free;  /* through chained */
	uint32_t *buckets;
	struct client *clients;
	struct member *members;
	/* In the order of time, around the end; those in use are from first on. */
	uint32_t first, used;
	struct held_opening openings[CLIENTS_OPENINGS_MAX + 1]; /* the first one is not used */
};

static uint32_t power_above(size_t n)
{
	uint32_t power = 16;

	while (power < n && power < UINT32_C(1) << 31)
		power *= 2;
	return power;
}

struct clients *clients_new(struct table *table, size_t sessions, uint64_t secret)
{
	const size_t most = sessions + CLIENTS_OPENINGS_MAX; /* each may be of another client */
	struct clients *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->table = table;
	c->secret = secret | 1;
	c->mask = power_above(most) - 1;
	c->fresh = c->first = 1;
	c->buckets = calloc((size_t)c->mask + 1, sizeof(*c->buckets));
	c->clients = calloc(most + 1, sizeof(*c->clients));
	c->members = calloc(sessions + 1, sizeof(*c->members));
	if (c->buckets == NULL || c->clients == NULL || c->members == NULL) {
		clients_free(c);
		return NULL;
	}
	return c;
}

void clients_free(struct clients *c)
{
	if (c == NULL)
		return;
	free(c->buckets);
	free(c->clients);
	free(c->members);
	free(c);
}

/* An IPv4 address lies in the second half, behind bits that no network of IPv6 begins with. */
uint64_t client_key(const struct endpoint *client)
{
	const uint8_t *bytes = client->addr.s6_addr + (endpoint_is_ipv4(client) ? 8 : 0);
	uint64_t key = 0;

	for (size_t i = 0; i < sizeof(key); i++)
		key = key << 8 | bytes[i];
	return key;
}

static uint32_t *bucket_of(const struct clients *c, uint64_t key)
{
	const unsigned __int128 product = (unsigned __int128)(key ^ c->secret) * c->secret;

	return &c->buckets[((uint64_t)product ^ (uint64_t)(product >> 64)) & c->mask];
}

/* The link that leads to the client's record, or the last one of its bucket, which is 0. */
static uint32_t *find_link(const struct clients *c, uint64_t key)
{
	uint32_t *link = bucket_of(c, key);

	while (*link != 0 && c->clients[*link].key != key)
		link = &c->clients[*link].chained;
	return link;
}

static struct client *find(const struct clients *c, const struct endpoint *client)
{
	uint32_t index = *find_link(c, client_key(client));

	return index == 0 ? NULL : &c->clients[index];
}

static struct client *find_or_add(struct clients *c, const struct endpoint *client)
{
	const uint64_t key = client_key(client);
	uint32_t *link = find_link(c, key);

	if (*link == 0) {
		uint32_t index = c->free;

		if (index != 0)
			c->free = c->clients[index].chained;
		else
			index = c->fresh++;
		c->clients[index] = (struct client){ .key = key };
		*link = index;
	}
	return &c->clients[*link];
}

static uint32_t index_of(const struct clients *c, const struct client *client)
{
	return (uint32_t)(client - c->clients);
}

static void release_if_idle(struct clients *c, struct client *client)
{
	uint32_t *link;

	if (client->sessions > 0 || client->openings > 0)
		return;
	link = find_link(c, client->key);
	*link = client->chained;
	client->chained = c->free;
	c->free = index_of(c, client);
}

/* ---- sessions ---- */

void clients_add_session(struct clients *c, const struct session *s)
{
	struct client *client = find_or_add(c, &s->flow.client);
	uint32_t record = table_record(c->table, s);
	struct member *m = &c->members[record];

	*m = (struct member){ .client = index_of(c, client), .older = client->newest_session };
	if (m->older != 0)
		c->members[m->older].newer = record;
	else
		client->oldest_session = record;
	client->newest_session = record;
	client->sessions++;
}

void clients_remove_session(struct clients *c, const struct session *s)
{
	struct member *m = &c->members[table_record(c->table, s)];
	struct client *client = &c->clients[m->client];

	if (m->client == 0)
		return;
	if (m->newer != 0)
		c->members[m->newer].older = m->older;
	else
		client->newest_session = m->older;
	if (m->older != 0)
		c->members[m->older].newer = m->newer;
	else
		client->oldest_session = m->newer;
	m->client = 0;
	client->sessions--;
	release_if_idle(c, client);
}

/* The least is missed least: one that is over, and last of all one whose numbers are being corrected. */
static int worth(const struct session *s)
{
	if (s->adjusted)
		return 2;
	return s->dialogue.closing || !s->dialogue.spoken ? 0 : 1;
}

static bool gives_way_before(const struct session *s, const struct session *other)
{
	return worth(s) != worth(other) ? worth(s) < worth(other) : s->seen < other->seen;
}

struct session *clients_surplus(struct clients *c, const struct endpoint *client, uint32_t max)
{
	const struct client *found = find(c, client);
	struct session *surplus = NULL;
	uint32_t record;

	if (found == NULL || found->sessions < max)
		return NULL;
	record = found->oldest_session;
	for (int i = 0; i < CLIENTS_LOOKS_MAX && record != 0; i++, record = c->members[record].newer) {
		struct session *s = table_at(c->table, record);

		if (s->busy == 0 && (surplus == NULL || gives_way_before(s, surplus)))
			surplus = s;
	}
	return surplus;
}

static bool same_ends(const struct flow *a, const struct flow *b)
{
	return endpoint_equal(&a->client, &b->client) && endpoint_equal(&a->service, &b->service) &&
	       endpoint_equal(&a->server, &b->server);
}

struct session *clients_same_ends(struct clients *c, const struct flow *flow)
{
	const struct client *found = find(c, &flow->client);
	uint32_t record = found == NULL ? 0 : found->newest_session;

	for (int i = 0; i < CLIENTS_FOUND_MAX && record != 0; i++, record = c->members[record].older) {
		struct session *s = table_at(c->table, record);

		if (same_ends(&s->flow, flow))
			return s;
	}
	return NULL;
}

/* ---- openings ---- */

static struct held_opening *opening_at(struct clients *c, uint32_t index)
{
	return index == 0 ? NULL : &c->openings[index];
}

static uint32_t behind(uint32_t index)
{
	return index == CLIENTS_OPENINGS_MAX ? 1 : index + 1;
}

void clients_drop_opening(struct clients *c, struct held_opening *held)
{
	struct client *client = &c->clients[held->client];

	if (held->newer != 0)
		c->openings[held->newer].older = held->older;
	else
		client->newest_opening = (uint16_t)held->older;
	if (held->older != 0)
		c->openings[held->older].newer = held->newer;
	else
		client->oldest_opening = (uint16_t)held->newer;
	held->client = 0;
	client->openings--;
	release_if_idle(c, client);
}

static void forget_first(struct clients *c)
{
	struct held_opening *held = &c->openings[c->first];

	if (held->client != 0)
		clients_drop_opening(c, held);
	c->first = behind(c->first);
	c->used--;
}

void clients_expire_openings(struct clients *c, uint32_t now)
{
	while (c->used > 0) {
		const struct held_opening *held = &c->openings[c->first];

		if (held->client != 0 && (int32_t)(held->until - now) > 0)
			return;
		forget_first(c);
	}
}

void clients_add_opening(struct clients *c, const struct flow *flow, const struct want *want, uint32_t until)
{
	struct client *client;
	struct held_opening *held;
	uint32_t index;

	if (c->used == CLIENTS_OPENINGS_MAX)
		forget_first(c);
	index = (c->first + c->used++ - 1) % CLIENTS_OPENINGS_MAX + 1;
	client = find_or_add(c, &flow->client);
	held = &c->openings[index];
	*held = (struct held_opening){
		.flow = *flow, .want = *want, .until = until, .client = index_of(c, client),
		.older = client->newest_opening,
	};
	if (held->older != 0)
		c->openings[held->older].newer = index;
	else
		client->oldest_opening = (uint16_t)index;
	client->newest_opening = (uint16_t)index;
	client->openings++;
}

static bool is_same(const struct held_opening *held, const struct flow *flow, const struct want *want)
{
	if (held->flow.id != flow->id || mode_is_passive(held->want.mode) != mode_is_passive(want->mode))
		return false;
	return mode_is_passive(want->mode) ? held->want.port == want->port
					   : held->want.target.port == want->target.port;
}

void clients_remove_opening(struct clients *c, const struct flow *flow, const struct want *want)
{
	const struct client *client = find(c, &flow->client);
	struct held_opening *held = client == NULL ? NULL : opening_at(c, client->newest_opening);

	for (int i = 0; i < REMOVE_LOOKS_MAX && held != NULL; i++, held = opening_at(c, held->older)) {
		if (!is_same(held, flow, want))
			continue;
		clients_drop_opening(c, held);
		return;
	}
}

uint32_t clients_openings(const struct clients *c, const struct endpoint *client)
{
	const struct client *found = find(c, client);

	return found == NULL ? 0 : found->openings;
}

struct held_opening *clients_oldest_opening(struct clients *c, const struct endpoint *client)
{
	const struct client *found = find(c, client);

	return found == NULL ? NULL : opening_at(c, found->oldest_opening);
}

struct held_opening *clients_newer_opening(struct clients *c, const struct held_opening *held)
{
	return opening_at(c, held->newer);
}

/* ---- events ---- */

bool clients_may_note(struct clients *c, const struct endpoint *client, uint32_t now, uint32_t seconds,
		      uint32_t max)
{
	struct client *found = find(c, client);

	if (found == NULL)
		return true;
	if ((uint16_t)(now - found->events_since) >= seconds) {
		found->events_since = (uint16_t)now;
		found->events = 0;
	}
	if (found->events >= max)
		return false;
	found->events++;
	return true;
}
