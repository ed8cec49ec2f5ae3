/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do with one packet of a control connection: FTP through NAT, as data.
 *
 * decide reads the dialogue on from the packet and says which openings must be made before the
 * packet may go on, and which lines are to be edited once that is known. It changes nothing. The
 * caller makes the openings, notes their outcome in the wants, and calls settle (settle.h), which
 * writes the packet and commits the dialogue. Or it drops the packet: then nothing has happened.
 */
#ifndef FTPALGD_CORE_DECIDE_H
#define FTPALGD_CORE_DECIDE_H

#include "core/announcement.h"
#include "core/lines.h"
#include "core/policy.h"
#include "core/reason.h"
#include "core/session.h"

enum mode {
	MODE_PASSIVE,          /* an address was announced: 227 to PASV */
	MODE_EXTENDED_PASSIVE, /* a port alone: 229 to EPSV */
	MODE_ACTIVE,           /* PORT, LPRT */
	MODE_EXTENDED_ACTIVE,  /* EPRT */
	MODES,
};

/* A data connection that is to become possible. */
struct want {
	enum mode mode;
	struct endpoint target; /* where it ends: real server's port (passive), client's (active) */
	bool expected_only;     /* no entry in IPVS: so many of the session's are there already */
	/* Set by who makes the opening. */
	uint16_t port;          /* passive: the virtual service's */
	bool made;              /* what follows suffices to carry the data connection */
	bool expected : 1;      /* an expectation stands for it */
	bool altered : 1;       /* which carries it alone: it alters the addresses itself */
	bool entered : 1;       /* an entry in IPVS */
	int error;              /* -errno of the part that was refused first, though the other may carry it */
	struct endpoint named;  /* passive: what the server announced, wherever that is */
};

static inline bool mode_is_passive(enum mode m)
{
	return m == MODE_PASSIVE || m == MODE_EXTENDED_PASSIVE;
}

/* Name of a mode's command: "PASV". */
const char *mode_name(enum mode m);

/* What becomes of one line. */
enum line_change {
	LINE_RELEASE,  /* its beginning was withheld: now it goes on as it is */
	LINE_ANNOUNCE, /* the announcement at where becomes that of the want */
	LINE_OVERWRITE, /* the bytes at where become so many of with */
};

struct line_edit {
	enum line_change change;
	struct line line; /* text points into the packet or into the decision */
	struct span where;
	struct announcement announcement; /* for LINE_ANNOUNCE */
	size_t prefix;    /* bytes before the reply's code, likewise */
	size_t want;      /* index, likewise */
	char with;        /* for LINE_OVERWRITE */
};

struct decision {
	bool drop;              /* out of order: the sender will send it again */
	bool foreign;           /* not of the session's ends: dropped, and nothing is learned from it */
	struct dialogue after;  /* what settle commits */
	bool keep;              /* unfinished is kept for the next segment */
	bool withhold;          /* and not passed on until then */
	struct line unfinished;
	size_t want_count;
	struct want wants[SPLICE_EDITS];
	size_t edit_count;
	struct line_edit edits[SPLICE_EDITS];
	reason_set reasons;
	char assembled[LINE_ASSEMBLED_MAX];
};

static inline void decision_refuse(struct decision *d, enum reason why)
{
	d->reasons |= reason_bit(why);
}

/*
 * What the decision rests on; everything is borrowed and only read.
 * now is in seconds, monotonic.
 */
struct situation {
	const struct policy *policy;
	const struct service *service;
	const struct session *session;
	const struct splice *splices[DIRECTIONS];
	enum direction from;
	const struct packet *packet;
	uint32_t now;
};

/* Whether the packet is the server's answer in the handshake: with it a session is seen from its beginning. */
bool decide_is_handshake(const struct packet *p, enum direction from);

/*
 * Whether the packet is the handshake of a connection that came after the session's own: conntrack
 * may give the same id to a client that takes the same port again. Begin another session then.
 */
bool decide_begins_anew(const struct session *s, const struct packet *p, enum direction from);

/* Fills *d; packet, session and splices must stay as they are until it is settled. */
void decide(const struct situation *at, struct decision *d);

#endif
