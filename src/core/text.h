/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How people are shown what a peer said: in the log, in traces, by ftpalgctl and by ftpalg-replay.
 *
 * Nothing that came over the wire reaches a terminal raw: every byte outside printable ASCII leaves
 * as \xNN. Nothing that a client keeps secret is shown: what follows PASS, ACCT or another command
 * with a secret argument becomes "****". Servers differ in what ends a line and in what they leave out,
 * so a command may begin behind any byte that is not printable and behind any Telnet command (RFC 854),
 * and such bytes may stand between its letters.
 *
 * Results are always terminated. What had to be cut ends in "...".
 */
#ifndef FTPALGD_CORE_TEXT_H
#define FTPALGD_CORE_TEXT_H

#include "core/flow.h"

#include <stdbool.h>
#include <stddef.h>

/* Room for all of a line of that many bytes, however it is shown. */
#define TEXT_LINE_MAX(size) (4 * (size) + 8)
/* The least room that the calls take. */
#define TEXT_ROOM_MIN 9

/*
 * A text of our own that may hold words of a peer, or one that was escaped before. A secret is hidden
 * behind a byte that is not printable only: elsewhere "pass" is a word. Returns out, which has room bytes.
 */
const char *text_escape(const char *text, char *out, size_t room);

/*
 * One line of a control connection, as it came, without its line feed. A backslash is escaped as well,
 * so that what is shown can be read in one way only. In a client's line a secret is hidden even when no
 * blank follows its verb; in a server's, when a refusal repeats it. Returns out, which has room bytes.
 */
const char *text_show_line(enum direction from, const char *line, size_t size, char *out, size_t room);

/*
 * Whether a client's line may be the rest of a secret, and is not to be shown: to a server that ends
 * lines at CR LF alone, a bare LF is part of it. For each line in turn, without its line end; crlf:
 * that was CR LF. *open is false before the first one. A line that begins with a command of FTP is none.
 */
bool text_continues_secret(bool *open, const char *line, size_t size, bool crlf);

#endif
