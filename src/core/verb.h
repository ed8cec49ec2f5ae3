/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of FTP, by what a gateway has to know of them.
 *
 * Most are PLAIN: whatever their reply repeats of the client's words or of a file's name stands behind
 * the reply's own code. A command that is not in the list is UNKNOWN: nobody can say what answers it.
 * RFC 959, RFC 1639, RFC 2228, RFC 2389, RFC 2428, RFC 2640, RFC 3659, RFC 7151, and drafts and
 * habits of servers in wide use.
 */
#ifndef FTPALGD_CORE_VERB_H
#define FTPALGD_CORE_VERB_H

#include <stdbool.h>
#include <stddef.h>

#define VERB_SIZE_MAX 8 /* letters of the longest verb */

/* Part of a line: offset and size in bytes. */
struct span {
	size_t start;
	size_t size;
};

enum verb {
	VERB_UNKNOWN,
	VERB_PLAIN,
	VERB_MOVE,    /* CWD and its kin: enters a folder that may have any name */
	VERB_PATH,    /* PWD, MKD and theirs: the reply quotes the path of the folder at hand */
	VERB_SECRET,  /* PASS, ACCT: its argument is never repeated */
	VERB_PASSIVE, /* PASV, EPSV and their kin: asks for an address */
	VERB_PORT,
	VERB_EPRT,
	VERB_LPRT,
	VERB_AUTH,
	VERB_STAT,
	VERB_SITE,
	VERB_HELP,
	VERB_MLST,
};

/*
 * Which command a line is, and its argument: what follows the verb, without blanks at its ends.
 * EPSV ALL asks for no address and is PLAIN.
 */
enum verb verb_find(const char *line, size_t size, struct span *argument);

#endif
