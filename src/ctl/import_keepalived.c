/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keepalived.conf(5), as far as it names virtual servers:
 *
 *	virtual_server 192.0.2.10 21 {        (or "fwmark N", or "group NAME")
 *	    lvs_method NAT                    (or lb_kind; NAT where it is not said)
 *	    protocol TCP                      (the same)
 *	    real_server 10.0.0.2 21 { lvs_method DR }
 *	}
 *	virtual_server_group NAME {
 *	    192.0.2.10 21
 *	    192.0.2.20-29 21
 *	}
 */
#include "ctl/import.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 128, WORDS_MAX = 8, GROUP_ADDRESSES_MAX = 256 };

/* One line of words, and whether it opens or ends a block. */
struct statement {
	size_t count;
	char words[WORDS_MAX][WORD_MAX];
	bool opens;
	bool closes;
};

struct virtual_server {
	bool tcp;
	bool masquerading;
	bool ftp_server;
	unsigned int nat, others; /* real servers that say so themselves */
	unsigned int undecided;   /* those that follow the virtual server */
};

struct reader {
	const char *at;
	const char *text;
	struct import *out;
};

/* ---- words ---- */

static void skip_blanks(struct reader *r)
{
	for (;;) {
		r->at += strspn(r->at, " \t\r");
		if (*r->at != '#' && *r->at != '!')
			return;
		r->at += strcspn(r->at, "\n");
	}
}

static void read_word(struct reader *r, char word[static WORD_MAX])
{
	bool quoted = *r->at == '"';
	const char *end = quoted ? "\"\n" : " \t\r\n{}#!\"";
	size_t length, kept;

	r->at += quoted;
	length = strcspn(r->at, end);
	kept = length < WORD_MAX ? length : WORD_MAX - 1;
	memcpy(word, r->at, kept);
	word[kept] = '\0';
	r->at += length;
	if (quoted && *r->at == '"')
		r->at++;
}

/* The next statement that is not empty; false at the end of the text. */
static bool next_statement(struct reader *r, struct statement *s)
{
	char surplus[WORD_MAX];

	s->count = 0;
	s->opens = s->closes = false;
	for (;;) {
		skip_blanks(r);
		switch (*r->at) {
		case '\0':
			return s->count > 0;
		case '\n':
			r->at++;
			if (s->count > 0)
				return true;
			break;
		case '{':
			r->at++;
			s->opens = true;
			return true;
		case '}':
			if (s->count > 0)
				return true; /* it ends the line before it */
			r->at++;
			s->closes = true;
			return true;
		default:
			read_word(r, s->count < WORDS_MAX ? s->words[s->count] : surplus);
			s->count += s->count < WORDS_MAX;
		}
	}
}

/* A brace may stand on a line of its own. */
static bool next_block(struct reader *r, const struct statement *s)
{
	const char *at = r->at;

	if (s->opens)
		return true;
	at += strspn(at, " \t\r\n");
	if (*at != '{')
		return false;
	r->at = at + 1;
	return true;
}

static void skip_block(struct reader *r)
{
	struct statement s;
	unsigned int depth = 1;

	while (depth > 0 && next_statement(r, &s)) {
		depth += s.opens;
		depth -= s.closes;
	}
}

static bool is(const struct statement *s, size_t word, const char *text)
{
	return word < s->count && strcasecmp(s->words[word], text) == 0;
}

/* ---- addresses ---- */

static int read_address(const char *address, const char *port, struct endpoint *e)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;
	unsigned long number = 0;
	char *end = NULL;

	if (port != NULL) {
		number = strtoul(port, &end, 10);
		if (!isdigit((unsigned char)*port) || *end != '\0' || number > UINT16_MAX)
			return -EINVAL;
	}
	if (inet_pton(AF_INET, address, &ipv4) == 1)
		*e = endpoint_from_ipv4(ipv4, (uint16_t)number);
	else if (inet_pton(AF_INET6, address, &ipv6) == 1)
		*e = endpoint_from_ipv6(&ipv6, (uint16_t)number);
	else
		return -EINVAL;
	return 0;
}

static int add_service(struct reader *r, const struct virtual_server *v, const struct endpoint *address)
{
	struct imported *s = import_service(r->out, address, v->tcp);

	if (s == NULL)
		return -ENOMEM;
	s->masquerading += v->nat + (v->masquerading ? v->undecided : 0);
	s->others += v->others + (v->masquerading ? 0 : v->undecided);
	s->ftp_server |= v->ftp_server;
	return 0;
}

