/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	IAC = 255,
	DONT = 254,
	DO = 253,
	WONT = 252,
	WILL = 251,
	SB = 250,
	SE = 240,
	TEXT_MAX = 2 * SERVER_LINE_MAX
};

/*
 * Names that lie on the disk, made by somebody long ago; "lN" is a link to the one of that number. The last
 * ones hold CR LF.
 */
static const char *const names[] = {
	"pub",
	"213 x",
	"211 x",
	"200 x",
	"250 x",
	"227 Entering Passive Mode (10,0,0,2,12,234)",
	"229 Entering Extended Passive Mode (|||3306|)",
	"228 (4,4,10,0,0,2,2,12,234)",
	"10,0,0,2,12,234",
	"(|||3306|)",
	"x\n227 Entering Passive Mode (10,0,0,2,12,234)\n",
	"x\n229 (|||3306|)",
	"a\"b",
	"230 x",
	"500 x",
	"x\n250 x\n227 (10,0,0,2,12,234)",
	"200 (10,0,0,2,12,234)",
	"250 (10,0,0,2,12,234)",
	"q\"\r\n227 Entering Passive Mode (10,0,0,2,12,234)\r\n",
	"m\r\n227 x\r\n227 (10,0,0,2,12,234)",
	"m\r\n250 x\r\n229 (|||3306|)\r\n250 (10,0,0,2,12,234)\r\n",
	"\"\r\n227 (10,0,0,2,12,234)\r\n\"",
};

enum { NAMES = sizeof(names) / sizeof(names[0]), NAMES_WITHOUT_CR = NAMES - 4 };

void server_begin(struct server *s, const struct server_kind *kind, struct random *random, bool v6)
{
	s->kind = kind;
	s->random = random;
	s->v6 = v6;
	s->closed = s->logged_in = s->last_cr = s->ended_by_cr = s->overlong = s->late_refusal = false;
	s->size = s->ports = s->out_size = 0;
	s->telnet = 0;
	s->folder = "";
	s->out_size = (size_t)snprintf(s->out, 100, "220 ready%s", kind->says_lf ? "\n" : "\r\n");
}

bool server_announced(const struct server *s, unsigned int port)
{
	return port >= SERVER_FIRST_PORT && port < SERVER_FIRST_PORT + s->ports;
}

static size_t name_count(const struct server *s)
{
	return s->kind->single_quotes ? NAMES_WITHOUT_CR : NAMES;
}

/* ---- saying ---- */

static void put(struct server *s, const char *text, size_t size)
{
	if (s->out_size + size > SERVER_OUT_MAX) {
		s->closed = true;
		return;
	}
	memcpy(s->out + s->out_size, text, size);
	s->out_size += size;
}

static void put_text(struct server *s, const char *text)
{
	put(s, text, strlen(text));
}

static void put_end(struct server *s)
{
	put_text(s, s->kind->says_lf ? "\n" : "\r\n");
}

static void put_code(struct server *s, unsigned int code, char mark)
{
	char text[8];

	snprintf(text, sizeof(text), "%03u%c", code, mark);
	put_text(s, text);
}

/* Text that may hold names, in one line or several. */
static void put_words(struct server *s, unsigned int code, const char *text, size_t size)
{
	const bool quoted = size > 0 && text[0] == '"';

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n' && !quoted)
			continue; /* only between quotes: see server.h */
		if (text[i] != '\n' || s->kind->name_lf == NAME_RAW ||
		    (s->kind->name_lf == NAME_CRLF && quoted && i > 0 && text[i - 1] == '\r')) {
			put(s, text + i, 1);
		} else if (s->kind->name_lf == NAME_PREFIXED) {
			put_end(s);
			put_code(s, code, '-');
		} else if (s->kind->name_lf == NAME_CRLF && quoted) {
			put_text(s, "\r\n");
		} else {
			put(s, "", 1);
		}
	}
}

static void refuse_late(struct server *s)
{
	if (s->late_refusal)
		put_text(s, s->kind->says_lf ? "500 again\n" : "500 again\r\n");
	s->late_refusal = false;
}

static void say(struct server *s, unsigned int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct server *s, unsigned int code, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;
	size_t size;

	va_start(arguments, format);
	size = (size_t)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	if (s->kind->reply_max > 0 && size > s->kind->reply_max)
		size = s->kind->reply_max;
	refuse_late(s);
	if (s->kind->name_lf == NAME_PREFIXED && memchr(text, '\n', size) != NULL)
		put_code(s, code, '-');
	else
		put_code(s, code, ' ');
	put_words(s, code, text, size);
	put_end(s);
	s->late_refusal = s->kind->twice_refused && code >= 500 && random_chance(s->random, 50);
}

