/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which line of a server answers which request of the client, and whether it may be believed.
 *
 * An announcement opens a port of a real server. Whoever can make a line appear that reads like one
 * opens ports: with a user name that the server repeats, with a directory of that name that it lists.
 * The gateway therefore asks of each announcement: is this the server's own answer to this client's
 * own request? What follows is all that it knows, and all that it believes.
 *
 * The requests. Commands wait in the order in which they came (`waiting`), each of one kind. A final
 * reply takes the first one out; a preliminary one (1xx) and the greeting take none. Counting alone is not trusted:
 * servers say more or less than they should. What is trusted is where a line may stand. The text that
 * a PLAIN command's reply repeats stands behind the reply's own code, so a line that begins with 227,
 * 228 or 229 while a PASSIVE request waits is its answer, though replies before it were missing or
 * too many. Only a FOREIGN command (STAT, SITE or HELP with an argument, MLST, a verb that nobody knows)
 * may be answered by lines that somebody else wrote, such as names of files: while one of these
 * waits before it a passive request is not believed; nor while a NAMED one does (PWD or MKD once a folder
 * was entered), whose quoted name may hold line ends.
 *
 * The words. Gateway and server must read the client's bytes alike. They do when these are lines
 * ended by CR LF, without NUL, CR, or Telnet's byte inside, and not so long that a server may cut them.
 * A line ended by a bare LF is one to some servers and not to others: it counts alone, as long as
 * nothing else waits; otherwise nothing that waits is believed (`unclean`) until all is answered. The same of
 * the server: behind a line that ends in a bare LF, which its other lines do not, stands what a
 * client put there (`line_unsure`).
 *
 * Doubt. A client sets the pace at which a reply arrives, by its window: he can have the first half of
 * a listing, send PASV, and have the second half. Order proves nothing then. So what cannot be read
 * in one way only puts the session into doubt for good (`doubt`): bytes that servers read differently,
 * a name like an announcement, a listing of foreign names, text sent again with other words, a beginning
 * that was not seen (traffic/unseen.h). In doubt,
 * and wherever else an announcement is not believed, only a port inside the range that the operator
 * named for this real server is opened: nothing but FTP's own data listeners lives there.
 *
 * The quiet point. Nothing that one odd line sets may last. When the client says something, has all that
 * the server said, and no foreign command waits, then a multi-line reply whose last line had another code has
 * ended by it.
 *
 * What this stops, tried on real servers: a name with a bare LF, PASV and a whole 227 line inside; the
 * same in CWD, MKD, TYPE, STAT; directories named `213 x` and `227 …` that STAT lists; each of them
 * one command at a time, with a window that lets one line through; commands hidden behind CR, NUL or
 * Telnet commands; other bytes in the place of ones that the gateway saw and the server did not.
 */
#ifndef FTPALGD_CORE_DIALOGUE_H
#define FTPALGD_CORE_DIALOGUE_H

#include "core/flow.h"

/* Commands that wait for their replies. Of more only those that matter are noted, in the place of plain ones. */
#define REQUESTS_MAX 16

enum request {
	REQUEST_PLAIN,
	REQUEST_NAMED, /* its reply names a folder that somebody else may have named */
	REQUEST_FOREIGN,
	REQUEST_AUTH,
	/* From here on they ask for an address. */
	REQUEST_PASSIVE,
	REQUEST_PLACED, /* likewise, and nothing else waited: what answers next answers this */
	REQUEST_SPOKEN, /* likewise, and a refusal has come, its own or one too many, or its answer has begun */
};

/* Where in its line a stream stands. */
enum phase {
	PHASE_UNSEEN, /* no byte seen yet: next is not valid */
	PHASE_START,  /* at the start of a line */
	PHASE_KEPT,   /* in a line whose beginning is kept in the splice */
	PHASE_SKIP,   /* in a line that is of no interest */
};

