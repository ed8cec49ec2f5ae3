/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to believe, proved against model servers (tests/model/server.h) and a client that cheats
 * (tests/model/duel.h): the ports that are opened are ports that the server itself announced in answer to its
 * own PASV for this session, or, where the operator named its ports, among these. And an honest client is
 * opened every port that any of these servers announces to it.
 *
 * FTPALGD_CASES: number of cases; FTPALGD_SEED: of the first; FTPALGD_TRACE: print every segment.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/duel.h"

enum { CASES = 20000, SCENES_MAX = 6, TEXT_MAX = 2048 };

#define FAKE_227 "227 Entering Passive Mode (10,0,0,2,12,234)"
#define FAKE_229 "229 Entering Extended Passive Mode (|||3306|)"

#define PICK(d, list) ((list)[random_below(&(d)->random, (uint32_t)(sizeof(list) / sizeof((list)[0])))])

/* ---- the client's words ---- */

static const char *const passive[] = {
	"PASV",     "EPSV", "PASV", "EPSV",   "EPSV 1", "EPSV 2",
	"EPSV ALL", "LPSV", "pasv", "PASV x", "P@SW",   "CPSV",
};

/* Their replies are the server's own text, or repeat words behind the code. */
static const char *const plain[] = {
	"NOOP",
	"SYST",
	"TYPE I",
	"TYPE A",
	"FEAT",
	"PWD",
	"CDUP",
	"CWD pub",
	"SIZE x",
	"LIST",
	"RETR x",
	"ABOR",
	"HELP",
	"HELP SITE",
	"STAT",
	"PORT 198,51,100,7,200,1",
	"EPRT |1|198.51.100.7|51201|",
	"DELE x",
	"RNFR x",
	"AUTH TLS",
	"USER a",
	"PASS b",
	"REIN",
	"",
};

/* Their replies may hold names that are on the disk. */
static const char *const naming[] = {
	"CWD l5",  "CWD l6",  "CWD l8",  "CWD l9",  "CWD l10",  "CWD l11",  "CWD l15",
	"CWD l16", "CWD l17", "CWD l18", "CWD l19", "CWD l20",  "CWD l21",  "PWD",
	"MKD a",   "MKD \"",  "MLST",    "MLST .",  "MLST l19", "MLST l20", "CDUP",
};

static const char *const listing[] = {
	"STAT -1",
	"STAT .",
	"STAT l5",
	" STAT -1",
	"\tSTAT -1",
	"XSTAT -1",
	"STAT\t-1",
	"SITE LS",
	"SITE HELP",
	"HELP x",
	"XDIR",
	"LS",
	"DIR",
	"FOO x",
	"\xff\xf4\xff\xf2STAT -1",
	"\xff\xfd\x01STAT .",
	"xstat -1",
};

static const char *const echoed[] = { "USER", "TYPE", "CWD",  "MKD", "DELE",
				      "SIZE", "RETR", "STAT", "FOO", "RNFR" };

static const char *const fakes[] = {
	FAKE_227,
	FAKE_229,
	"213 x",
	"250 x",
	"200 x",
	"228 (4,4,10,0,0,2,2,12,234)",
	"10,0,0,2,12,234",
	"(|||3306|)",
	"250 (10,0,0,2,12,234)",
	"200 (|||3306|)",
	"|||3306|",
	"||3306",
	"227 10,0,0,2,12,23",
	"500 x",
	"220 x",
	"PASV",
	"STAT -1",
	"NOOP",
	"\"",
	"\"x",
	"227-x",
	"213-x",
	"PASV\r\n" FAKE_227,
};

/* Some servers end a line there, others do not. */
static const char *const seams[] = {
	"\n",       "\r",       "\r\r\n",   "\n\r", "\r\n", "\xff\xf4", "\xff\xff",
	"\xff\xfb", "\xff\xfa", "\xff\xf0", " ",    "\t",   "",
};

struct text {
	char bytes[TEXT_MAX];
	size_t size;
};

