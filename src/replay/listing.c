/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum { TEXT_MAX = 4 * ENDPOINT_TEXT_MAX };

struct listing {
	FILE *file;
	bool json;
	int error;
};

struct listing *listing_new(FILE *file, bool json)
{
	struct listing *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->file = file;
	r->json = json;
	return r;
}

void listing_free(struct listing *r)
{
	free(r);
}

/* Writes an object as one line; it is used up. */
static void write_object(struct listing *r, json_t *object)
{
	if (object == NULL || json_dumpf(object, r->file, JSON_COMPACT) < 0)
		r->error = object == NULL ? -ENOMEM : -EIO;
	else
		fputc('\n', r->file);
	json_decref(object);
}

/* more: further members for JSON, used up; NULL: none. */
static void write_event(struct listing *r, const struct stamp *at, const char *event,
			const char *text, json_t *more)
{
	char client[ENDPOINT_TEXT_MAX];
	json_t *object;

	endpoint_format(at->client, client);
	if (!r->json) {
		fprintf(r->file, "%6" PRIu64 " %12.6f %s %-8s %s\n", at->frame, at->seconds, client,
			event, text);
		return;
	}
	object = json_pack("{sI sf ss ss ss}", "frame", (json_int_t)at->frame, "time", at->seconds,
			   "client", client, "event", event, "text", text);
	if (object != NULL && more != NULL && json_object_update(object, more) < 0)
		r->error = -ENOMEM;
	json_decref(more);
	write_object(r, object);
}

void listing_event(struct listing *r, const struct stamp *at, const char *event, const char *text)
{
	write_event(r, at, event, text, NULL);
}

void listing_session(struct listing *r, const struct stamp *at, const struct flow *flow,
		    bool server_known)
{
	char service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX], text[TEXT_MAX];
	bool both = !endpoint_equal(&flow->service, &flow->server);

	endpoint_format(&flow->service, service);
	endpoint_format(&flow->server, server);
	snprintf(text, sizeof(text), "-> %s%s%s", service, both ? " -> " : "", both ? server : "");
	write_event(r, at, "session", text,
		    r->json ? json_pack("{ss ss?}", "service", service, "server",
					server_known ? server : NULL)
			    : NULL);
}

void listing_line(struct listing *r, const struct stamp *at, enum direction from, const char *text)
{
	write_event(r, at, from == FROM_CLIENT ? "client" : "server", text, NULL);
}

void listing_becomes(struct listing *r, const struct stamp *at, const char *text)
{
	write_event(r, at, "becomes", text, NULL);
}

static void format_passive(char text[static TEXT_MAX], const struct flow *flow, bool server_known,
			   const struct want *want)
{
	char client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
	struct endpoint shown = flow->service;

	shown.port = want->port;
	endpoint_format_address(&flow->client, client);
	endpoint_format(&shown, service);
	endpoint_format(&want->target, server);
	if (server_known && !endpoint_equal(&shown, &want->target))
		snprintf(text, TEXT_MAX, "%s %s -> %s -> %s", mode_name(want->mode), client, service,
			 server);
	else
		snprintf(text, TEXT_MAX, "%s %s -> %s -> the server's port %u",
			 mode_name(want->mode), client, service, want->target.port);
}

static void format_active(char text[static TEXT_MAX], const struct flow *flow,
			  const struct want *want)
{
	char client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];

	endpoint_format(&want->target, client);
	endpoint_format_address(&flow->service, service);
	endpoint_format_address(&flow->server, server);
	if (endpoint_same_address(&flow->service, &flow->server))
		snprintf(text, TEXT_MAX, "%s %s -> %s", mode_name(want->mode), server, client);
	else
		snprintf(text, TEXT_MAX, "%s %s as %s -> %s", mode_name(want->mode), server, service,
			 client);
}

static json_t *opening_members(const struct flow *flow, const struct want *want)
{
	char target[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX];
	struct endpoint shown = flow->service;

	shown.port = want->port;
	endpoint_format(&want->target, target);
	if (mode_is_passive(want->mode))
		endpoint_format(&shown, service);
	else
		endpoint_format_address(&shown, service);
	return json_pack("{ss ss ss sb}", "mode", mode_name(want->mode), "service", service, "target",
			 target, "made", want->made);
}

static void format_failed(char text[static TEXT_MAX], const struct want *want)
{
	char target[ENDPOINT_TEXT_MAX];

	endpoint_format(&want->target, target);
	snprintf(text, TEXT_MAX, "%s to %s cannot be made", mode_name(want->mode), target);
}

void listing_opening(struct listing *r, const struct stamp *at, const struct flow *flow,
		    bool server_known, const struct want *want)
{
	char text[TEXT_MAX];

	if (!want->made)
		format_failed(text, want);
	else if (mode_is_passive(want->mode))
		format_passive(text, flow, server_known, want);
	else
		format_active(text, flow, want);
	write_event(r, at, "opening", text, r->json ? opening_members(flow, want) : NULL);
}

void listing_data(struct listing *r, const struct stamp *at, const struct endpoint *source,
		 const struct endpoint *destination)
{
	char from[ENDPOINT_TEXT_MAX], to[ENDPOINT_TEXT_MAX], text[TEXT_MAX];

	endpoint_format(source, from);
	endpoint_format(destination, to);
	snprintf(text, sizeof(text), "%s -> %s", from, to);
	write_event(r, at, "data", text, NULL);
}

void listing_reasons(struct listing *r, const struct stamp *at, reason_set reasons)
{
	char text[TEXT_MAX];

	for (enum reason why = 0; reasons != 0; why++, reasons >>= 1) {
		if ((reasons & 1) == 0)
			continue;
		snprintf(text, sizeof(text), "%s: %s", reason_name(why), reason_text(why));
		write_event(r, at, "reason", text,
			    r->json ? json_pack("{ss}", "reason", reason_name(why)) : NULL);
	}
}

static void write_totals(struct listing *r, const struct totals *t)
{
	fprintf(r->file,
		"%" PRIu64 " frames, %" PRIu64 " control connections, %" PRIu64 " openings; %" PRIu64
		" frames rewritten, %" PRIu64 " withheld, %" PRIu64 " dropped\n",
		t->frames, t->sessions, t->openings, t->rewritten, t->withheld, t->dropped);
	if (t->not_ip > 0)
		fprintf(r->file, "%" PRIu64 " frames carry no IP packet\n", t->not_ip);
	if (t->malformed > 0)
		fprintf(r->file, "%" PRIu64 " packets contradict themselves: left as they are\n",
			t->malformed);
	if (t->cut_short > 0)
		fprintf(r->file,
			"%" PRIu64 " frames were cut short by the capture: capture whole ones "
			"(tcpdump -s 0)\n", t->cut_short);
}

void listing_totals(struct listing *r, const struct totals *t)
{
	if (!r->json) {
		write_totals(r, t);
		return;
	}
	write_object(r, json_pack("{ss sI sI sI sI sI sI sI sI sI}", "event", "totals",
				  "frames", (json_int_t)t->frames,
				  "not_ip", (json_int_t)t->not_ip,
				  "cut_short", (json_int_t)t->cut_short,
				  "malformed", (json_int_t)t->malformed,
				  "sessions", (json_int_t)t->sessions,
				  "openings", (json_int_t)t->openings,
				  "rewritten", (json_int_t)t->rewritten,
				  "withheld", (json_int_t)t->withheld,
				  "dropped", (json_int_t)t->dropped));
}

int listing_finish(struct listing *r)
{
	if (fflush(r->file) != 0)
		return -errno;
	return ferror(r->file) != 0 ? -EIO : r->error;
}
