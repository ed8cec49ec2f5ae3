/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/session_record.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>

static_assert(sizeof(struct flow) == 68 && sizeof(struct stream) == 16 &&
		      sizeof(struct dialogue) == 80 && sizeof(struct session) == 192 &&
		      sizeof(struct edit) == 620 && sizeof(struct splice) == 3004,
	      "a member that was added has to be written as well");

/*
 * One description serves both ways: each code_ function writes what it is given, or reads into it.
 * The first error stays, and ends both.
 */
struct codec {
	uint8_t *out;      /* where to write, or NULL */
	const uint8_t *in; /* where to read, or NULL */
	size_t left;
	uint32_t now;
	int error;
};

static void code(struct codec *c, void *data, size_t size)
{
	if (c->error == 0 && size > c->left)
		c->error = -EBADMSG;
	if (c->error < 0)
		return;
	if (c->out != NULL) {
		memcpy(c->out, data, size);
		c->out += size;
	} else {
		memcpy(data, c->in, size);
		c->in += size;
	}
	c->left -= size;
}

static void expect(struct codec *c, bool right)
{
	if (c->in != NULL && c->error == 0 && !right)
		c->error = -EBADMSG;
}

static void code_bool(struct codec *c, bool *value)
{
	uint8_t byte = *value ? 1 : 0;

	code(c, &byte, sizeof(byte));
	expect(c, byte <= 1);
	*value = byte == 1;
}

/* The same for a member that has no address. */
static bool code_flag(struct codec *c, bool value)
{
	code_bool(c, &value);
	return value;
}

static void code_u8(struct codec *c, uint8_t *value)
{
	code(c, value, sizeof(*value));
}

static void code_u16(struct codec *c, uint16_t *value)
{
	uint16_t wire = htons(*value);

	code(c, &wire, sizeof(wire));
	*value = ntohs(wire);
}

static void code_u32(struct codec *c, uint32_t *value)
{
	uint32_t wire = htonl(*value);

	code(c, &wire, sizeof(wire));
	*value = ntohl(wire);
}

/* A moment, as the seconds that have passed since. */
static void code_time(struct codec *c, uint32_t *value)
{
	uint32_t age = c->now - *value;

	code_u32(c, &age);
	*value = c->now - age;
}

/* ---- sessions ---- */

static void code_endpoint(struct codec *c, struct endpoint *e)
{
	code(c, e->addr.s6_addr, sizeof(e->addr.s6_addr));
	code_u16(c, &e->port);
	expect(c, e->port != 0);
}

static void code_flow(struct codec *c, struct flow *flow)
{
	code_endpoint(c, &flow->client);
	code_endpoint(c, &flow->service);
	code_endpoint(c, &flow->server);
	code_u32(c, &flow->id);
	code_bool(c, &flow->has_helper);
}

static void code_stream(struct codec *c, struct stream *s)
{
	code_u32(c, &s->next);
	code_u32(c, &s->sure);
	code_u32(c, &s->early);
	code_u16(c, &s->multiline);
	code_u8(c, &s->phase);
	code_u8(c, &s->early_drops);
	expect(c, s->phase <= PHASE_SKIP);
}

static void code_dialogue(struct codec *c, struct dialogue *d)
{
	for (enum direction from = FROM_CLIENT; from < DIRECTIONS; from++)
		code_stream(c, &d->streams[from]);
	code_u32(c, &d->unsure.before);
	code_u32(c, &d->unsure.before_hash);
	code_u32(c, &d->unsure.last);
	code_u32(c, &d->unsure.last_hash);
	code_time(c, &d->opened_at);
	code_u16(c, &d->shown);
	code_u16(c, &d->target);
	code_u8(c, &d->active_openings);
	code_u8(c, &d->waiting_count);
	expect(c, d->waiting_count <= REQUESTS_MAX);
	for (size_t i = 0; c->error == 0 && i < d->waiting_count; i++) {
		code_u8(c, &d->waiting[i]);
		expect(c, d->waiting[i] <= REQUEST_SPOKEN);
	}
	d->spoken = code_flag(c, d->spoken);
	d->heard = code_flag(c, d->heard);
	d->alone = code_flag(c, d->alone);
	d->unclean = code_flag(c, d->unclean);
	d->doubt = code_flag(c, d->doubt);
	d->ended_oddly = code_flag(c, d->ended_oddly);
	d->greeted = code_flag(c, d->greeted);
	d->port_named = code_flag(c, d->port_named);
	d->refused = code_flag(c, d->refused);
	d->listing_due = code_flag(c, d->listing_due);
	d->moved = code_flag(c, d->moved);
	d->server_seen = code_flag(c, d->server_seen);
	d->line_unsure = code_flag(c, d->line_unsure);
	d->bare_lf_server = code_flag(c, d->bare_lf_server);
	d->client_cr = code_flag(c, d->client_cr);
	d->server_cr = code_flag(c, d->server_cr);
	d->encrypted = code_flag(c, d->encrypted);
	d->cipher_seen = code_flag(c, d->cipher_seen);
	d->resynchronised = code_flag(c, d->resynchronised);
	d->transferring = code_flag(c, d->transferring);
	d->closing = code_flag(c, d->closing);
}

