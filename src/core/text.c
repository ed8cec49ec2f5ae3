/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

#include "core/message.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	TELNET_IAC = 255,
	SITE_WORD_MAX = 16, /* of a subcommand of SITE: what is looked at */
};

static const char hidden_mark[] = " ****";
static const char cut_mark[] = "...";

/* ---- secrets ---- */

/*
 * RFC 959; RFC 2228, of which MIC carries whole commands in base64; and WS_FTP's own login.
 */
static const char *const secret_verbs[] = { "PASS", "ACCT", "ADAT", "MIC", "CONF", "ENC", "XAUT" };

/* One way to read a line: by a server that knows Telnet commands, or by one that does not. */
struct reading {
	const char *line;
	size_t size;
	bool telnet;
};

/* Where a verb may begin, and what makes it one that has a secret behind it. */
struct places {
	bool at_start;    /* of the line, too */
	bool at_words;    /* at the start of each word, too */
	bool needs_blank; /* or another end behind the verb */
};

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Behind what a server may take for a line end, or leave out. */
static size_t skip_unseen(const struct reading *r, size_t at)
{
	while (at < r->size && !is_printable(r->line[at])) {
		size_t telnet = r->telnet ? message_telnet_prefix(r->line + at, r->size - at) : 0;

		at += telnet > 0 ? telnet : 1;
	}
	return at;
}

/* The end of the letters in the line, or 0. */
static size_t match_letters(const struct reading *r, size_t at, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		at = skip_unseen(r, at);
		if (at >= r->size || toupper((unsigned char)r->line[at]) != *letters)
			return 0;
		at++;
	}
	return at;
}

/* SITE PSWD, SITE CPWD, SITE GPASS and their kin change or check a password. The end of the word, or 0. */
static size_t match_site(const struct reading *r, size_t at)
{
	char word[SITE_WORD_MAX + 1] = "";
	size_t size = 0;

	at = match_letters(r, at, "SITE");
	if (at == 0)
		return 0;
	while ((at = skip_unseen(r, at)) < r->size && r->line[at] == ' ')
		at++;
	for (; at < r->size && r->line[at] != ' '; at = skip_unseen(r, at + 1))
		if (size < SITE_WORD_MAX)
			word[size++] = (char)toupper((unsigned char)r->line[at]);
	if (strstr(word, "PAS") != NULL || strstr(word, "PSW") != NULL || strstr(word, "PWD") != NULL)
		return at;
	return 0;
}

static bool ends_word(const struct reading *r, size_t at)
{
	return at < r->size && (r->line[at] == ' ' || !is_printable(r->line[at]));
}

/* The end of a verb with a secret argument that begins here, or 0. */
static size_t match_secret(const struct reading *r, size_t at, const struct places *places)
{
	for (size_t i = 0; i < sizeof(secret_verbs) / sizeof(secret_verbs[0]); i++) {
		size_t end = match_letters(r, at, secret_verbs[i]);

		if (end > 0 && (!places->needs_blank || ends_word(r, end)))
			return end;
	}
	return match_site(r, at);
}

/* How much of the line may be shown: all of it, or up to the end of the first such verb. */
static size_t showable(const struct reading *r, const struct places *places)
{
	bool start = places->at_start;
	size_t at = 0;

	while (at < r->size) {
		size_t next = skip_unseen(r, at), end;

		if (next > at) {
			start = true;
			at = next;
			continue;
		}
		end = start ? match_secret(r, at, places) : 0;
		if (end > 0)
			return end;
		start = isalpha((unsigned char)r->line[at]) == 0 && (start || places->at_words);
		at++;
	}
	return r->size;
}

/* Of both ways to read it the one that shows less. Returns whether something is hidden. */
static bool hide_secret(const char *line, size_t *size, const struct places *places)
{
	const struct reading plain = { line, *size, false }, telnet = { line, *size, true };
	const size_t whole = *size;
	const size_t first = showable(&plain, places);
	const size_t second = memchr(line, TELNET_IAC, whole) != NULL ? showable(&telnet, places) : whole;

	*size = first < second ? first : second;
	return *size < whole;
}

