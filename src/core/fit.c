/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/fit.h"

#include <ctype.h>
#include <string.h>

enum { CODE_SIZE = 4 };

/* Brackets and the like that touch the announcement and must stay with it. */
static bool is_bracket(char c)
{
	return ispunct((unsigned char)c) && c != '.';
}

/* Where the words before the announcement end. */
static size_t words_end(const char *line, size_t start)
{
	while (start > CODE_SIZE && is_bracket(line[start - 1]))
		start--;
	return start;
}

/* Where the words end once the last one is dropped. */
static size_t drop_word(const char *line, size_t end)
{
	while (end > CODE_SIZE && line[end - 1] == ' ')
		end--;
	while (end > CODE_SIZE && line[end - 1] != ' ')
		end--;
	return end;
}

/* How much of the text behind the announcement stays when excess bytes are to be saved. */
static size_t cut_tail(const char *tail, size_t size, size_t excess)
{
	size_t kept = 0;

	while (kept < size && is_bracket(tail[kept]))
		kept++;
	return size - kept < excess ? kept : size - excess;
}

static size_t put(char *out, size_t at, const char *text, size_t size)
{
	memcpy(out + at, text, size);
	return at + size;
}

size_t fit_announcement(const char *line, size_t size, struct span where, const char *announcement,
			size_t announcement_size, char *out)
{
	const char *tail = line + where.start + where.size;
	size_t tail_size = size - where.start - where.size;
	size_t words = words_end(line, where.start);
	size_t bracket_size = where.start - words;
	const char *bracket = line + words;
	size_t fixed = bracket_size + announcement_size;
	size_t at;

	while (words > CODE_SIZE && words + fixed + tail_size > size)
		words = drop_word(line, words);
	if (words + fixed + tail_size > size)
		tail_size = cut_tail(tail, tail_size, words + fixed + tail_size - size);
	at = put(out, 0, line, words);
	at = put(out, at, bracket, bracket_size);
	at = put(out, at, announcement, announcement_size);
	at = put(out, at, tail, tail_size);
	for (; at < size; at++)
		out[at] = ' ';
	return at;
}
