/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* In the order of their worth: the last ones make room first. */
enum { TRANSFERRING, IDLE, CLOSING, HALF_OPEN, LISTS };

struct list {
	uint32_t newest, oldest;
};

/* Record 0 is never used, so that 0 can mean none. */
struct table {
	size_t capacity;
	size_t count;
	size_t fresh;       /* first record never used */
	uint32_t free_head; /* through session.older */
	struct session *sessions;
	uint32_t *buckets;  /* first record of each, the others through session.chained */
	uint32_t bucket_count; /* in use */
	uint32_t mask;      /* smallest of all ones that covers them */
	struct list lists[LISTS];
	void (*forget)(struct session *s, void *context);
	void *forget_context;

	size_t splice_capacity;
	size_t splice_count;
	size_t splice_fresh;
	uint32_t splice_free;
	uint32_t splice_hand; /* where a full pool was looked through last */
	struct splice *splices;
};

enum {
	BUCKETS_MIN = 16, /* a power of two */
	BUCKETS_PER_SESSION = 2,
	SPLICES_MIN = 256,
	SPLICES_MAX = 16384,
	SESSIONS_PER_SPLICE = 16,
	SPLICES_LOOKED_AT = 64, /* for one that can be given up, at a time */
};

static_assert(sizeof(struct session) + BUCKETS_PER_SESSION * sizeof(uint32_t) <= 256,
	      "an idle session and its share of the index fit 256 bytes");

static const struct splice empty_splice;

static size_t splices_for(size_t sessions)
{
	size_t wanted = sessions / SESSIONS_PER_SPLICE;

	if (wanted < SPLICES_MIN)
		return SPLICES_MIN;
	return wanted > SPLICES_MAX ? SPLICES_MAX : wanted;
}

struct table *table_new(size_t sessions)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->capacity = sessions;
	t->bucket_count = BUCKETS_MIN;
	t->mask = BUCKETS_MIN - 1;
	t->splice_capacity = splices_for(sessions);
	t->fresh = t->splice_fresh = 1;
	t->buckets = calloc(BUCKETS_MIN + sessions * BUCKETS_PER_SESSION, sizeof(*t->buckets));
	t->sessions = calloc(sessions + 1, sizeof(*t->sessions));
	t->splices = calloc(t->splice_capacity + 1, sizeof(*t->splices));
	if (t->buckets == NULL || t->sessions == NULL || t->splices == NULL) {
		table_free(t);
		return NULL;
	}
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	free(t->buckets);
	free(t->sessions);
	free(t->splices);
	free(t);
}

void table_on_remove(struct table *t, void (*forget)(struct session *s, void *context),
		     void *context)
{
	t->forget = forget;
	t->forget_context = context;
}

uint32_t table_record(const struct table *t, const struct session *s)
{
	return (uint32_t)(s - t->sessions);
}

struct session *table_at(struct table *t, uint32_t record)
{
	return &t->sessions[record];
}

static struct list *list_of(struct table *t, const struct session *s)
{
	if (s->dialogue.closing)
		return &t->lists[CLOSING];
	if (!s->dialogue.spoken)
		return &t->lists[HALF_OPEN];
	return &t->lists[s->dialogue.transferring ? TRANSFERRING : IDLE];
}

static void list_push(struct table *t, struct list *list, struct session *s)
{
	uint32_t record = table_record(t, s);

	s->newer = 0;
	s->older = list->newest;
	if (list->newest != 0)
		t->sessions[list->newest].newer = record;
	else
		list->oldest = record;
	list->newest = record;
}

static void list_remove(struct table *t, struct list *list, const struct session *s)
{
	if (s->newer != 0)
		t->sessions[s->newer].older = s->older;
	else
		list->newest = s->older;
	if (s->older != 0)
		t->sessions[s->older].newer = s->newer;
	else
		list->oldest = s->newer;
}

static bool same_flow(const struct flow *a, const struct flow *b)
{
	return a->id == b->id && endpoint_equal(&a->client, &b->client) &&
	       endpoint_equal(&a->service, &b->service) && endpoint_equal(&a->server, &b->server);
}