/* A name between quotes, as RFC 959 has it, or as it is. */
static const char *quoted(const struct server *s, const char *name, char *out)
{
	size_t size = 0;

	out[size++] = '"';
	out[size++] = '/';
	for (; *name != '\0'; name++) {
		if (*name == '"' && !s->kind->single_quotes)
			out[size++] = '"';
		out[size++] = *name;
	}
	out[size++] = '"';
	out[size] = '\0';
	return out;
}

static const char *echo(const struct server *s, const char *argument)
{
	return s->kind->echoes ? argument : "it";
}

/* ---- listing ---- */

static void put_name(struct server *s, unsigned int code, const char *name)
{
	if (s->kind->listing == LIST_BLANK)
		put_text(s, " ");
	else if (s->kind->listing == LIST_CODE)
		put_code(s, code, '-');
	else if (s->kind->listing == LIST_LONG)
		put_text(s, "drwxr-xr-x 2 0 0 4096 Jan 1 00:00 ");
	put_text(s, name);
	put_end(s);
}

static void list(struct server *s, unsigned int code, bool frame)
{
	refuse_late(s);
	if (frame)
		put_code(s, code, '-');
	put_text(s, "Status");
	put_end(s);
	for (size_t i = 0, count = random_below(s->random, 6); i < count; i++)
		put_name(s, code, names[random_below(s->random, (uint32_t)name_count(s))]);
	say(s, code, "End");
}

/* Lines of the server's own between a first and a last one. */
static void say_lines(struct server *s, unsigned int code, const char *line)
{
	refuse_late(s);
	put_code(s, code, '-');
	put_text(s, "First");
	put_end(s);
	put_text(s, " ");
	put_text(s, line);
	put_end(s);
	say(s, s->kind->odd_multiline ? 220 : code, "Last");
}

/* ---- commands ---- */

static const char *find_name(const struct server *s, const char *argument)
{
	unsigned int number;

	if (strcmp(argument, "pub") == 0)
		return names[0];
	if (sscanf(argument, "l%u", &number) == 1 && number < name_count(s))
		return names[number];
	return NULL;
}

static void change(struct server *s, const char *argument)
{
	const char *found = find_name(s, argument);
	char path[TEXT_MAX];

	if (found == NULL) {
		say(s, 550, "%s: No such file or directory", echo(s, argument));
		return;
	}
	s->folder = found;
	if (s->kind->two_for_cwd)
		say(s, 200, "OK");
	if (s->kind->path_250 == PATH_QUOTED)
		say(s, 250, "%s is the current directory", quoted(s, found, path));
	else if (s->kind->path_250 == PATH_PLAIN)
		say(s, 250, "OK. Current directory is /%s", found);
	else
		say(s, 250, "CWD command successful");
}

static void make(struct server *s, const char *argument)
{
	char path[TEXT_MAX], name[TEXT_MAX / 4];

	snprintf(name, sizeof(name), "%s/%.1000s", s->folder, argument);
	say(s, 257, "%s directory created", quoted(s, name, path));
}

static void tell_facts(struct server *s, const char *argument)
{
	const char *found = *argument == '\0' || strcmp(argument, ".") == 0 ? s->folder
									    : find_name(s, argument);

	if (found == NULL) {
		say(s, 550, "%s: No such file or directory", echo(s, argument));
		return;
	}
	refuse_late(s);
	put_text(s, s->kind->says_lf ? "250-Start\n" : "250-Start\r\n");
	put_text(s, " type=dir; /");
	put_text(s, found);
	put_end(s);
	say(s, 250, "End");
}

static void announce(struct server *s, bool extended, bool longer)
{
	unsigned int port = SERVER_FIRST_PORT + (unsigned int)s->ports, code = extended ? 229
									       : longer ? 228
											: 227;
	char text[100];

	if (random_chance(s->random, s->kind->refusing)) {
		say(s, 502, "not now");
		return;
	}
	if (s->ports == SERVER_PORTS) {
		s->closed = true;
		return;
	}
	s->ports++;
	if (s->kind->passive != 0)
		code = s->kind->passive;
	if (extended)
		snprintf(text, sizeof(text), "Extended Passive Mode (|||%u|)", port);
	else if (longer)
		snprintf(text, sizeof(text), "Long Passive Mode (4,4,10,0,0,2,2,%u,%u)", port >> 8,
			 port & 255);
	else
		snprintf(text, sizeof(text), "Passive Mode (%s,%u,%u)", s->v6 ? "0,0,0,0" : "10,0,0,2",
			 port >> 8, port & 255);
	if (s->kind->passive_multiline) {
		refuse_late(s);
		put_code(s, code, '-');
		put_text(s, text);
		put_end(s);
		say(s, code, "Entering");
	} else {
		say(s, code, "%s", text);
	}
}

