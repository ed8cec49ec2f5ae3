/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/talk.h"

#include <stdlib.h>
#include <string.h>

enum {
	PORT_FTP = 21,
	PORT_SMTP = 25,        /* greets with 220, too */
	PORT_SUBMISSION = 587,
};

TAILQ_HEAD(talk_list, talk);

struct talks {
	size_t limit;
	const struct roles *roles;
	talk_forget *forget;
	void *context;
	struct names index[TALK_NAMES];
	struct talk_list list; /* oldest first */
	size_t count;
	uint32_t made;
};

static const struct endpoint nowhere;

struct talks *talks_new(size_t limit, const struct roles *roles, talk_forget *forget, void *context)
{
	struct talks *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->limit = limit;
	t->roles = roles;
	t->forget = forget;
	t->context = context;
	TAILQ_INIT(&t->list);
	return t;
}

static void forget_talk(struct talks *t, struct talk *talk)
{
	t->forget(t->context, talk);
	for (enum talk_name n = TALK_CLIENT; n < TALK_NAMES; n++)
		names_remove(&t->index[n], &talk->names[n]);
	TAILQ_REMOVE(&t->list, talk, by_age);
	t->count--;
	free(talk);
}

void talks_free(struct talks *t)
{
	struct talk *talk;

	if (t == NULL)
		return;
	while ((talk = TAILQ_FIRST(&t->list)) != NULL)
		forget_talk(t, talk);
	free(t);
}

/* ---- names ---- */

/* A name that another talk holds passes to this one, which is the newer. */
static void name_talk(struct talks *t, struct talk *talk, enum talk_name n,
		      const struct endpoint *far)
{
	struct names *index = &t->index[n];
	struct talk *before = names_find(index, &talk->flow.client, far);

	names_remove(index, &talk->names[n]);
	if (before != NULL)
		names_remove(index, &before->names[n]);
	talk->names[n] = (struct name){ talk->flow.client, *far, talk };
	if (names_add(index, &talk->names[n]) < 0)
		talk->names[n].owner = NULL;
}

static struct talk *find_from(const struct talks *t, const struct endpoint *client,
			      const struct endpoint *other)
{
	struct talk *talk = names_find(&t->index[TALK_SERVICE], client, other);

	return talk != NULL ? talk : names_find(&t->index[TALK_SERVER], client, other);
}

static void set_server(struct talks *t, struct talk *talk, const struct endpoint *server)
{
	talk->flow.server = *server;
	talk->server_known = true;
	name_talk(t, talk, TALK_SERVER, server);
}

/* ---- roles ---- */

/* Fills in what the command line says of the end that the client spoke to. */
static void assign_roles(const struct talks *t, struct talk *talk, const struct endpoint *other)
{
	const struct role *role = roles_find(t->roles, other);
	const struct role *only;

	talk->flow.service = talk->flow.server = *other;
	talk->kind = t->roles->count > 0 ? TALK_OTHER : TALK_UNDECIDED;
	if (t->roles->count == 0 && other->port == PORT_FTP)
		talk->kind = TALK_FTP;
	if (role == NULL)
		return;
	talk->kind = TALK_FTP;
	if (role->is_server) {
		talk->server_known = true;
		if (role->service != NULL)
			talk->flow.service = role->service->address;
		return;
	}
	only = roles_only_server(t->roles, role);
	if (only != NULL) {
		talk->flow.server = only->address;
		talk->server_known = true;
	}
}

static struct talk *make_talk(struct talks *t, const struct endpoint *client,
			      const struct endpoint *other)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL)
		return NULL;
	if (t->count >= t->limit)
		forget_talk(t, TAILQ_FIRST(&t->list));
	talk->flow.client = *client;
	talk->flow.id = t->made++;
	talk->flow.has_helper = true;
	held_init(&talk->held);
	assign_roles(t, talk, other);
	TAILQ_INSERT_TAIL(&t->list, talk, by_age);
	t->count++;
	name_talk(t, talk, TALK_CLIENT, &nowhere);
	name_talk(t, talk, TALK_SERVICE, &talk->flow.service);
	if (!endpoint_equal(&talk->flow.service, &talk->flow.server))
		name_talk(t, talk, TALK_SERVER, &talk->flow.server);
	return talk;
}

/* A real server that shows itself: by the command line's word the talk is FTP, whatever came before. */
static void bind_server(struct talks *t, struct talk *talk, const struct endpoint *server)
{
	const struct role *role = roles_find(t->roles, server);

	if (role != NULL && role->is_server)
		talk->kind = TALK_FTP;
	set_server(t, talk, server);
}

/* ---- handshakes ---- */

static struct talk *latest_of(const struct talks *t, const struct endpoint *client)
{
	return names_find(&t->index[TALK_CLIENT], client, &nowhere);
}

/* A SYN: a new connection, the same again, or the same on the real server's side of the director. */
static struct talk *open_talk(struct talks *t, const struct segment *s)
{
	struct talk *talk = latest_of(t, &s->source);
	bool same = talk != NULL && talk->has_isn && talk->isn == s->packet.seq;