static uint32_t bucket_of(const struct table *t, uint32_t id)
{
	uint32_t bucket = id & t->mask;

	return bucket < t->bucket_count ? bucket : bucket & t->mask >> 1;
}

/* The link that leads to the flow's record, or the last one of its bucket, which is 0. */
static uint32_t *find_link(struct table *t, const struct flow *flow)
{
	uint32_t *link = &t->buckets[bucket_of(t, flow->id)];

	while (*link != 0 && !same_flow(&t->sessions[*link].flow, flow))
		link = &t->sessions[*link].chained;
	return link;
}

struct session *table_find(struct table *t, const struct flow *flow)
{
	uint32_t record = *find_link(t, flow);

	return record == 0 ? NULL : &t->sessions[record];
}

/* Puts one more bucket to use, and moves there what belongs there from the one that it halves. */
static void split_bucket(struct table *t)
{
	uint32_t added = t->bucket_count++;
	uint32_t *to = &t->buckets[added], *from;

	if (added > t->mask)
		t->mask = t->mask * 2 + 1;
	from = &t->buckets[added & t->mask >> 1];
	while (*from != 0) {
		struct session *s = &t->sessions[*from];

		if (bucket_of(t, s->flow.id) == added) {
			*to = *from;
			*from = s->chained;
			s->chained = 0;
			to = &s->chained;
		} else {
			from = &s->chained;
		}
	}
}

static void index_add(struct table *t, const struct session *s)
{
	*find_link(t, &s->flow) = table_record(t, s);
	for (size_t i = 0; i < BUCKETS_PER_SESSION; i++)
		if (t->bucket_count < t->count * BUCKETS_PER_SESSION)
			split_bucket(t);
}

static void index_remove(struct table *t, const struct session *s)
{
	uint32_t *link = find_link(t, &s->flow);

	*link = s->chained;
}

void table_rekey(struct table *t, struct session *s, const struct flow *flow)
{
	index_remove(t, s);
	s->flow = *flow;
	s->chained = 0;
	index_add(t, s);
}

void table_remove(struct table *t, struct session *s)
{
	uint32_t record = table_record(t, s);

	if (t->forget != NULL)
		t->forget(s, t->forget_context);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		table_drop_splice(t, s, d);
	index_remove(t, s);
	list_remove(t, list_of(t, s), s);
	memset(s, 0, sizeof(*s));
	s->older = t->free_head;
	t->free_head = record;
	t->count--;
}

/* The session that has been silent for longest, of the least worth first. */
static struct session *oldest(struct table *t)
{
	for (size_t i = LISTS; i-- > 0;)
		for (uint32_t r = t->lists[i].oldest; r != 0; r = t->sessions[r].newer)
			if (t->sessions[r].busy == 0)
				return &t->sessions[r];
	return NULL;
}

static struct session *take_record(struct table *t)
{
	uint32_t record = t->free_head;

	if (record != 0)
		t->free_head = t->sessions[record].older;
	else
		record = (uint32_t)t->fresh++;
	return &t->sessions[record];
}

struct session *table_add(struct table *t, const struct flow *flow, uint32_t now, bool *evicted)
{
	struct session *s;

	*evicted = false;
	if (t->count == t->capacity) {
		s = oldest(t);
		if (s == NULL)
			return NULL;
		table_remove(t, s);
		*evicted = true;
	}
	s = take_record(t);
	*s = (struct session){ .flow = *flow, .created = now, .seen = now };
	list_push(t, list_of(t, s), s);
	t->count++;
	index_add(t, s);
	return s;
}

void table_commit(struct table *t, struct session *s, const struct dialogue *dialogue, uint32_t now)
{
	struct list *before = list_of(t, s), *after;

	s->dialogue = *dialogue;
	after = list_of(t, s);
	if (after == before && s->seen == now)
		return; /* lists are in the order of seconds */
	list_remove(t, before, s);
	s->seen = now;
	list_push(t, after, s);
}

struct session *table_silent_transfer(struct table *t, uint32_t now, uint32_t seconds)
{
	struct session *s = &t->sessions[t->lists[TRANSFERRING].oldest];