static void answer_unknown(struct server *s, const char *verb, const char *argument)
{
	if (s->kind->lists_by_other_verbs && s->kind->listing != LIST_NONE &&
	    isalpha((unsigned char)*verb))
		list(s, 200, random_chance(s->random, 50));
	else if (!s->kind->silent || isalpha((unsigned char)*verb))
		say(s, 500, "'%s %s': command not understood", s->kind->echoes ? verb : "",
		    echo(s, argument));
}

static void answer_file(struct server *s, const char *verb, const char *argument)
{
	char path[TEXT_MAX];

	if (strcmp(verb, "CWD") == 0 || strcmp(verb, "XCWD") == 0) {
		change(s, argument);
	} else if (strcmp(verb, "CDUP") == 0) {
		s->folder = names[random_below(s->random, (uint32_t)name_count(s))];
		say(s, s->kind->passive == 200 ? 200 : 250, "CDUP command successful");
	} else if (strcmp(verb, "PWD") == 0) {
		say(s, 257, "%s is the current directory", quoted(s, s->folder, path));
	} else if (strcmp(verb, "MKD") == 0) {
		make(s, argument);
	} else if (strcmp(verb, "MLST") == 0) {
		tell_facts(s, argument);
	} else if (strcmp(verb, "DELE") == 0 || strcmp(verb, "SIZE") == 0 ||
		   strcmp(verb, "RNFR") == 0) {
		say(s, 550, "%s: No such file or directory", echo(s, argument));
	} else if (strcmp(verb, "LIST") == 0 || strcmp(verb, "RETR") == 0) {
		say(s, 425, "No data connection for %s", echo(s, argument));
	} else {
		answer_unknown(s, verb, argument);
	}
}

static void answer_state(struct server *s, const char *verb, const char *argument)
{
	if (strcmp(verb, "STAT") == 0 && *argument == '\0')
		say_lines(s, 211, "Connected");
	else if (strcmp(verb, "STAT") == 0 && s->kind->listing != LIST_NONE)
		list(s, 213, true);
	else if (strcmp(verb, "HELP") == 0 && (*argument == '\0' || strcasecmp(argument, "SITE") == 0))
		say_lines(s, 214, "CWD");
	else if (strcmp(verb, "SITE") == 0 && strcasecmp(argument, "HELP") == 0)
		say_lines(s, 214, "CHMOD");
	else if (strcmp(verb, "FEAT") == 0)
		say_lines(s, 211, "EPSV");
	else if (strcmp(verb, "TYPE") == 0)
		say(s, 200, "Type set to %s", echo(s, argument));
	else if (strcmp(verb, "NOOP") == 0 || strcmp(verb, "PORT") == 0 || strcmp(verb, "EPRT") == 0)
		say(s, 200, "%s command successful", verb);
	else if (strcmp(verb, "REIN") == 0)
		say(s, 220, "Ready for a new user");
	else if (strcmp(verb, "SYST") == 0)
		say(s, 215, "UNIX Type: L8");
	else if (strcmp(verb, "ABOR") == 0)
		say(s, 226, "Aborted");
	else if (strcmp(verb, "AUTH") == 0)
		say(s, 504, "%s unknown", echo(s, argument));
	else
		answer_file(s, verb, argument);
}

static void answer(struct server *s, const char *verb, const char *argument)
{
	const bool passive = strcmp(verb, "PASV") == 0 || strcmp(verb, "EPSV") == 0 ||
			     strcmp(verb, "LPSV") == 0 || strcmp(verb, "CPSV") == 0 ||
			     strcmp(verb, "P@SW") == 0;

	if (strcmp(verb, "QUIT") == 0) {
		say(s, 221, "Goodbye");
		s->closed = true;
	} else if (strcmp(verb, "USER") == 0) {
		say(s, 331, "Password required for %s", echo(s, argument));
	} else if (strcmp(verb, "PASS") == 0) {
		s->logged_in = true;
		say_lines(s, 230, "Welcome");
	} else if (!s->logged_in && !s->kind->early) {
		say(s, 530, "Please login with USER and PASS");
	} else if (passive && verb[0] == 'E' && strcasecmp(argument, "ALL") == 0) {
		say(s, 200, "EPSV ALL ok");
	} else if (passive) {
		announce(s, verb[0] == 'E', verb[0] == 'L');
	} else {
		answer_state(s, verb, argument);
	}
}