/* Which splices it holds stands in s->splices, as 0 or not. */
static void code_session(struct codec *c, struct session *s)
{
	code_flow(c, &s->flow);
	code_dialogue(c, &s->dialogue);
	code_time(c, &s->created);
	code_time(c, &s->seen);
	expect(c, c->now - s->created <= INT32_MAX && c->now - s->seen <= c->now - s->created);
	code_u32(c, &s->openings);
	code_bool(c, &s->adjusted);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		bool spliced = s->splices[d] != 0;

		code_bool(c, &spliced);
		s->splices[d] = spliced ? 1 : 0;
	}
}

/* ---- splices ---- */

static void code_edit(struct codec *c, struct edit *e)
{
	code_u32(c, &e->start);
	code_u16(c, &e->size);
	code_u16(c, &e->withheld);
	code_u16(c, &e->text_size);
	expect(c, e->withheld <= e->size && e->text_size <= EDIT_TEXT_MAX);
	if (c->error == 0)
		code(c, e->text, e->text_size);
}

static bool in_order(const struct edit *before, const struct edit *after)
{
	return after->start - before->start >= before->size && after->start - before->start < INT32_MAX;
}

static void code_splice(struct codec *c, struct splice *s)
{
	code_u32(c, &s->shift);
	code_bool(c, &s->withheld);
	code_u16(c, &s->partial_size);
	code_u8(c, &s->edit_count);
	expect(c, s->partial_size <= PARTIAL_MAX && s->edit_count <= SPLICE_EDITS);
	if (c->error == 0)
		code(c, s->partial, s->partial_size);
	for (size_t i = 0; c->error == 0 && i < s->edit_count; i++) {
		code_edit(c, &s->edits[i]);
		expect(c, i == 0 || in_order(&s->edits[i - 1], &s->edits[i]));
	}
}

/* ---- the record ---- */

size_t session_record_write(const struct table *table, const struct session *s, uint32_t now,
			    uint8_t out[static SESSION_RECORD_MAX])
{
	struct codec c = { .out = out, .left = SESSION_RECORD_MAX, .now = now };
	struct session copy = *s;

	code_session(&c, &copy);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct splice splice = *table_splice(table, s, d);

		if (s->splices[d] != 0)
			code_splice(&c, &splice);
	}
	assert(c.error == 0);
	return SESSION_RECORD_MAX - c.left;
}

static int add(struct table *table, const struct session *saved, const struct splice splices[static DIRECTIONS])
{
	bool evicted;
	struct session *s = table_add(table, &saved->flow, saved->seen, &evicted);

	if (s == NULL)
		return -ENOSPC;
	table_commit(table, s, &saved->dialogue, saved->seen);
	s->created = saved->created;
	s->openings = saved->openings;
	s->adjusted = saved->adjusted;
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct splice *own;
		uint32_t link;

		if (saved->splices[d] == 0)
			continue;
		own = table_take_splice(table, s, d);
		if (own == NULL) {
			table_remove(table, s);
			return -ENOSPC;
		}
		link = own->link;
		*own = splices[d];
		own->link = link;
	}
	return 0;
}

int session_record_read(const uint8_t *in, size_t size, uint32_t now, struct table *table)
{
	struct codec c = { .in = in, .left = size, .now = now };
	struct session saved = { 0 };
	struct splice splices[DIRECTIONS] = { 0 };

	code_session(&c, &saved);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		if (c.error == 0 && saved.splices[d] != 0)
			code_splice(&c, &splices[d]);
	expect(&c, c.left == 0);
	if (c.error < 0)
		return c.error;
	if (table_find(table, &saved.flow) != NULL)
		return -EEXIST;
	return add(table, &saved, splices);
}