	if (same && find_from(t, &s->source, &s->destination) == talk)
		return talk;
	if (same) {
		bind_server(t, talk, &s->destination);
		return talk;
	}
	talk = find_from(t, &s->source, &s->destination);
	if (talk != NULL)
		forget_talk(t, talk);
	talk = make_talk(t, &s->source, &s->destination);
	if (talk != NULL) {
		talk->has_isn = true;
		talk->isn = s->packet.seq;
	}
	return talk;
}

static struct talk *find_known(const struct talks *t, const struct segment *s)
{
	struct talk *talk = find_from(t, &s->source, &s->destination);

	return talk != NULL ? talk : find_from(t, &s->destination, &s->source);
}

static bool answers(const struct talk *talk, const struct segment *s)
{
	return talk != NULL && talk->has_isn && s->packet.ack == talk->isn + 1;
}

/* The handshake of a connection of which the capture has no SYN. Its service is that of the one before. */
static struct talk *renew_talk(struct talks *t, struct talk *before, const struct segment *s)
{
	struct endpoint service = before != NULL ? before->flow.service : s->source;
	struct talk *talk;

	if (before != NULL)
		forget_talk(t, before);
	talk = make_talk(t, &s->destination, &service);
	if (talk == NULL)
		return NULL;
	talk->has_isn = true;
	talk->isn = s->packet.ack - 1;
	if (!endpoint_equal(&service, &s->source))
		bind_server(t, talk, &s->source);
	return talk;
}

/* The handshake's second segment: from the end that the client spoke to, or from its real server. */
static struct talk *answer_talk(struct talks *t, const struct segment *s)
{
	struct talk *known = find_known(t, s), *latest = latest_of(t, &s->destination);

	if (answers(known, s) || (known != NULL && endpoint_equal(&known->flow.client, &s->source)))
		return known; /* a client answers nothing, whatever its flags */
	if (!answers(latest, s))
		return renew_talk(t, known, s);
	bind_server(t, latest, &s->source);
	return latest;
}

/* ---- connections whose beginning was not seen ---- */

static bool greets(const struct packet *p)
{
	const uint8_t *text = p->bytes + p->payload;

	return p->payload_size >= 4 && memcmp(text, "220", 3) == 0 &&
	       (text[3] == ' ' || text[3] == '-');
}

static bool is_mail(const struct endpoint *e)
{
	return e->port == PORT_SMTP || e->port == PORT_SUBMISSION;
}

static bool is_server_end(const struct talks *t, const struct endpoint *e)
{
	return t->roles->count > 0 ? roles_find(t->roles, e) != NULL : e->port == PORT_FTP;
}

/* The talk between client and the service of that real server, whose real server was not known. */
static struct talk *join_midway(struct talks *t, const struct endpoint *client,
				const struct endpoint *server)
{
	const struct role *role = roles_find(t->roles, server);
	struct talk *talk;

	if (role == NULL || role->service == NULL)
		return NULL;
	talk = names_find(&t->index[TALK_SERVICE], client, &role->service->address);
	if (talk == NULL || talk->server_known)
		return NULL;
	bind_server(t, talk, server);
	return talk;
}

static struct talk *find_midway(struct talks *t, const struct segment *s)
{
	struct talk *talk;

	if (s->packet.payload_size == 0)
		return NULL;
	if (is_server_end(t, &s->destination))
		return make_talk(t, &s->source, &s->destination);
	if (is_server_end(t, &s->source)) {
		talk = join_midway(t, &s->destination, &s->source);
		return talk != NULL ? talk : make_talk(t, &s->destination, &s->source);
	}
	if (t->roles->count > 0 || !greets(&s->packet) || is_mail(&s->source))
		return NULL;
	return make_talk(t, &s->destination, &s->source);
}

/* The first words decide, where neither port nor command line did. */
static void listen_to(struct talk *talk, const struct segment *s, enum direction from)
{
	if (talk->kind != TALK_UNDECIDED || s->packet.payload_size == 0)
		return;
	talk->kind = from == FROM_SERVER && greets(&s->packet) && !is_mail(&s->source) ? TALK_FTP
										       : TALK_OTHER;
}

struct talk *talks_find(struct talks *t, const struct segment *s, enum direction *from)
{
	struct talk *talk;

	if (segment_opens(s))
		talk = open_talk(t, s);
	else if (segment_answers(s))
		talk = answer_talk(t, s);
	else
		talk = find_known(t, s);
	if (talk == NULL)
		talk = find_midway(t, s);
	if (talk == NULL)
		return NULL;
	*from = endpoint_equal(&talk->flow.client, &s->source) ? FROM_CLIENT : FROM_SERVER;
	talk->assured |= *from == FROM_CLIENT && (s->packet.flags & (TCP_SYN | TCP_ACK)) == TCP_ACK;
	listen_to(talk, s, *from);
	TAILQ_REMOVE(&t->list, talk, by_age);
	TAILQ_INSERT_TAIL(&t->list, talk, by_age);
	return talk;
}

void talks_add_data(struct talks *t, const struct segment *s)
{
	struct talk *talk = open_talk(t, s);

	if (talk != NULL)
		talk->kind = TALK_OTHER;
}
