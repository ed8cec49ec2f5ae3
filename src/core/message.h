/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FTP messages that name an address or change what a session may do.
 *
 * A line is given without its line end, as the sender wrote it. Parsers take nothing on trust:
 * a number that is out of range, signed, padded with spaces or glued to other digits is no number.
 * RFC 959 (PORT, PASV), RFC 1123 4.1.2.6 (how to find the numbers of a 227), RFC 2428 (EPRT, EPSV),
 * RFC 2228 and RFC 4217 (AUTH, CCC), RFC 854 (Telnet commands in between).
 */
#ifndef FTPALGD_CORE_MESSAGE_H
#define FTPALGD_CORE_MESSAGE_H

#include "core/endpoint.h"

enum command {
	COMMAND_OTHER,
	COMMAND_PASV,
	COMMAND_EPSV,     /* EPSV, EPSV 1, EPSV 2: asks for a 229 */
	COMMAND_EPSV_ALL, /* asks for no opening */
	COMMAND_PORT,
	COMMAND_EPRT,
	COMMAND_AUTH,
	COMMAND_CCC,
	COMMAND_TRANSFER, /* RETR, LIST and others: uses an opening */
};

/* Part of a line: offset and size in bytes. */
struct span {
	size_t start;
	size_t size;
};

/* Longest argument that replaces a span: six numbers of three digits, five commas. */
#define ANNOUNCEMENT_MAX 24

/*
 * A line without its Telnet commands (RFC 854) and its size: the line itself where it has none, else
 * a copy in room, which is as large as the line.
 */
const char *message_strip_telnet(const char *line, size_t *size, char *room);

/* Size of the Telnet commands that a line begins with. */
size_t message_telnet_prefix(const char *line, size_t size);

/*
 * Which command a line is. *argument is what follows its verb, without blanks at its ends; nothing
 * for COMMAND_OTHER and COMMAND_TRANSFER.
 */
enum command message_command(const char *line, size_t size, struct span *argument);

/* Whether a line that begins so can still become one other than COMMAND_OTHER. */
bool message_command_possible(const char *start, size_t size);

/* The argument of PORT. Returns 0 or -EBADMSG. */
int message_parse_port(const char *text, size_t size, struct endpoint *e)
	__attribute__((warn_unused_result));

/* The argument of EPRT. Returns 0, -EBADMSG, or -EAFNOSUPPORT for a protocol that is not 1 or 2. */
int message_parse_eprt(const char *text, size_t size, struct endpoint *e)
	__attribute__((warn_unused_result));

/*
 * The six numbers of a 227: the first run of exactly six numbers from 0 to 255 joined by commas.
 * *where is the run. Returns 0 or -EBADMSG.
 */
int message_parse_passive(const char *line, size_t size, struct endpoint *e, struct span *where)
	__attribute__((warn_unused_result));

/*
 * The port of a 229, between delimiters of any kind: "|||6446|". *where is all of that.
 * Returns 0 or -EBADMSG.
 */
int message_parse_extended(const char *line, size_t size, uint16_t *port, struct span *where)
	__attribute__((warn_unused_result));

/* Writes the six numbers of an IPv4 endpoint, terminated; returns their size. */
size_t message_format_passive(const struct endpoint *e, char text[static ANNOUNCEMENT_MAX]);

/* Writes the port of a 229 between its delimiters; returns its size. */
size_t message_format_extended(uint16_t port, char delimiter, char text[static ANNOUNCEMENT_MAX]);

#endif
