/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of FTP messages: what a client's PORT, EPRT or LPRT names, and Telnet's commands in between.
 *
 * A line is given without its line end, as the sender wrote it. A number that is out of range, signed
 * or glued to other digits is no number. RFC 959 (PORT), RFC 2428 (EPRT), RFC 1639 (LPRT), RFC 854.
 */
#ifndef FTPALGD_CORE_MESSAGE_H
#define FTPALGD_CORE_MESSAGE_H

#include "core/cursor.h"
#include "core/endpoint.h"

/*
 * A line without its Telnet commands (RFC 854) and its size: the line itself where it has none, else
 * a copy in room, which is as large as the line.
 */
const char *message_strip_telnet(const char *line, size_t *size, char *room);

/* Size of the Telnet commands that a line begins with. */
size_t message_telnet_prefix(const char *line, size_t size);

/* h1,h2,h3,h4,p1,p2, also with blanks behind the commas or dots in the address: an IPv4 endpoint. */
void message_take_numbers(struct cursor *c, struct endpoint *e);

/* RFC 1639: family, length and bytes of the address, length and bytes of the port. */
void message_take_long(struct cursor *c, struct endpoint *e);

/* What RFC 2428 takes for a delimiter: printable, and no digit, since that could not be told apart. */
bool message_is_delimiter(char c);

/* The argument of PORT. Returns 0 or -EBADMSG. */
int message_parse_port(const char *text, size_t size, struct endpoint *e)
	__attribute__((warn_unused_result));

/* The argument of LPRT. Returns 0 or -EBADMSG. */
int message_parse_lprt(const char *text, size_t size, struct endpoint *e)
	__attribute__((warn_unused_result));

/* The argument of EPRT. Returns 0, -EBADMSG, or -EAFNOSUPPORT for a protocol that is not 1 or 2. */
int message_parse_eprt(const char *text, size_t size, struct endpoint *e)
	__attribute__((warn_unused_result));

#endif