static void add(struct text *t, const char *bytes, size_t size)
{
	if (t->size + size > TEXT_MAX)
		size = TEXT_MAX - t->size;
	memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

static void add_text(struct text *t, const char *text)
{
	add(t, text, strlen(text));
}

static void add_seam(struct duel *d, struct text *t)
{
	if (random_chance(&d->random, 15))
		add(t, "\0", 1);
	else if (random_chance(&d->random, 10))
		add(t, "\r\0", 2);
	else
		add_text(t, PICK(d, seams));
}

static void add_end(struct duel *d, struct text *t)
{
	if (random_chance(&d->random, 88))
		add_text(t, "\r\n");
	else if (random_chance(&d->random, 50))
		add_text(t, "\n");
	else
		add_seam(d, t);
}

/* A command whose words hold others. */
static void add_echoed(struct duel *d, struct text *t)
{
	add_text(t, PICK(d, echoed));
	add_text(t, " x");
	if (random_chance(&d->random, 8))
		for (size_t i = 0, size = random_between(&d->random, 400, 1100); i < size; i++)
			add_text(t, "y");
	for (size_t i = 0, count = random_between(&d->random, 1, 3); i < count; i++) {
		add_seam(d, t);
		add_text(t, PICK(d, fakes));
	}
	if (random_chance(&d->random, 30))
		add_seam(d, t);
}

static void add_command(struct duel *d, struct text *t)
{
	const uint32_t kind = random_below(&d->random, 100);

	if (kind < 25)
		add_text(t, PICK(d, passive));
	else if (kind < 45)
		add_text(t, PICK(d, plain));
	else if (kind < 65)
		add_text(t, PICK(d, naming));
	else if (kind < 78)
		add_text(t, PICK(d, listing));
	else if (kind < 95)
		add_echoed(d, t);
	else
		add_text(t, PICK(d, fakes));
	add_end(d, t);
}

/* ---- how they are sent ---- */

static void acknowledge(struct duel *d)
{
	if (random_chance(&d->random, 85))
		d->acked = d->heard;
}

/* The last so many bytes come together. */
static void say_in_pieces(struct duel *d, const struct text *t, size_t whole)
{
	size_t at = 0, piece = random_chance(&d->random, 50) ? 1 : random_between(&d->random, 1, 30);

	while (at < t->size && !d->over) {
		size_t size = t->size - at < piece || t->size - at - piece < whole ? t->size - at
										   : piece;

		duel_say(d, t->bytes + at, size);
		acknowledge(d);
		at += size;
	}
}

static void say(struct duel *d, const struct text *t)
{
	acknowledge(d);
	if (t->size > 1 && random_chance(&d->random, 20))
		say_in_pieces(d, t, 0);
	else
		duel_send(d, d->said, t->bytes, t->size, random_chance(&d->random, 2) ? TCP_URG : 0,
			  true);
}

static void say_line(struct duel *d, const char *line)
{
	struct text t = { .size = 0 };

	add_text(&t, line);
	add_end(d, &t);
	say(d, &t);
}

/* ---- scenes ---- */

static void log_in(struct duel *d)
{
	say_line(d, "USER a");
	say_line(d, "PASS b");
}

/* Whatever comes. */
static void improvise(struct duel *d)
{
	for (size_t i = 0, count = random_between(&d->random, 1, 6); i < count && !d->over; i++) {
		struct text t = { .size = 0 };

		add_command(d, &t);
		if (random_chance(&d->random, 25))
			duel_open(d, random_below(&d->random, 4));
		say(d, &t);
	}
}

/* Several commands in one go. */
static void pipeline(struct duel *d)
{
	struct text t = { .size = 0 };

	for (size_t i = 0, count = random_between(&d->random, 2, 5); i < count; i++)
		add_command(d, &t);
	add_text(&t, PICK(d, passive));
	add_end(d, &t);
	say(d, &t);
}

/* The answer to a command is let through line by line, and in between comes a request for an address. */
static void pace(struct duel *d)
{
	struct text t = { .size = 0 };

	if (random_chance(&d->random, 50))
		say_line(d, PICK(d, naming));
	d->edge = d->sent;
	if (random_chance(&d->random, 40))
		add_text(&t, PICK(d, listing));
	else if (random_chance(&d->random, 60))
		add_text(&t, PICK(d, naming));
	else
		add_echoed(d, &t);
	add_end(d, &t);
	say(d, &t);
	for (size_t i = 0, count = random_between(&d->random, 1, 4); i < count && !d->over; i++) {
		duel_open(d, random_between(&d->random, 1, 3));
		d->acked = d->heard;
		if (random_chance(&d->random, 30))
			say_line(d, PICK(d, plain));
		say_line(d, PICK(d, passive));
	}
	duel_open(d, 0);
}

/* The server does not get what the gateway read, but other words. */
static void swap_words(struct duel *d)
{
	struct text first = { .size = 0 }, second = { .size = 0 };
	const size_t offset = d->said;

	add_command(d, &first);
	if (random_chance(&d->random, 50))
		add_command(d, &first);
	add_command(d, &second);
	if (random_chance(&d->random, 70))
		second.size = second.size < first.size ? second.size : first.size;
	acknowledge(d);
	duel_send(d, offset, first.bytes, first.size, 0, random_chance(&d->random, 10));
	for (size_t i = 0, count = random_below(&d->random, 5); i < count && !d->over; i++) {
		const size_t from = random_below(&d->random, (uint32_t)second.size);

		if (random_chance(&d->random, 50))
			duel_send(d, offset, second.bytes, second.size, 0, true);
		else
			duel_send(d, offset + from, second.bytes + from, second.size - from, 0, true);
	}
	if (random_chance(&d->random, 70))
		duel_send(d, offset, first.bytes, first.size, 0, true);
}

/* Bytes are left out, and come later or never. */
static void leave_out(struct duel *d)
{
	struct text t = { .size = 0 }, missing = { .size = 0 };
	const size_t offset = d->said;

	add_command(d, &missing);
	add_command(d, &t);
	for (size_t i = 0, count = random_between(&d->random, 1, 6); i < count && !d->over; i++)
		duel_send(d, offset + missing.size, t.bytes, t.size, 0, random_chance(&d->random, 80));
	duel_send(d, offset, missing.bytes, missing.size, 0, true);
	say_line(d, PICK(d, passive));
}

static void repeat(struct duel *d)
{
	if (d->sent > 2) {
		const size_t from = random_below(&d->random, (uint32_t)d->sent);

		duel_repeat(d, from, random_between(&d->random, (uint32_t)from, (uint32_t)d->sent));
	}
	if (d->said > 0 && d->taken == d->said)
		duel_send(d, d->said - 1, d->words + d->said - 1, 1,
			  random_chance(&d->random, 5) ? TCP_FIN : 0, true);
}

static void (*const scenes[])(struct duel *d) = {
	improvise, improvise,  pipeline,  pipeline, pace,   pace,
	pace,      swap_words, leave_out, repeat,   log_in,
};

/* ---- cases ---- */

static void cheat(struct duel *d)
{
	if (random_chance(&d->random, 70))
		log_in(d);
	for (size_t i = 0, count = random_between(&d->random, 1, SCENES_MAX); i < count && !d->over;
	     i++)
		PICK(d, scenes)(d);
}

static void say_honestly(struct duel *d, const char *line)
{
	struct text t = { .size = 0 };

	add_text(&t, line);
	add_text(&t, "\r\n");
	d->acked = d->heard;
	if (random_chance(&d->random, 20))
		say_in_pieces(d, &t, 2); /* ProFTPD takes no CR LF in two reads for a line end */
	else
		duel_say(d, t.bytes, t.size);
	d->acked = d->heard;
}

/* One command at a time. */
static void be_honest(struct duel *d)
{
	static const char *const ordinary[] = {
		"NOOP", "SYST",      "TYPE I", "FEAT",   "PWD",   "SIZE x",
		"HELP", "HELP SITE", "STAT",   "RETR x", "FOO x", "DELE x",
	};
	static const char *const requests[] = { "PASV", "EPSV", "EPSV 1" };
	const bool odd = d->server.kind->passive == 200 || d->server.kind->passive == 250;

	say_honestly(d, "USER a");
	say_honestly(d, "PASS b");
	for (size_t i = 0; i < 8; i++) {
		const char *line = PICK(d, ordinary);

		if (!odd && random_chance(&d->random, 20))
			line = "CWD pub";
		/* What nobody knows may list, or be refused in the place of something else. */
		if (strcmp(line, "FOO x") == 0 &&
		    (d->server.kind->lists_by_other_verbs || d->server.kind->refusing > 0 ||
		     d->server.kind->twice_refused))
			line = "NOOP";
		say_honestly(d, line);
		say_honestly(d, PICK(d, requests));
	}
}

/* Returns what went wrong, or NULL. */
static const char *run_case(struct duel *d, uint64_t seed)
{
	struct random random = { seed };
	const bool honest = random_chance(&random, 10), mixed = random_chance(&random, 40);
	const bool v6 = random_chance(&random, 30), named = random_chance(&random, 10);
	struct server_kind kind = server_kinds[random_below(&random, (uint32_t)server_kind_count)];

	if (mixed)
		server_mix(&kind, &random);
	duel_begin(d, &kind, seed, v6, named);
	/* One oddity at a time: 200 and 250 are believed only in the place of an answer. */
	if (honest && (kind.passive == 200 || kind.passive == 250))
		kind.twice_refused = kind.passive_multiline = false;
	if (honest)
		be_honest(d);
	else
		cheat(d);
	if (d->stranger != 0)
		return "a port that the server did not announce was opened";
	if (honest && d->opened != d->server.ports)
		return "a port that the server announced to an honest client was not opened";
	return NULL;
}

static uint64_t environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtoull(value, NULL, 10);
}

