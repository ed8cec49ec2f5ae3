/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded reader of text with a sticky error: read what the grammar says, check once at the end.
 *
 * After the first failure every read fails and returns zero, and nothing moves.
 */
#ifndef FTPALGD_CORE_CURSOR_H
#define FTPALGD_CORE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const char *text; /* borrowed, not terminated */
	size_t size;
	size_t at;
	bool failed;
};

static inline struct cursor cursor_over(const char *text, size_t size)
{
	return (struct cursor){ .text = text, .size = size };
}

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next character without taking it; '\0' at the end or after a failure. */
static inline char cursor_peek(const struct cursor *c)
{
	return c->failed || c->at == c->size ? '\0' : c->text[c->at];
}

static inline char cursor_take(struct cursor *c)
{
	char taken = cursor_peek(c);

	if (c->failed || c->at == c->size)
		c->failed = true;
	else
		c->at++;
	return taken;
}

static inline void cursor_expect(struct cursor *c, char wanted)
{
	if (cursor_take(c) != wanted)
		c->failed = true;
}

/* A whole unsigned decimal number of up to max_digits digits (9 at most) and up to max. */
static inline uint32_t cursor_number(struct cursor *c, unsigned int max_digits, uint32_t max)
{
	uint32_t value = 0;
	unsigned int digits = 0;

	while (char_is_digit(cursor_peek(c)) && digits <= max_digits) {
		value = value * 10 + (uint32_t)(cursor_take(c) - '0');
		digits++;
	}
	if (digits == 0 || digits > max_digits || value > max)
		c->failed = true;
	return c->failed ? 0 : value;
}

#endif
