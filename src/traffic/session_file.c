/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/session_file.h"

#include <assert.h>
#include <errno.h>
#include <stdio_ext.h>
#include <string.h>

/* To be raised with every change of what is written here, and of what it means. */
#define FORMAT 5

#define MAGIC "ftpalgd sessions"

static_assert(sizeof(struct flow) == 68 && sizeof(struct stream) == 16 &&
		      sizeof(struct dialogue) == 80 && sizeof(struct session) == 188 &&
		      sizeof(struct edit) == 620 && sizeof(struct splice) == 3004,
	      "a member that was added has to be written as well");

/*
 * One description serves both ways: each code_ function writes what it is given, or reads into it.
 * The first error stays, and ends both.
 */
struct codec {
	FILE *file;
	bool writing;
	int error;
};

static void code(struct codec *c, void *data, size_t size)
{
	size_t done;

	if (c->error < 0 || size == 0)
		return;
	done = c->writing ? fwrite(data, size, 1, c->file)
			  : fread(data, size, 1, c->file);
	if (done != 1)
		c->error = c->writing ? -EIO : -EBADMSG;
}

static void expect(struct codec *c, bool right)
{
	if (!c->writing && c->error == 0 && !right)
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
	code(c, value, sizeof(*value));
}

static void code_u32(struct codec *c, uint32_t *value)
{
	code(c, value, sizeof(*value));
}

/* ---- sessions ---- */

static void code_endpoint(struct codec *c, struct endpoint *e)
{
	code(c, &e->addr, sizeof(e->addr));
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
	code_u32(c, &d->opened_at);
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
	code_u32(c, &s->created);
	code_u32(c, &s->seen);
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

/* ---- the file ---- */

static int code_header(struct codec *c, uint32_t *count)
{
	char magic[sizeof(MAGIC)] = MAGIC;
	uint32_t format = FORMAT;

	code(c, magic, sizeof(magic));
	code_u32(c, &format);
	code_u32(c, count);
	if (c->error == 0 && (memcmp(magic, MAGIC, sizeof(magic)) != 0 || format != FORMAT))
		c->error = -EPROTONOSUPPORT;
	return c->error;
}

struct writing {
	struct codec codec;
	struct table *table;
};

static bool write_session(struct session *s, void *context)
{
	struct writing *w = context;
	struct session copy = *s;

	code_session(&w->codec, &copy);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		if (s->splices[d] != 0)
			code_splice(&w->codec, table_take_splice(w->table, s, d));
	return w->codec.error == 0;
}

int session_file_write(struct table *table, FILE *out)
{
	struct writing w = { .codec = { .file = out, .writing = true }, .table = table };
	uint32_t count = (uint32_t)table_count(table);

	__fsetlocking(out, FSETLOCKING_BYCALLER);
	if (code_header(&w.codec, &count) == 0)
		table_each(table, write_session, &w);
	return fflush(out) != 0 ? -EIO : w.codec.error;
}

/* Without the splices that it had it could not go on: then it is not taken over. */
static void read_splices(struct codec *c, const struct session *saved, struct session *s,
			 struct table *table)
{
	bool complete = true;

	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct splice splice = { 0 }, *own;

		if (saved->splices[d] == 0)
			continue;
		code_splice(c, &splice);
		own = c->error == 0 ? table_take_splice(table, s, d) : NULL;
		if (own != NULL)
			*own = splice;
		else
			complete = false;
	}
	if (!complete)
		table_remove(table, s);
}

static void read_session(struct codec *c, uint32_t now, struct table *table)
{
	struct session saved = { 0 }, *s;
	bool evicted;

	code_session(c, &saved);
	expect(c, saved.created <= saved.seen && saved.seen <= now);
	expect(c, c->error == 0 && table_find(table, &saved.flow) == NULL);
	if (c->error < 0)
		return;
	s = table_add(table, &saved.flow, saved.seen, &evicted);
	if (s == NULL) {
		c->error = -EBADMSG;
		return;
	}
	table_commit(table, s, &saved.dialogue, saved.seen);
	s->created = saved.created;
	s->openings = saved.openings;
	s->adjusted = saved.adjusted;
	read_splices(c, &saved, s, table);
}

int session_file_read(FILE *in, uint32_t now, struct table *table)
{
	struct codec c = { .file = in };
	uint32_t count = 0;

	__fsetlocking(in, FSETLOCKING_BYCALLER);
	if (code_header(&c, &count) < 0)
		return -EPROTONOSUPPORT;
	for (uint32_t i = 0; c.error == 0 && i < count; i++)
		read_session(&c, now, table);
	return c.error;
}
