/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipvsadm(8), --save --numeric:
 *
 *	-A -t 192.0.2.10:21 -s rr
 *	-a -t 192.0.2.10:21 -r 10.0.0.2:21 -m -w 1
 */
#include "ctl/import.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t\r"

struct rule {
	bool adds_service;
	bool adds_server;
	bool by_mark;
	bool tcp;
	bool has_address;
	bool bad;
	bool masquerading;
	struct endpoint address;
	struct endpoint server;
};

/* The next word of the line, or false at its end. */
static bool next_word(const char **at, const char *end, char *word, size_t size)
{
	size_t length;

	*at += strspn(*at, BLANKS);
	if (*at >= end)
		return false;
	length = strcspn(*at, BLANKS "\n");
	if (length >= size)
		length = size - 1;
	memcpy(word, *at, length);
	word[length] = '\0';
	*at += strcspn(*at, BLANKS "\n");
	return true;
}

static void read_option(struct rule *r, const char *option, const char **at, const char *end)
{
	char value[ENDPOINT_TEXT_MAX + 8];
	bool tcp = strcmp(option, "-t") == 0;

	if (strcmp(option, "-A") == 0)
		r->adds_service = true;
	else if (strcmp(option, "-a") == 0)
		r->adds_server = true;
	else if (strcmp(option, "-m") == 0)
		r->masquerading = true;
	else if (strcmp(option, "-f") == 0)
		r->by_mark = true;
	else if ((tcp || strcmp(option, "-u") == 0) && next_word(at, end, value, sizeof(value))) {
		r->tcp = tcp;
		r->has_address = true;
		r->bad |= endpoint_parse(value, &r->address) < 0;
	} else if (strcmp(option, "-r") == 0 && next_word(at, end, value, sizeof(value))) {
		r->bad |= endpoint_parse(value, &r->server) < 0;
	}
}

static int take_rule(const struct rule *r, struct import *out)
{
	struct imported *s;

	if (r->by_mark) {
		out->marks += r->adds_service;
		return 0;
	}
	if (r->bad || !r->has_address || (!r->adds_service && !r->adds_server)) {
		out->strange++;
		return 0;
	}
	s = import_service(out, &r->address, r->tcp);
	if (s == NULL)
		return -ENOMEM;
	if (!r->adds_server)
		return 0;
	if (r->masquerading)
		s->masquerading++;
	else
		s->others++;
	s->ftp_server |= r->server.port == IMPORT_FTP_PORT;
	return 0;
}

int import_ipvsadm(const char *text, struct import *out)
{
	int error = 0;

	while (*text != '\0' && error == 0) {
		const char *end = text + strcspn(text, "\n"), *at = text;
		struct rule rule = { 0 };
		char word[ENDPOINT_TEXT_MAX + 8];
		bool empty = true;

		while (next_word(&at, end, word, sizeof(word)) && word[0] != '#') {
			empty = false;
			read_option(&rule, word, &at, end);
		}
		if (!empty)
			error = take_rule(&rule, out);
		text = *end != '\0' ? end + 1 : end;
	}
	return error;
}