int main(void)
{
	const uint64_t cases = environment("FTPALGD_CASES", CASES),
		       seed = environment("FTPALGD_SEED", 1);
	const uint64_t keep_going = environment("FTPALGD_FAILURES", 1);
	struct duel *d = calloc(1, sizeof(*d));
	uint64_t failures = 0, opened = 0;

	if (d == NULL)
		return EXIT_FAILURE;
	d->trace = environment("FTPALGD_TRACE", 0) != 0;
	d->gateway = gateway_new("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	for (uint64_t i = 0; i < cases && failures < keep_going; i++) {
		const char *why = run_case(d, seed + i);

		opened += d->opened;
		if (why == NULL)
			continue;
		fprintf(stderr, "case %" PRIu64 ", %s: %s (port %u, %zu of %zu opened)\n", seed + i,
			d->server.kind->name, why, d->stranger, d->opened, d->server.ports);
		fprintf(stderr, "Again: FTPALGD_SEED=%" PRIu64 " FTPALGD_CASES=1 FTPALGD_TRACE=1\n",
			seed + i);
		failures++;
	}
	printf("%" PRIu64 " cases from seed %" PRIu64 ", %" PRIu64 " openings, %" PRIu64 " failed\n",
	       cases, seed, opened, failures);
	gateway_free(d->gateway);
	free(d);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
