/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A random FTP dialogue: what each side says, and what the other side must hear of it.
 *
 * The script knows from how it was made which words are announcements and which only look so;
 * it never parses anything. What is heard becomes known as the openings are answered.
 */
#ifndef FTPALGD_TESTS_PROPERTY_SCRIPT_H
#define FTPALGD_TESTS_PROPERTY_SCRIPT_H

#include "core/decide.h"

#include "../model/random.h"

enum {
	SCRIPT_TEXT_MAX = 12000,
	SCRIPT_PIECES_MAX = 200,
	SCRIPT_TURNS_MAX = 24,
	WORDS_MAX = 8,
};

/* How a reply with an announcement is worded. */
struct wording {
	const char *code;  /* with what may stand before it */
	size_t word_count; /* with a blank between them and behind the last */
	const char *words[WORDS_MAX];
	const char *open;  /* what touches the announcement */
	const char *close;
	const char *tail;  /* behind it; begins with nothing that touches */
	const char *line_end;
	char delimiter;    /* of a 229 */
};

/* A stretch of one side's text that is heard as it is, unless it wants an opening. */
struct piece {
	size_t start, size;  /* in said */
	bool wants;
	enum mode mode;
	struct endpoint named; /* port of the announcement, address too for active modes */
	struct wording wording;
	const char *heard;   /* in place of what was said: same size, or NULL */
	size_t heard_size;   /* once it is known */
};

struct side {
	char said[SCRIPT_TEXT_MAX];
	size_t said_size;
	size_t piece_count;
	struct piece pieces[SCRIPT_PIECES_MAX];
	char blanked[SCRIPT_TEXT_MAX]; /* storage of heard */
	size_t blanked_size;

	char heard[SCRIPT_TEXT_MAX];
	size_t heard_size;   /* as far as it is known */
	size_t known_pieces; /* likewise */
	size_t asked;        /* pieces whose opening was asked for, or that want none */
	bool length_changed;
};

/* The client says its part when it has heard all replies but those of the last so many turns. */
struct turn {
	size_t said[DIRECTIONS]; /* sizes once the turn is over */
	size_t pieces;           /* of the server, once the turn is over */
};

struct script {
	const struct flow *flow;
	bool deny_tls;
	bool encrypted; /* AUTH was accepted: nothing is text from there */
	bool broken;    /* the last line breaks off */
	size_t pipelined; /* turns that the client does not wait for */
	size_t turn_count;
	struct turn turns[SCRIPT_TURNS_MAX];
	struct side sides[DIRECTIONS];
};

void script_make(struct script *s, struct random *r, const struct flow *flow, bool deny_tls);

/* The next piece of that side that wants an opening and has not got its answer; NULL when none. */
struct piece *script_want(struct script *s, enum direction from);

/* The answer: the port shown, or 0 when there is no opening and the text stays as it is. */
void script_answer(struct script *s, enum direction from, uint16_t port);

/* What of the server's text the client hears up to the end of that turn; false: not known yet. */
bool script_heard_of_turn(const struct script *s, size_t turn, size_t *size);

#endif
