/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/file.h"

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define NAME_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"
#define NAME_REST NAME_START DIGITS "-_"

struct bracket {
	char open;
	struct config_place place;
};

/* What all files share. */
struct scan {
	struct config_text *out;
	struct config_errors *errors;
	FILE *stream; /* writes out->text */
	struct bracket brackets[CONFIG_BRACKETS_MAX];
	size_t depth;
	size_t budget;   /* bytes that may still be read */
	char previous;   /* last character that was neither blank nor comment */
	bool no_memory;
	bool too_deep;   /* said once */
};

/* One file while it is walked. */
struct cursor {
	const char *next;
	const char *end;
	uint32_t source;
	uint32_t line;
	unsigned int include_depth;
};

static int scan_file(struct scan *scan, const char *path, const struct cursor *from);

static struct config_place place_of(const struct scan *scan, const struct cursor *c)
{
	return (struct config_place){ scan->out->sources[c->source].name, c->line };
}

#define FAULT(scan, c, ...) config_errors_add((scan)->errors, place_of(scan, c), __VA_ARGS__)

static void begin_line(struct scan *scan, uint32_t source, uint32_t line)
{
	struct config_text *out = scan->out;

	/* room doubles whenever the count is a power of two */
	if ((out->line_count & (out->line_count - 1)) == 0) {
		size_t room = out->line_count > 0 ? out->line_count * 2 : 1;
		struct config_line *lines = reallocarray(out->lines, room, sizeof(*lines));

		if (lines == NULL) {
			scan->no_memory = true;
			return;
		}
		out->lines = lines;
	}
	out->lines[out->line_count++] = (struct config_line){ source, line };
}

static void put(struct scan *scan, const char *text, size_t length)
{
	fwrite(text, 1, length, scan->stream);
}

static void take(struct scan *scan, struct cursor *c, size_t length)
{
	put(scan, c->next, length);
	scan->previous = c->next[length - 1];
	c->next += length;
}

static void take_newline(struct scan *scan, struct cursor *c)
{
	put(scan, "\n", 1);
	c->next++;
	begin_line(scan, c->source, ++c->line);
}

static void skip_line_comment(struct cursor *c)
{
	const char *newline = memchr(c->next, '\n', (size_t)(c->end - c->next));

	c->next = newline != NULL ? newline : c->end;
}

static void skip_block_comment(struct scan *scan, struct cursor *c)
{
	const struct cursor start = *c;

	put(scan, " ", 1);
	for (c->next += 2; c->next < c->end; ) {
		if (c->next[0] == '*' && c->next[1] == '/') {
			c->next += 2;
			return;
		}
		if (*c->next == '\n')
			take_newline(scan, c);
		else
			c->next++;
	}
	FAULT(scan, &start, "this comment is never closed, */ is missing");
}

static void take_string(struct scan *scan, struct cursor *c)
{
	const char *p = c->next + 1;

	while (p < c->end && *p != '"' && *p != '\n') {
		if (p[0] == '\\' && (p[1] == 'x' || p[1] == 'X') && p[2] == '0' && p[3] == '0')
			FAULT(scan, c, "\\x00 is not allowed in a text");
		p += p[0] == '\\' && p + 1 < c->end && p[1] != '\n' ? 2 : 1;
	}
	if (p >= c->end || *p == '\n') {
		FAULT(scan, c, "this text has no closing \" on its line");
		scan->previous = '"';
		c->next = p;
		return;
	}
	take(scan, c, (size_t)(p + 1 - c->next));
}

/* Copies a number; an integer gets the suffix that makes libconfig keep 64 bits of it. */
static void take_number(struct scan *scan, struct cursor *c)
{
	bool hex = c->next[0] == '0' && (c->next[1] == 'x' || c->next[1] == 'X');
	const char *digits = c->next + (hex ? 2 : strspn(c->next, "+-") > 0);
	size_t count = strspn(digits, hex ? HEX_DIGITS : DIGITS);
	const char *end = digits + count;
	char *value_end;

	if (count == 0 || (!hex && (*end == '.' || *end == 'e' || *end == 'E'))) {
		take(scan, c, 1 + strspn(c->next + 1, DIGITS ".eE+-"));
		return;
	}
	errno = 0;
	if (strtoll(c->next, &value_end, hex ? 16 : 10), errno == ERANGE)
		FAULT(scan, c, "the number %.*s is too large",
		      (int)(end - c->next < 40 ? end - c->next : 40), c->next);
	take(scan, c, (size_t)(end - c->next));
	put(scan, "L", 1);
	c->next += strspn(c->next, "L") <= 2 ? strspn(c->next, "L") : 0;
}