struct stream {
	uint32_t next;      /* sender's sequence number behind the last byte read */
	uint32_t sure;      /* up to here bytes sent again are the same: the other side has these */
	uint32_t early;     /* start of a segment that was dropped because one before it is missing */
	uint16_t multiline; /* code of the multi-line reply that goes on, or 0 */
	uint8_t phase;
	uint8_t early_drops; /* in a row, of that segment */
};

/*
 * The client's bytes that the server may not have yet, by hashes: those of the last two segments. What is
 * sent again begins and ends where segments did.
 */
struct unsure {
	uint32_t before, before_hash; /* from before to last */
	uint32_t last, last_hash;     /* from last to the stream's next */
};

/* The dialogue as far as it was read; decide makes the next one from it. */
struct dialogue {
	struct stream streams[DIRECTIONS];
	struct unsure unsure;
	uint32_t opened_at;    /* seconds, of the latest opening */
	uint16_t shown, target; /* ports of the latest passive opening, 0 when there is none */
	uint8_t active_openings; /* in the last opening_seconds */
	uint8_t waiting_count;
	uint8_t waiting[REQUESTS_MAX]; /* enum request, oldest first */
	bool spoken : 1;       /* something was said: until then only hands were shaken */
	bool heard : 1;        /* a final reply has come since the client's last command */
	bool alone : 1;        /* what waits ended in a bare LF: set with it, cleared when nothing waits */
	bool unclean : 1;      /* something came beside it: cleared when nothing waits or all is quiet */
	bool doubt : 1;        /* set by what can be read in two ways: never cleared */
	bool ended_oddly : 1;  /* the last line of a multi-line reply so far has another code: set by each line */
	bool greeted : 1;      /* the greeting is over: what comes now answers something */
	bool port_named : 1;   /* PORT or its kin has come: 200 may repeat what it named */
	bool refused : 1;      /* the last reply was a refusal: it may come twice */
	bool listing_due : 1;  /* a foreign command was refused, perhaps in its place: cleared by a success */
	bool moved : 1;        /* CWD or its kin has come, or may have unseen: 250 may repeat a folder's name */
	bool server_seen : 1;  /* a line of the server's has ended */
	bool bare_lf_server : 1; /* it ended in a bare LF: they all do */
	bool line_unsure : 1;  /* no line may begin here: behind a bare LF or a gap; cleared by a line's end */
	bool client_cr : 1;    /* the last byte read was CR */
	bool server_cr : 1;
	bool encrypted : 1;    /* set by 234 to AUTH, cleared by clear text */
	bool cipher_seen : 1;  /* since then something came that is no clear text */
	bool resynchronised : 1; /* its beginning was not seen: set then, cleared by the next command or reply */
	bool transferring : 1; /* a transfer has begun, its end was not seen: 1xx sets it, others clear it */
	bool closing : 1;      /* 221, 421, FIN or RST: cleared by whatever is said afterwards */
};

static inline bool request_is_passive(enum request r)
{
	return r >= REQUEST_PASSIVE;
}

/* A command has come. crlf: how it ended. */
void dialogue_ask(struct dialogue *d, enum request request, bool crlf);

/* A final reply has come that is no announcement. */
void dialogue_answer(struct dialogue *d, uint16_t code);

/* Index of the first request that asks for an address, or waiting_count. */
size_t dialogue_passive(const struct dialogue *d);

/* Whether a request of that kind waits. */
bool dialogue_waits(const struct dialogue *d, enum request request);

/* Whether no foreign command waits before the request at that index. */
bool dialogue_is_next(const struct dialogue *d, size_t index);

/* Whether an announcement to the request at that index is the server's own, as far as one can know. */
bool dialogue_believes(const struct dialogue *d, size_t index);

/* The request at that index is answered, and with it those before it. */
void dialogue_take(struct dialogue *d, size_t index);

/* The client has all that the server said, and says something: see "The quiet point". */
void dialogue_quiet(struct dialogue *d);

/* What was asked for was not seen. */
void dialogue_forget(struct dialogue *d);

#endif