	if (t->lists[TRANSFERRING].oldest == 0 || s->busy > 0 || now - s->seen <= seconds)
		return NULL;
	return s;
}

size_t table_expire(struct table *t, uint32_t now, uint32_t idle_seconds, size_t max)
{
	const uint32_t limits[LISTS] = {
		[IDLE] = idle_seconds,
		[CLOSING] = TABLE_CLOSING_SECONDS,
		[HALF_OPEN] = TABLE_HALF_OPEN_SECONDS,
	};
	size_t expired = 0;

	for (size_t i = IDLE; i < LISTS; i++) {
		while (expired < max && t->lists[i].oldest != 0) {
			struct session *s = &t->sessions[t->lists[i].oldest];

			if (s->busy > 0 || now - s->seen <= limits[i])
				break;
			table_remove(t, s);
			expired++;
		}
	}
	return expired;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

void table_each(struct table *t, bool (*visit)(struct session *s, void *context), void *context)
{
	for (size_t i = 0; i < LISTS; i++)
		for (uint32_t r = t->lists[i].oldest; r != 0; r = t->sessions[r].newer)
			if (!visit(&t->sessions[r], context))
				return;
}

/* A freed record is all zero but for its link: no service has port 0. */
bool table_walk(struct table *t, size_t *position, size_t max,
		void (*visit)(struct session *s, void *context), void *context)
{
	for (; *position + 1 < t->fresh && max > 0; ++*position, max--) {
		struct session *s = &t->sessions[*position + 1];

		if (s->flow.service.port != 0)
			visit(s, context);
	}
	return *position + 1 < t->fresh;
}

const struct splice *table_splice(const struct table *t, const struct session *s, enum direction d)
{
	return s->splices[d] == 0 ? &empty_splice : &t->splices[s->splices[d]];
}

/* A fresh splice keeps what lies in its text: only the fields that are read first are cleared. */
static void splice_reset(struct splice *s)
{
	s->shift = 0;
	s->partial_size = 0;
	s->withheld = false;
	s->edit_count = 0;
}

/*
 * Makes room in a full pool: a client that never acknowledges a reply would hold its splice for as
 * long as its session lasts. Given up is one that only matters if its text is sent again.
 */
static void reclaim_splice(struct table *t, const struct session *but)
{
	for (size_t i = 0; i < SPLICES_LOOKED_AT && t->splice_free == 0; i++) {
		uint32_t index = t->splice_hand = t->splice_hand % (uint32_t)t->splice_capacity + 1;
		struct session *owner = &t->sessions[t->splices[index].link];

		if (owner == but || owner->busy > 0 || !splice_keeps_length(&t->splices[index]))
			continue;
		table_drop_splice(t, owner,
				  owner->splices[FROM_CLIENT] == index ? FROM_CLIENT : FROM_SERVER);
	}
}

static uint32_t take_index(struct table *t, const struct session *s)
{
	uint32_t index;

	if (t->splice_free == 0 && t->splice_fresh <= t->splice_capacity)
		return (uint32_t)t->splice_fresh++;
	if (t->splice_free == 0)
		reclaim_splice(t, s);
	index = t->splice_free;
	if (index != 0)
		t->splice_free = t->splices[index].link;
	return index;
}

struct splice *table_take_splice(struct table *t, struct session *s, enum direction d)
{
	uint32_t index = s->splices[d];

	if (index != 0)
		return &t->splices[index];
	index = take_index(t, s);
	if (index == 0)
		return NULL;
	t->splice_count++;
	splice_reset(&t->splices[index]);
	t->splices[index].link = table_record(t, s);
	s->splices[d] = index;
	return &t->splices[index];
}

void table_drop_splice(struct table *t, struct session *s, enum direction d)
{
	uint32_t index = s->splices[d];

	if (index == 0)
		return;
	t->splices[index].link = t->splice_free;
	t->splice_free = index;
	t->splice_count--;
	s->splices[d] = 0;
}

bool table_splices_scarce(const struct table *t)
{
	return t->splice_count >= t->splice_capacity / 2;
}