/* Only true and false may stand as a value without quotes. */
static void take_name(struct scan *scan, struct cursor *c)
{
	size_t length = strspn(c->next, NAME_REST);
	bool value = scan->previous != '\0' && strchr("=:", scan->previous) != NULL;
	bool boolean = (length == 4 && strncasecmp(c->next, "true", 4) == 0) ||
		       (length == 5 && strncasecmp(c->next, "false", 5) == 0);

	if (value && !boolean)
		FAULT(scan, c, "%.*s is no value, allowed are true, false, numbers and \"texts\"",
		      (int)(length < 40 ? length : 40), c->next);
	take(scan, c, length);
}

static void open_bracket(struct scan *scan, struct cursor *c)
{
	if (scan->depth < CONFIG_BRACKETS_MAX) {
		scan->brackets[scan->depth].open = *c->next;
		scan->brackets[scan->depth].place = place_of(scan, c);
	} else if (!scan->too_deep) {
		scan->too_deep = true;
		FAULT(scan, c, "brackets are nested more than %d deep", CONFIG_BRACKETS_MAX);
	}
	scan->depth++;
	take(scan, c, 1);
}

static void close_bracket(struct scan *scan, struct cursor *c)
{
	char close = *c->next;
	char open = close == ')' ? '(' : close == ']' ? '[' : '{';
	const struct bracket *top;

	if (scan->previous == ',' && close != '}')
		FAULT(scan, c, "a comma before %c is not allowed", close);
	if (scan->depth == 0) {
		FAULT(scan, c, "%c closes nothing", close);
	} else if (scan->depth-- <= CONFIG_BRACKETS_MAX) {
		top = &scan->brackets[scan->depth];
		if (top->open != open)
			FAULT(scan, c, "%c does not close the %c of %s:%u", close, top->open,
			      top->place.file, top->place.line);
	}
	take(scan, c, 1);
}

/* path, if relative, as seen from the directory of the file that names it. */
static char *include_path(const char *from, const char *path, size_t length)
{
	const char *slash = strrchr(from, '/');
	size_t directory = *path == '/' || slash == NULL ? 0 : (size_t)(slash + 1 - from);
	char *out = malloc(directory + length + 1);

	if (out == NULL)
		return NULL;
	memcpy(out, from, directory);
	memcpy(out + directory, path, length);
	out[directory + length] = '\0';
	return out;
}