/* ---- reading ---- */

/* One line, its end taken off. Returns its size. */
static size_t clean(const struct server *s, char *line, size_t size)
{
	while (size > 0 && line[size - 1] == '\r')
		size--;
	for (size_t i = 0; i < size; i++) {
		const enum inner inner = line[i] == '\r' ? s->kind->inner_cr : s->kind->inner_nul;

		if (line[i] != '\r' && line[i] != '\0')
			continue;
		if (inner == INNER_CUTS)
			return i;
		if (inner != INNER_KEPT)
			line[i] = inner == INNER_LF ? '\n' : '_';
		else if (line[i] == '\0')
			line[i] = ' ';
	}
	return size;
}

static void read_line(struct server *s, size_t size)
{
	char verb[SERVER_LINE_MAX + 1], *line = s->line;
	size_t letters = 0;

	size = clean(s, line, size);
	line[size] = '\0';
	while (s->kind->skips_blanks && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	while (letters < size && line[letters] != ' ' && !(s->kind->tabs && line[letters] == '\t')) {
		verb[letters] = (char)toupper((unsigned char)line[letters]);
		letters++;
	}
	verb[letters] = '\0';
	line += letters < size ? letters + 1 : letters;
	if (letters == 0 && s->kind->silent)
		return;
	if (s->kind->suffix && letters > 4 && strcmp(verb + letters - 4, "STAT") == 0)
		answer(s, "STAT", line);
	else
		answer(s, verb, line);
}

static void end_line(struct server *s, size_t size)
{
	s->size = 0;
	s->last_cr = false;
	if (s->overlong && s->kind->over == OVER_REFUSED)
		say(s, 500, "Command too long");
	else
		read_line(s, size);
	s->overlong = false;
}

static void keep_byte(struct server *s, unsigned char byte)
{
	s->last_cr = byte == '\r';
	if (s->size < s->kind->line_max) {
		s->line[s->size++] = (char)byte;
		return;
	}
	if (s->kind->over == OVER_ENDS) {
		s->closed = true;
	} else if (s->kind->over == OVER_SPLITS) {
		end_line(s, s->size);
		s->line[s->size++] = (char)byte;
	} else if (s->kind->over == OVER_LOST) {
		say(s, 500, "Command too long");
		s->size = 0;
		s->line[s->size++] = (char)byte;
	} else {
		s->overlong = true;
	}
}

/* Whether the byte is part of a Telnet command. */
static bool take_telnet(struct server *s, unsigned char byte)
{
	const enum telnet telnet = s->kind->telnet;

	if (telnet == TELNET_TEXT)
		return false;
	if (s->telnet == 0) {
		s->telnet = byte == IAC;
		return byte == IAC;
	}
	if (s->telnet == 1) {
		s->telnet_code = byte;
		s->telnet = byte >= WILL && byte <= DONT          ? 2
			    : telnet == TELNET_FULL && byte == SB ? 3
								  : 0;
		if (telnet == TELNET_CLEARS && byte < SB)
			s->size = 0;
		return byte != IAC;
	}
	if (s->telnet >= 3) {
		s->telnet = s->telnet == 4 && byte == SE ? 0 : byte == IAC ? 4 : 3;
		return true;
	}
	s->telnet = 0;
	if (telnet >= TELNET_ANSWERED && telnet <= TELNET_FULL)
		put(s,
		    (const char[]){ (char)IAC, (char)(s->telnet_code < DO ? DONT : WONT), (char)byte },
		    3);
	return true;
}

void server_read(struct server *s, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size && !s->closed; i++) {
		const unsigned char byte = bytes[i];
		const bool crlf = byte == '\n' && s->last_cr && !(s->kind->split_cr && i == 0);

		if (take_telnet(s, byte))
			continue;
		if (byte == '\n' && s->ended_by_cr) {
			s->ended_by_cr = false;
			continue;
		}
		s->ended_by_cr = byte == '\r' && s->kind->cr;
		if (crlf || (byte == '\n' && s->kind->lf) || (byte == '\r' && s->kind->cr) ||
		    (byte == '\0' && s->kind->nul))
			end_line(s, s->size);
		else
			keep_byte(s, byte);
	}
}
