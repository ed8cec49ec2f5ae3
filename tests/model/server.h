/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An FTP server as a gateway meets it: how it reads its client's bytes, and what it says.
 *
 * Servers differ in what ends a line, in what they make of odd bytes within one, in which of the client's
 * words and of others' names they repeat, and where in a line. Each such difference is a member of struct
 * server_kind; doc/servers.md says where each was found. A kind is a real server, or the worst case of one
 * difference; server_mix makes one of several. What a model announces in answer to its own passive command
 * it remembers: nothing else is to be opened.
 *
 * Not modelled, as no gateway could tell it apart (SECURITY.md): foreign text at a line start in an ordinary
 * reply of one line, but behind a bare LF or between quotes that are doubled within a name; and a listing that
 * begins with a foreign name.
 */
#ifndef FTPALGD_TESTS_MODEL_SERVER_H
#define FTPALGD_TESTS_MODEL_SERVER_H

#include <stddef.h>

#include "random.h"

enum {
	SERVER_OUT_MAX = 1 << 16,
	SERVER_LINE_MAX = 4096,
	SERVER_PORTS = 256,
	SERVER_FIRST_PORT = 50000, /* its own: one after the other */
};

/* What becomes of a CR, NUL or LF that ends no line. */
enum inner {
	INNER_KEPT,
	INNER_CUTS, /* the rest of the line is not looked at */
	INNER_UNDERSCORE,
	INNER_LF, /* NUL alone */
};

enum telnet {
	TELNET_TEXT,     /* bytes like others */
	TELNET_SKIPPED,  /* IAC and what follows it */
	TELNET_ANSWERED, /* likewise, and WILL and DO are refused in the middle of what it says */
	TELNET_FULL,     /* likewise, with subnegotiations */
	TELNET_CLEARS,   /* an interrupt throws the line so far away */
};

/* What a line is over line_max. */
enum over {
	OVER_SPLITS,  /* its rest is another line */
	OVER_REFUSED, /* dropped to its end, 500 */
	OVER_LOST,    /* so far dropped, the rest is a line */
	OVER_ENDS,    /* the end of the session */
};

/* How a name with LF is written. */
enum name_lf {
	NAME_RAW,
	NAME_NUL,      /* NUL in its place */
	NAME_PREFIXED, /* several lines, each with the code */
	NAME_CRLF,     /* CR LF where the name is quoted, else NUL */
};

enum listing {
	LIST_BARE, /* names at the line start */
	LIST_BLANK,
	LIST_CODE, /* behind the code and a hyphen */
	LIST_LONG, /* behind mode and owner */
	LIST_NONE, /* STAT takes no argument */
};

enum path_said {
	PATH_UNSAID,
	PATH_QUOTED,
	PATH_PLAIN,
};

struct server_kind {
	const char *name;
	/* reading */
	bool lf, cr, nul; /* each ends a line as well */
	bool split_cr;    /* CR LF that arrives in two reads ends none */
	enum inner inner_cr, inner_nul;
	enum telnet telnet;
	size_t line_max;
	enum over over;
	bool skips_blanks; /* before a verb */
	bool tabs;         /* a tab ends a verb */
	bool suffix;       /* a verb that ends in STAT is STAT */
	bool silent;       /* no answer to what is no verb */
	/* saying */
	bool says_lf; /* ends its lines in LF */
	enum name_lf name_lf;
	bool single_quotes;      /* quotes in names are not doubled; then no name holds CR LF */
	size_t reply_max;        /* longer lines are cut; 0: none */
	bool echoes;             /* repeats arguments */
	enum path_said path_250; /* in the answer to CWD */
	enum listing listing;
	bool lists_by_other_verbs; /* SITE, HELP and unknown ones list as well, some under a line without a code */
	bool twice_refused;     /* a second refusal, before the next reply */
	bool two_for_cwd;       /* 200, then 250 */
	bool odd_multiline;     /* the last line of a reply over several lines has another code */
	bool early;             /* does everything before login */
	unsigned int passive;   /* code of its announcement; 0: as RFC 959 and 2428 say */
	bool passive_multiline; /* in the first line of two */
	unsigned int refusing;  /* per cent of passive commands */
};

struct server {
	const struct server_kind *kind;
	struct random *random;
	bool v6;
	bool closed, logged_in;
	char line[SERVER_LINE_MAX + 1];
	size_t size;
	bool last_cr, ended_by_cr, overlong;
	unsigned int telnet; /* bytes of a Telnet command so far */
	unsigned char telnet_code;
	bool late_refusal;
	const char *folder; /* the one at hand */
	size_t ports;       /* announced so far */
	size_t out_size;
	char out[SERVER_OUT_MAX];
};

extern const struct server_kind server_kinds[];
extern const size_t server_kind_count;

/* Of each difference one of the kinds' in *kind. */
void server_mix(struct server_kind *kind, struct random *random);

void server_begin(struct server *s, const struct server_kind *kind, struct random *random, bool v6);

/* Bytes that arrive at once; what it says is appended to out. */
void server_read(struct server *s, const unsigned char *bytes, size_t size);

/* Whether it announced that port. */
bool server_announced(const struct server *s, unsigned int port);

#endif