static bool first_on_line(const struct cursor *c, const char *start)
{
	const char *p = c->next;

	while (p > start && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == start || p[-1] == '\n';
}

static void take_include(struct scan *scan, struct cursor *c)
{
	static const char word[] = "@include";
	const struct config_source *source = &scan->out->sources[c->source];
	const char *open = c->next + strlen(word);
	const char *close;
	char *path;

	open += strspn(open, " \t");
	if (strncmp(c->next, word, strlen(word)) != 0 || *open != '"' ||
	    !first_on_line(c, source->text) ||
	    (close = open + 1 + strcspn(open + 1, "\"\n"), *close != '"')) {
		FAULT(scan, c, "@ begins a line @include \"FILE\" and nothing else");
		skip_line_comment(c);
		return;
	}
	path = include_path(source->name, open + 1, (size_t)(close - open - 1));
	if (path == NULL) {
		scan->no_memory = true;
	} else {
		put(scan, "\n", 1);
		(void)scan_file(scan, path, c); /* what is wrong is in errors */
		put(scan, "\n", 1);
		begin_line(scan, c->source, c->line);
	}
	free(path);
	c->next = close + 1;
}

static void take_byte(struct scan *scan, struct cursor *c)
{
	unsigned char byte = (unsigned char)*c->next;

	if (strchr(" \t\r\f", byte) != NULL && byte != '\0') {
		put(scan, " ", 1);
		c->next++;
		return;
	}
	if (byte > ' ' && byte <= '~') {
		take(scan, c, 1);
		return;
	}
	if (byte == 0xef && strncmp(c->next, "\xef\xbb\xbf", 3) == 0)
		FAULT(scan, c, "a byte order mark is not allowed, save the file without it");
	else
		FAULT(scan, c, "the byte 0x%02x is not allowed here", byte);
	skip_line_comment(c); /* one message a line is enough */
}

static void scan_token(struct scan *scan, struct cursor *c)
{
	char byte = *c->next;

	if (byte == '\n')
		take_newline(scan, c);
	else if (byte == '#' || (byte == '/' && c->next[1] == '/'))
		skip_line_comment(c);
	else if (byte == '/' && c->next[1] == '*')
		skip_block_comment(scan, c);
	else if (byte == '"')
		take_string(scan, c);
	else if (byte == '@')
		take_include(scan, c);
	else if (byte != '\0' && strchr(NAME_START, byte) != NULL)
		take_name(scan, c);
	else if (byte != '\0' && strchr(DIGITS "+-.", byte) != NULL)
		take_number(scan, c);
	else if (byte != '\0' && strchr("([{", byte) != NULL)
		open_bracket(scan, c);
	else if (byte != '\0' && strchr(")]}", byte) != NULL)
		close_bracket(scan, c);
	else
		take_byte(scan, c);
}

/* A NUL ends what the C library sees of a text; it is no part of a configuration anyway. */
static bool refuse_nul(struct scan *scan, struct cursor *c)
{
	const char *nul = memchr(c->next, '\0', (size_t)(c->end - c->next));

	if (nul == NULL)
		return false;
	for (const char *p = c->next; p < nul; p++)
		c->line += *p == '\n';
	FAULT(scan, c, "a NUL byte: this is no text file");
	return true;
}

/* Reads path into the next free source; says at from, the line of the @include, if it cannot. */
static int add_source(struct scan *scan, const char *path, const struct cursor *from,
		      size_t *length)
{
	struct config_text *out = scan->out;
	struct config_source *source = &out->sources[out->source_count];
	const struct config_place whole = { path, 0 };
	const char *why;
	int err;

	if (out->source_count == CONFIG_FILES_MAX) {
		FAULT(scan, from, "more than %d files are included", CONFIG_FILES_MAX - 1);
		return -EINVAL;
	}
	if (from != NULL && from->include_depth == CONFIG_INCLUDE_DEPTH_MAX) {
		FAULT(scan, from,
		      "files include each other more than %d deep: does one include itself?",
		      CONFIG_INCLUDE_DEPTH_MAX);
		return -EINVAL;
	}
	err = config_file_read(path, scan->budget, &source->text, length, &why);
	if (err < 0 && from != NULL)
		FAULT(scan, from, "cannot include %s: %s", path, why);
	else if (err < 0)
		config_errors_add(scan->errors, whole, "%s", why);
	if (err < 0)
		return err;
	scan->budget -= *length;
	out->source_count++;
	source->name = strdup(path);
	return source->name != NULL ? 0 : -ENOMEM;
}

static int scan_file(struct scan *scan, const char *path, const struct cursor *from)
{
	struct cursor c = { .line = 1, .source = (uint32_t)scan->out->source_count };
	size_t length = 0;
	int err = add_source(scan, path, from, &length);

	scan->no_memory |= err == -ENOMEM;
	if (err < 0)
		return err;
	c.next = scan->out->sources[c.source].text;
	c.end = c.next + length;
	c.include_depth = from != NULL ? from->include_depth + 1 : 0;
	begin_line(scan, c.source, c.line);
	if (refuse_nul(scan, &c))
		return -EINVAL;
	while (c.next < c.end && !scan->no_memory)
		scan_token(scan, &c);
	return 0;
}

static void say_unclosed(struct scan *scan)
{
	const struct bracket *top;

	if (scan->depth == 0 || scan->depth > CONFIG_BRACKETS_MAX || scan->errors->count > 0)
		return;
	top = &scan->brackets[scan->depth - 1];
	config_errors_add(scan->errors, top->place, "this %c is never closed", top->open);
}

int config_text_read(const char *path, struct config_text *text, struct config_errors *errors)
{
	struct scan scan = { .out = text, .errors = errors, .budget = CONFIG_FILE_MAX };
	int err;

	memset(text, 0, sizeof(*text));
	scan.stream = open_memstream(&text->text, &text->length);
	if (scan.stream == NULL)
		return -ENOMEM;
	err = scan_file(&scan, path, NULL);
	if (ferror(scan.stream) != 0)
		scan.no_memory = true;
	if (fclose(scan.stream) != 0 || scan.no_memory)
		return -ENOMEM;
	if (err == 0)
		say_unclosed(&scan);
	if (err == 0 && errors->count > 0)
		err = -EINVAL;
	return err;
}

void config_text_free(struct config_text *text)
{
	for (size_t i = 0; i < text->source_count; i++) {
		free(text->sources[i].name);
		free(text->sources[i].text);
	}
	free(text->lines);
	free(text->text);
	memset(text, 0, sizeof(*text));
}

static const struct config_line *line_of(const struct config_text *text, unsigned int line)
{
	size_t index = line > 0 ? line - 1 : 0;

	return &text->lines[index < text->line_count ? index : text->line_count - 1];
}

struct config_place config_text_place(const struct config_text *text, unsigned int line)
{
	const struct config_line *at = line_of(text, line);

	return (struct config_place){ text->sources[at->source].name, at->line };
}

const char *config_text_quote(const struct config_text *text, unsigned int line, char *out,
			      size_t size)
{
	const struct config_line *at = line_of(text, line);
	const char *p = text->sources[at->source].text;
	size_t length;

	for (uint32_t i = 1; i < at->line && p != NULL; i++) {
		p = strchr(p, '\n');
		if (p != NULL)
			p++;
	}
	if (p == NULL)
		p = "";
	p += strspn(p, " \t");
	length = strcspn(p, "\r\n");
	while (length > 0 && (p[length - 1] == ' ' || p[length - 1] == '\t'))
		length--;
	snprintf(out, size, "%.*s%s", (int)(length < size - 4 ? length : size - 4), p,
		 length < size - 4 ? "" : "...");
	return out;
}
