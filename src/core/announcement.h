/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address that a server announces for a data connection, in the forms that servers write it.
 *
 * Read as leniently as the clients read it (curl, wget, lftp, tnftp, ftplib and others), since
 * what the gateway does not find the client connects to all the same. Nothing is opened to the address
 * in the text; only its port counts.
 */
#ifndef FTPALGD_CORE_ANNOUNCEMENT_H
#define FTPALGD_CORE_ANNOUNCEMENT_H

#include "core/endpoint.h"
#include "core/verb.h"

enum form {
	FORM_NUMBERS, /* h1,h2,h3,h4,p1,p2: 227 (RFC 959; in any wording: RFC 1123, 4.1.2.6) */
	FORM_PORT,    /* |||port|: 229 (RFC 2428) */
	FORM_ADDRESS, /* |1|address|port|: as EPRT has it */
	FORM_LONG,    /* 4,4,h1,h2,h3,h4,2,p1,p2 or 6,16,…: 228 (RFC 1639) */
};

struct announcement {
	enum form form;
	char delimiter;        /* of FORM_PORT and FORM_ADDRESS */
	struct endpoint named; /* its address is zero for FORM_PORT */
	struct span where;     /* the text that is to be replaced */
};

/* Longest text of announcement_format, its terminator included. */
#define ANNOUNCEMENT_MAX 96

/*
 * Finds the first announcement behind the first `from` bytes of a line; of several forms that of the
 * reply's code comes first (0 for text that is no reply). Returns 0 or -EBADMSG.
 */
int announcement_find(const char *line, size_t size, size_t from, unsigned int code,
		      struct announcement *a) __attribute__((warn_unused_result));

/*
 * Writes what is shown instead, in the form of the announcement. FORM_NUMBERS has no room for an IPv6
 * address: its address becomes zeros, clients use the port alone. Returns the size of the text.
 */
size_t announcement_format(const struct announcement *a, const struct endpoint *shown,
			   char text[static ANNOUNCEMENT_MAX]);

#endif