/* An address, or a range of its last number: 192.0.2.20-29, 2001:db8::20-2f. */
static int add_range(struct reader *r, const struct virtual_server *v, const struct statement *s)
{
	bool ipv6 = strchr(s->words[0], ':') != NULL;
	char first[WORD_MAX], *hyphen;
	unsigned long count = 1;
	struct endpoint e;
	int error = 0;

	memcpy(first, s->words[0], sizeof(first));
	hyphen = strchr(first, '-');
	if (hyphen != NULL)
		*hyphen = '\0';
	if (read_address(first, s->count > 1 ? s->words[1] : NULL, &e) < 0) {
		r->out->strange++;
		return 0;
	}
	if (hyphen != NULL) {
		unsigned long last = strtoul(hyphen + 1, NULL, ipv6 ? 16 : 10);
		unsigned long from = e.addr.s6_addr[15] + (ipv6 ? 256UL * e.addr.s6_addr[14] : 0);

		count = last >= from && last - from < GROUP_ADDRESSES_MAX ? last - from + 1 : 0;
		r->out->strange += count == 0;
	}
	for (unsigned long i = 0; i < count && error == 0; i++) {
		error = add_service(r, v, &e);
		if (++e.addr.s6_addr[15] == 0)
			e.addr.s6_addr[14]++;
	}
	return error;
}

/* ---- blocks ---- */

static int add_group(struct reader *r, const struct virtual_server *v, const char *name)
{
	struct reader again = { r->text, r->text, r->out };
	struct statement s;
	int error = 0;

	while (next_statement(&again, &s)) {
		if (!is(&s, 0, "virtual_server_group") || s.count < 2 || strcmp(s.words[1], name) != 0 ||
		    !next_block(&again, &s))
			continue;
		while (error == 0 && next_statement(&again, &s) && !s.closes) {
			if (is(&s, 0, "fwmark"))
				r->out->marks++;
			else
				error = add_range(&again, v, &s);
		}
		return error;
	}
	r->out->strange++;
	return 0;
}

static bool read_method(const struct statement *s, bool *masquerading)
{
	if (!is(s, 0, "lvs_method") && !is(s, 0, "lb_kind"))
		return false;
	*masquerading = is(s, 1, "NAT");
	return true;
}

static void read_real_server(struct reader *r, struct virtual_server *v, const struct statement *head)
{
	struct statement s;
	bool said = false, masquerading = false, open = next_block(r, head);

	v->ftp_server |= is(head, 2, "21");
	while (open && next_statement(r, &s) && !s.closes) {
		said |= read_method(&s, &masquerading);
		if (s.opens)
			skip_block(r); /* a health check, with words that may look like ours */
	}
	if (!said)
		v->undecided++;
	else if (masquerading)
		v->nat++;
	else
		v->others++;
}

static void read_virtual_server(struct reader *r, struct virtual_server *v)
{
	struct statement s;

	while (next_statement(r, &s) && !s.closes) {
		if (is(&s, 0, "protocol"))
			v->tcp = is(&s, 1, "TCP");
		else if (is(&s, 0, "real_server"))
			read_real_server(r, v, &s);
		else if (!read_method(&s, &v->masquerading) && s.opens)
			skip_block(r);
	}
}

static int take_virtual_server(struct reader *r, const struct statement *head)
{
	struct virtual_server v = { .tcp = true, .masquerading = true };
	struct endpoint address;

	if (!next_block(r, head)) {
		r->out->strange++;
		return 0;
	}
	read_virtual_server(r, &v);
	if (is(head, 1, "fwmark")) {
		r->out->marks++;
		return 0;
	}
	if (is(head, 1, "group") && head->count > 2)
		return add_group(r, &v, head->words[2]);
	if (head->count < 2 ||
	    read_address(head->words[1], head->count > 2 ? head->words[2] : NULL, &address) < 0) {
		r->out->strange++;
		return 0;
	}
	return add_service(r, &v, &address);
}

int import_keepalived(const char *text, struct import *out)
{
	struct reader r = { text, text, out };
	struct statement s;
	int error = 0;

	while (error == 0 && next_statement(&r, &s)) {
		if (is(&s, 0, "virtual_server"))
			error = take_virtual_server(&r, &s);
		else if (s.count > 0 && strncmp(s.words[0], "include", 7) == 0)
			out->includes++;
		else if (s.opens)
			skip_block(&r);
	}
	return error;
}
