/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/verb.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Sorted by name, so that a verb is found by halving. */
static const struct {
	char name[VERB_SIZE_MAX + 1];
	enum verb verb;
} verbs[] = {
	{ "ABOR", VERB_PLAIN },	  { "ACCT", VERB_SECRET },   { "ADAT", VERB_PLAIN },
	{ "ALLO", VERB_PLAIN },	  { "APPE", VERB_PLAIN },   { "AUTH", VERB_AUTH },
	{ "AVBL", VERB_PLAIN },	  { "CCC", VERB_PLAIN },    { "CDUP", VERB_MOVE },
	{ "CEPR", VERB_PLAIN },	  { "CLNT", VERB_PLAIN },   { "COMB", VERB_PLAIN },
	{ "CONF", VERB_PLAIN },	  { "CPSV", VERB_PASSIVE }, { "CSID", VERB_PLAIN },
	{ "CWD", VERB_MOVE },	  { "DELE", VERB_PLAIN },   { "DSIZ", VERB_PLAIN },
	{ "ENC", VERB_PLAIN },	  { "EPRT", VERB_EPRT },    { "EPSV", VERB_PASSIVE },
	{ "ERET", VERB_PLAIN },	  { "ESTO", VERB_PLAIN },   { "FEAT", VERB_PLAIN },
	{ "HASH", VERB_PLAIN },	  { "HELP", VERB_HELP },    { "HOST", VERB_PLAIN },
	{ "LANG", VERB_PLAIN },	  { "LIST", VERB_PLAIN },   { "LPRT", VERB_LPRT },
	{ "LPSV", VERB_PASSIVE }, { "MACB", VERB_PLAIN },   { "MD5", VERB_PLAIN },
	{ "MDTM", VERB_PLAIN },	  { "MFCT", VERB_PLAIN },   { "MFF", VERB_PLAIN },
	{ "MFMT", VERB_PLAIN },	  { "MIC", VERB_PLAIN },    { "MKD", VERB_PATH },
	{ "MLSD", VERB_PLAIN },	  { "MLST", VERB_MLST },   { "MMD5", VERB_PLAIN },
	{ "MODE", VERB_PLAIN },	  { "NLST", VERB_PLAIN },   { "NOOP", VERB_PLAIN },
	{ "OPTS", VERB_PLAIN },	  { "P@SW", VERB_PASSIVE }, { "PASS", VERB_SECRET },
	{ "PASV", VERB_PASSIVE }, { "PBSZ", VERB_PLAIN },   { "PORT", VERB_PORT },
	{ "PRET", VERB_PLAIN },	  { "PROT", VERB_PLAIN },   { "PROXY", VERB_PLAIN },
	{ "PWD", VERB_PATH },	  { "QUIT", VERB_PLAIN },   { "RANG", VERB_PLAIN },
	{ "REIN", VERB_PLAIN },	  { "REST", VERB_PLAIN },   { "RETR", VERB_PLAIN },
	{ "RMD", VERB_PLAIN },	  { "RNFR", VERB_PLAIN },   { "RNTO", VERB_PLAIN },
	{ "SITE", VERB_SITE },	  { "SIZE", VERB_PLAIN },   { "SMNT", VERB_MOVE },
	{ "SSCN", VERB_PLAIN },	  { "STAT", VERB_STAT },    { "STOR", VERB_PLAIN },
	{ "STOU", VERB_PLAIN },	  { "STRU", VERB_PLAIN },   { "SYST", VERB_PLAIN },
	{ "THMB", VERB_PLAIN },	  { "TYPE", VERB_PLAIN },   { "USER", VERB_PLAIN },
	{ "XCRC", VERB_PLAIN },	  { "XCUP", VERB_MOVE },   { "XCWD", VERB_MOVE },
	{ "XMD5", VERB_PLAIN },	  { "XMKD", VERB_PATH },   { "XPWD", VERB_PATH },
	{ "XRMD", VERB_PLAIN },	  { "XSHA", VERB_PLAIN },   { "XSHA1", VERB_PLAIN },
	{ "XSHA256", VERB_PLAIN }, { "XSHA512", VERB_PLAIN },
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The verb in upper case with zeros behind it; returns its size, or 0 when none is so long. */
static size_t take_verb(const char *line, size_t size, char verb[VERB_SIZE_MAX])
{
	size_t letters = 0;

	memset(verb, 0, VERB_SIZE_MAX);
	while (letters < size && !is_blank(line[letters])) {
		char c = line[letters];

		if (letters == VERB_SIZE_MAX)
			return 0;
		verb[letters++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return letters;
}

/* A name as a number of the same order. */
static uint64_t number_of(const char name[VERB_SIZE_MAX])
{
	uint64_t number;

	memcpy(&number, name, sizeof(number));
	return be64toh(number);
}

static enum verb find(const char verb[VERB_SIZE_MAX])
{
	const uint64_t wanted = number_of(verb);
	size_t low = 0, high = sizeof(verbs) / sizeof(verbs[0]);

	while (low < high) {
		const size_t middle = (low + high) / 2;
		const uint64_t found = number_of(verbs[middle].name);

		if (found == wanted)
			return verbs[middle].verb;
		if (wanted < found)
			high = middle;
		else
			low = middle + 1;
	}
	return VERB_UNKNOWN;
}

static bool is_all(const char *text, struct span argument)
{
	return argument.size == 3 && strncasecmp(text + argument.start, "ALL", 3) == 0;
}

enum verb verb_find(const char *line, size_t size, struct span *argument)
{
	char name[VERB_SIZE_MAX];
	size_t start = take_verb(line, size, name), end = size;
	enum verb verb = find(name);

	while (start < size && is_blank(line[start]))
		start++;
	while (end > start && is_blank(line[end - 1]))
		end--;
	*argument = (struct span){ start, end - start };
	if (verb == VERB_PASSIVE && name[0] == 'E' && is_all(line, *argument))
		return VERB_PLAIN;
	return verb;
}