/* RFC 959, 2228, 2389, 2428, 2640, 3659, 4217, 7151, and the X-commands of RFC 775. */
static const char *const verbs[] = {
	"ABOR", "ACCT", "ADAT", "ALLO", "APPE", "AUTH", "CCC",  "CDUP", "CONF", "CWD",  "DELE", "ENC",
	"EPRT", "EPSV", "FEAT", "HELP", "HOST", "LANG", "LIST", "MDTM", "MIC",  "MKD",  "MLSD", "MLST",
	"MODE", "NLST", "NOOP", "OPTS", "PASS", "PASV", "PBSZ", "PORT", "PROT", "PWD",  "QUIT", "REIN",
	"REST", "RETR", "RMD",  "RNFR", "RNTO", "SITE", "SIZE", "SMNT", "STAT", "STOR", "STOU", "STRU",
	"SYST", "TYPE", "USER", "XCUP", "XCWD", "XMKD", "XPWD", "XRMD",
};

static bool begins_with_command(const char *line, size_t size)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t letters = strlen(verbs[i]);

		if (size >= letters && strncasecmp(line, verbs[i], letters) == 0 &&
		    (size == letters || line[letters] == ' '))
			return true;
	}
	return false;
}

bool text_continues_secret(bool *open, const char *line, size_t size, bool crlf)
{
	static const struct places client = { .at_start = true };
	bool rest = *open && !begins_with_command(line, size);

	*open = (rest || hide_secret(line, &size, &client)) && !crlf;
	return rest;
}

/* ---- escapes ---- */

struct output {
	char *text;
	size_t room; /* without what the marks need */
	size_t used;
	size_t safe; /* where the text can end in "..." */
	bool cut;
};

static void put_byte(struct output *o, char byte, bool plain)
{
	static const char digits[] = "0123456789abcdef";
	const size_t size = plain ? 1 : 4;

	if (o->cut)
		return;
	if (o->used + sizeof(cut_mark) - 1 < o->room)
		o->safe = o->used;
	if (o->used + size >= o->room) {
		o->cut = true;
		return;
	}
	if (plain) {
		o->text[o->used++] = byte;
		return;
	}
	o->text[o->used++] = '\\';
	o->text[o->used++] = 'x';
	o->text[o->used++] = digits[(unsigned char)byte >> 4];
	o->text[o->used++] = digits[(unsigned char)byte & 15];
}

static const char *write_text(const char *bytes, size_t size, bool backslash, bool hidden, char *out,
			      size_t room)
{
	struct output o = { .text = out, .room = room - (hidden ? sizeof(hidden_mark) - 1 : 0) };

	for (size_t i = 0; i < size && !o.cut; i++)
		put_byte(&o, bytes[i], is_printable(bytes[i]) && !(backslash && bytes[i] == '\\'));
	if (o.cut) {
		memcpy(out + o.safe, cut_mark, sizeof(cut_mark) - 1);
		o.used = o.safe + sizeof(cut_mark) - 1;
	}
	if (hidden) {
		memcpy(out + o.used, hidden_mark, sizeof(hidden_mark) - 1);
		o.used += sizeof(hidden_mark) - 1;
	}
	out[o.used] = '\0';
	return out;
}

const char *text_escape(const char *text, char *out, size_t room)
{
	static const struct places embedded = { .needs_blank = true };
	size_t size = strlen(text);
	bool hidden = hide_secret(text, &size, &embedded);

	return write_text(text, size, false, hidden, out, room);
}

/* Replies that may repeat what they refuse. */
static bool is_refusal(const char *line, size_t size)
{
	return size > 0 && (line[0] == '4' || line[0] == '5');
}

const char *text_show_line(enum direction from, const char *line, size_t size, char *out, size_t room)
{
	struct places places = { .at_start = true };
	bool hidden;

	if (from == FROM_SERVER)
		places = (struct places){ .at_words = is_refusal(line, size), .needs_blank = true };
	hidden = hide_secret(line, &size, &places);
	return write_text(line, size, true, hidden, out, room);
}
