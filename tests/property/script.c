/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(r, array) ((array)[random_below((r), sizeof(array) / sizeof((array)[0]))])

/* ---- pieces ---- */

static struct piece *add_piece(struct side *side, const char *text, size_t size)
{
	struct piece *p = &side->pieces[side->piece_count++];

	if (side->piece_count > SCRIPT_PIECES_MAX || side->said_size + size > SCRIPT_TEXT_MAX)
		abort();
	*p = (struct piece){ .start = side->said_size, .size = size };
	memcpy(side->said + side->said_size, text, size);
	side->said_size += size;
	return p;
}

static struct piece *say(struct side *side, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct piece *say(struct side *side, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return add_piece(side, text, (size_t)size);
}

static const char *line_end(struct random *r)
{
	return random_chance(r, 85) ? "\r\n" : "\n";
}

/* ---- announcements ---- */

static size_t put_words(char *out, const struct wording *w, size_t words)
{
	size_t size = (size_t)sprintf(out, "%s ", w->code);

	for (size_t i = 0; i < words; i++)
		size += (size_t)sprintf(out + size, "%s ", w->words[i]);
	return size;
}

static size_t put_announcement(char *out, const struct wording *w, enum mode mode,
			       const struct endpoint *e)
{
	static const uint8_t none[4];
	const uint8_t *a = endpoint_is_ipv4(e) ? &e->addr.s6_addr[12] : none;

	if (mode == MODE_EXTENDED_PASSIVE)
		return (size_t)sprintf(out, "%s%c%c%c%u%c%s", w->open, w->delimiter, w->delimiter,
				       w->delimiter, e->port, w->delimiter, w->close);
	return (size_t)sprintf(out, "%s%u,%u,%u,%u,%u,%u%s", w->open, a[0], a[1], a[2], a[3],
			       e->port / 256, e->port % 256, w->close);
}

/* The line with the new announcement: as few words dropped as will do, then of the tail, then longer. */
static size_t put_fitted(char *out, const struct piece *p, const struct endpoint *shown)
{
	const struct wording *w = &p->wording;
	size_t wanted = p->size - strlen(w->line_end), tail = strlen(w->tail), size;

	for (size_t words = w->word_count;; words--) {
		size = put_words(out, w, words);
		size += put_announcement(out + size, w, p->mode, shown);
		if (size + tail <= wanted || words == 0)
			break;
	}
	while (tail > 0 && size + tail > wanted)
		tail--;
	size += (size_t)sprintf(out + size, "%.*s", (int)tail, w->tail);
	while (size < wanted)
		out[size++] = ' ';
	return size + (size_t)sprintf(out + size, "%s", w->line_end);
}

static void say_announcement(struct side *side, const struct wording *w, enum mode mode,
			     const struct endpoint *named, bool wants)
{
	char text[512];
	size_t size = put_words(text, w, w->word_count);
	struct piece *p;

	size += put_announcement(text + size, w, mode, named);
	size += (size_t)sprintf(text + size, "%s%s", w->tail, w->line_end);
	p = add_piece(side, text, size);
	p->wants = wants;
	p->mode = mode;
	p->named = *named;
	p->wording = *w;
}

static struct wording random_wording(struct random *r, const char *code)
{
	static const char *const words[] = {
		"Entering", "Passive", "Mode", "Mode.", "ok", "\xe8\xa2\xab\xe5\x8b\x95", "a", "=>x",
		"227", "(really)", "\"PASV\"",
	};
	static const char *const opens[] = { "(", "(", "(", "", "[", "=", "((" };
	static const char *const closes[] = { ")", ")", ")", "", "]", "", "))" };
	static const char *const tails[] = { "", ".", "", ".", " ", " okay then", ". Have fun" };
	size_t bracket = random_below(r, sizeof(opens) / sizeof(opens[0]));
	struct wording w = {
		.code = code, .open = opens[bracket], .close = closes[bracket],
		.tail = PICK(r, tails), .line_end = line_end(r), .delimiter = "|||!~"[random_below(r, 5)],
	};

	w.word_count = random_chance(r, 40) ? 3 : random_below(r, WORDS_MAX + 1);
	for (size_t i = 0; i < w.word_count; i++)
		w.words[i] = PICK(r, words);
	return w;
}

static uint16_t random_port(struct random *r)
{
	return (uint16_t)(random_chance(r, 30) ? random_between(r, 1024, 1040)
					       : random_between(r, 1024, 65535));
}

/* A server may name itself, the virtual service, or anything. */
static struct endpoint random_named(struct random *r, const struct flow *flow)
{
	struct in_addr other = { .s_addr = (uint32_t)random_next(r) };
	struct endpoint e = endpoint_from_ipv4(other, 0);

	if (endpoint_is_ipv4(&flow->server) && random_chance(r, 80))
		e = random_chance(r, 80) ? flow->server : flow->service;
	e.port = random_port(r);
	return e;
}

/* ---- turns: a command and its reply ---- */

struct stage {
	struct script *script;
	struct random *random;
	struct side *client, *server;
	bool v4;
};

/* What looks like an announcement, where none is. */
static void say_text_line(const struct stage *s)
{
	static const char *const lines[] = {
		" some text", "22", "2", "", "211-still", "227-", "-", "\xff\xf1 x",
		" 227 Entering Passive Mode (10,0,0,2,4,1)",
	};
	/* Who says something at such a line, before the reply is over, ends it: some servers end theirs so. */
	static const char *const ends[] = {
		"227 Entering Passive Mode (10,0,0,2,4,1)", "227", "234 no TLS", "221 no goodbye",
		"229 Entering Extended Passive Mode (|||6446|)",
	};
	const bool end = s->script->pipelined == 0 && random_chance(s->random, 40);

	say(s->server, "%s%s", end ? PICK(s->random, ends) : PICK(s->random, lines), line_end(s->random));
}

static void say_plain_reply(const struct stage *s)
{
	static const char *const replies[] = {
		"200 fine", "230 Login", "331 name ok", "250", "250 \"227 (10,0,0,2,4,1)\"", "2", "",
		"500 '227 Entering Passive Mode (10,0,0,2,4,1)'", "550 no", "350 go on", "200 22",
	};
	struct random *r = s->random;

	if (random_chance(r, 25)) {
		say(s->server, "%s%s", random_chance(r, 50) ? "211-Status" : "211-", line_end(r));
		for (uint32_t n = random_below(r, 5); n > 0; n--)
			say_text_line(s);
		say(s->server, "211 End%s", line_end(r));
		return;
	}
	if (random_chance(r, 20))
		say(s->server, "150 Here it comes%s", line_end(r));
	say(s->server, "%s%s", PICK(r, replies), line_end(r));
}

static void turn_plain(const struct stage *s)
{
	static const char *const commands[] = {
		"NOOP", "USER ftp", "LIST", "RETR PASV", "STOR PORT 1,2,3,4,5,6", "P", "PAS", "pa", "E", "",
		"PASVX", ("\xff\xf4\xff\xf2" "ABOR"), "XAUTH TLS", "AUTHX", "CWD \xff\xff", "EPSV ALL", "epsv all",
	};

	say(s->client, "%s%s", PICK(s->random, commands), line_end(s->random));
	say_plain_reply(s);
}

static void say_command(const struct stage *s, const char *verb)
{
	static const char *const blanks[] = { "", "", "", " ", "\t ", "   " };
	static const char *const prefixes[] = { "", "", "", "", "\xff\xf4", "\xff\xfb\x01" };

	say(s->client, "%s%s%s%s", PICK(s->random, prefixes), verb, PICK(s->random, blanks),
	    line_end(s->random));
}

static void turn_passive(const struct stage *s)
{
	static const char *const verbs[] = { "PASV", "pasv", "PaSv" };
	static const char *const malformed[] = {
		"227 Entering Passive Mode (10,0,0,2,4,256)", "227 Entering Passive Mode", "227",
		"227 (10,0,0,2,4)", "227 (10,0,0,2,4,1,7)", "227 10 ,0,0,2,4,1", "227 (10,0,0,2,0,20)",
	};
	struct random *r = s->random;
	struct endpoint named = random_named(r, s->script->flow);
	struct wording w = random_wording(r, random_chance(r, 90) ? "227" : "\xff\xfb\x01" "227");

	say_command(s, PICK(r, verbs));
	if (random_chance(r, 8)) {
		say(s->server, "425 no%s", line_end(r));
		return;
	}
	if (random_chance(r, 10)) {
		say(s->server, "%s%s", PICK(r, malformed), line_end(r));
		return;
	}
	if (random_chance(r, 10)) {
		say(s->server, "227-One moment%s", line_end(r));
		say(s->server, " (10,0,0,2,4,1)%s", line_end(r));
		if (random_chance(r, 50))
			say(s->server, "227-(10,0,0,2,4,1)%s", line_end(r));
	}
	say_announcement(s->server, &w, MODE_PASSIVE, &named, true);
}

static void turn_extended_passive(const struct stage *s)
{
	static const char *const verbs[] = { "EPSV", "epsv", "EPSV 1", "EPSV 2" };
	static const char *const malformed[] = {
		"229 Entering Extended Passive Mode (|||65536|)", "229", "229 ok", "229 (||6446|)",
		"229 (|||20|)",
	};
	struct random *r = s->random;
	struct endpoint named = { .port = random_port(r) };
	struct wording w = random_wording(r, random_chance(r, 90) ? "229" : "\xff\xf1" "229");

	say_command(s, PICK(r, verbs));
	if (random_chance(r, 8))
		say(s->server, "522 no%s", line_end(r));
	else if (random_chance(r, 10))
		say(s->server, "%s%s", PICK(r, malformed), line_end(r));
	else
		say_announcement(s->server, &w, MODE_EXTENDED_PASSIVE, &named, true);
}

/* PORT or EPRT; only the client's own address and an ordinary port get an opening. */
static void turn_active(const struct stage *s)
{
	struct random *r = s->random;
	struct endpoint target = s->script->flow->client;
	const uint8_t *a = &target.addr.s6_addr[12];
	bool good = random_chance(r, 70), extended = !s->v4 || random_chance(r, 50);
	char address[INET6_ADDRSTRLEN + 8], command[128];
	struct piece *p;

	target.port = good ? random_port(r) : (uint16_t)random_below(r, 1024);
	if (!good && random_chance(r, 50)) {
		target = s->v4 ? endpoint_from_ipv4((struct in_addr){ 0x01020304 }, 5000)
			       : endpoint_from_ipv6(&in6addr_loopback, 5000);
		a = &target.addr.s6_addr[12];
	}
	if (extended) {
		endpoint_format(&target, address);
		*strrchr(address, ':') = '\0';
		snprintf(command, sizeof(command), "%s |%d|%.*s|%u|", random_chance(r, 50) ? "EPRT" : "eprt",
			 s->v4 ? 1 : 2, (int)strcspn(address + !s->v4, "]"), address + !s->v4, target.port);
	} else {
		snprintf(command, sizeof(command), "%s %u,%u,%u,%u,%u,%u",
			 random_chance(r, 50) ? "PORT" : "port", a[0], a[1], a[2], a[3],
			 target.port / 256, target.port % 256);
	}
	say_command(s, command);
	p = &s->client->pieces[s->client->piece_count - 1];
	p->wants = good;
	p->mode = extended ? MODE_EXTENDED_ACTIVE : MODE_ACTIVE;
	p->named = target;
	say_plain_reply(s);
}

/* AUTH: refused by the server, or blanked on the way, or accepted. */
static void turn_auth(const struct stage *s)
{
	static const char *const verbs[] = { "AUTH", "auth", "AuTh" };
	static const char *const mechanisms[] = { "TLS", "SSL", "tls-c", "T", "TLS  now" };
	struct random *r = s->random;
	struct side *client = s->client;
	const char *verb = PICK(r, verbs), *mechanism = PICK(r, mechanisms);
	struct piece *p = say(client, "%s %s%s", verb, mechanism, line_end(r));

	if (s->script->deny_tls) {
		char *heard = client->blanked + client->blanked_size;

		memcpy(heard, client->said + p->start, p->size);
		memset(heard + strlen(verb) + 1, 'X', strlen(mechanism));
		client->blanked_size += p->size;
		p->heard = heard;
		say(s->server, "504 Unknown mechanism%s", line_end(r));
	} else if (random_chance(r, 50)) {
		say(s->server, "%s%s", random_chance(r, 50) ? "534 no" : "431 later", line_end(r));
	} else {
		say(s->server, "234 go ahead%s", line_end(r));
		s->script->encrypted = true;
	}
}

static void say_cipher(const struct stage *s, struct side *side)
{
	char bytes[400];
	size_t size = random_between(s->random, 1, sizeof(bytes));

	/* Without Telnet commands, which may begin a reply that has to be waited for. */
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(random_chance(s->random, 10) ? '\n' : 0x80 | random_below(s->random, 127));
	add_piece(side, bytes, size);
}

static void take_turn(const struct stage *s)
{
	struct script *script = s->script;
	uint32_t kind = random_below(s->random, 100);

	if (script->encrypted) {
		say_cipher(s, s->client);
		say_cipher(s, s->server);
	} else if (kind < 35) {
		turn_passive(s);
	} else if (kind < 55) {
		turn_extended_passive(s);
	} else if (kind < 70) {
		turn_active(s);
	} else if (kind < 78) {
		turn_auth(s);
	} else {
		turn_plain(s);
	}
}

static void end_turn(struct script *s)
{
	s->turns[s->turn_count++] = (struct turn){
		.said = { s->sides[FROM_CLIENT].said_size, s->sides[FROM_SERVER].said_size },
		.pieces = s->sides[FROM_SERVER].piece_count,
	};
}

static void greet(const struct stage *s)
{
	static const char *const greetings[] = { "220 ready", "220", "220 227 (10,0,0,2,4,1)" };

	if (random_chance(s->random, 30)) {
		say(s->server, "220-Welcome%s", line_end(s->random));
		say_text_line(s);
	}
	say(s->server, "%s%s", PICK(s->random, greetings), line_end(s->random));
	end_turn(s->script);
}

/* ---- what is heard ---- */

static void hear(struct side *side, const char *text, size_t size)
{
	if (side->heard_size + size > SCRIPT_TEXT_MAX)
		abort();
	memcpy(side->heard + side->heard_size, text, size);
	side->heard_size += size;
	side->pieces[side->known_pieces++].heard_size = size;
}

static void hear_plain(struct side *side)
{
	while (side->known_pieces < side->piece_count) {
		const struct piece *p = &side->pieces[side->known_pieces];

		if (p->wants && mode_is_passive(p->mode))
			return;
		hear(side, p->heard != NULL ? p->heard : side->said + p->start, p->size);
	}
}

struct piece *script_want(struct script *s, enum direction from)
{
	struct side *side = &s->sides[from];

	while (side->asked < side->piece_count && !side->pieces[side->asked].wants)
		side->asked++;
	return side->asked < side->piece_count ? &side->pieces[side->asked] : NULL;
}

void script_answer(struct script *s, enum direction from, uint16_t port)
{
	struct side *side = &s->sides[from];
	const struct piece *p = &side->pieces[side->asked++];
	struct endpoint shown = s->flow->service;
	char text[600];
	size_t size;

	shown.port = port;
	if (!mode_is_passive(p->mode))
		return;
	if (port == 0 ||
	    (p->mode == MODE_EXTENDED_PASSIVE && port == p->named.port)) {
		hear(side, side->said + p->start, p->size);
	} else {
		size = put_fitted(text, p, &shown);
		side->length_changed |= size != p->size;
		hear(side, text, size);
	}
	hear_plain(side);
}

bool script_heard_of_turn(const struct script *s, size_t turn, size_t *size)
{
	const struct side *server = &s->sides[FROM_SERVER];

	*size = server->heard_size;
	if (server->known_pieces < s->turns[turn].pieces)
		return false;
	if (turn + 1 == s->turn_count)
		return true;
	/* Back from what is known to the end of the turn. */
	for (size_t i = server->known_pieces; i-- > s->turns[turn].pieces;)
		*size -= server->pieces[i].heard_size;
	return true;
}

/* The last line breaks off: nothing comes of it, and all of it is heard. */
static void break_off(const struct stage *s)
{
	struct script *script = s->script;
	struct turn *last = &script->turns[script->turn_count - 1];
	bool by_client = random_chance(s->random, 30);
	struct side *side = by_client ? s->client : s->server;
	struct piece *piece = &side->pieces[side->piece_count - 1];
	size_t cut = random_between(s->random, 1, (uint32_t)piece->size);

	if (by_client) {
		s->server->piece_count = last[-1].pieces;
		s->server->said_size = last[-1].said[FROM_SERVER];
	}
	script->broken = true;
	piece->size -= cut;
	piece->wants = false;
	piece->heard = NULL;
	side->said_size -= cut;
	last->said[FROM_CLIENT] = s->client->said_size;
	last->said[FROM_SERVER] = s->server->said_size;
	last->pieces = s->server->piece_count;
}

void script_make(struct script *s, struct random *r, const struct flow *flow, bool deny_tls)
{
	struct stage stage = {
		.script = s, .random = r, .client = &s->sides[FROM_CLIENT],
		.server = &s->sides[FROM_SERVER], .v4 = endpoint_is_ipv4(&flow->client),
	};

	s->flow = flow;
	s->deny_tls = deny_tls;
	s->encrypted = s->broken = false;
	s->pipelined = random_chance(r, 60) ? 0 : random_between(r, 1, 6);
	s->turn_count = 0;
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct side *side = &s->sides[d];

		side->said_size = side->piece_count = side->blanked_size = 0;
		side->heard_size = side->known_pieces = side->asked = 0;
		side->length_changed = false;
	}
	greet(&stage);
	for (uint32_t n = random_between(r, 1, 10); n > 0; n--) {
		take_turn(&stage);
		end_turn(s);
	}
	if (!s->encrypted && random_chance(r, 50)) {
		say(stage.client, "QUIT%s", line_end(r));
		say(stage.server, "221 bye%s", line_end(r));
		end_turn(s);
	} else if (!s->encrypted && random_chance(r, 15)) {
		break_off(&stage);
	}
	hear_plain(&s->sides[FROM_CLIENT]);
	hear_plain(&s->sides[FROM_SERVER]);
}
