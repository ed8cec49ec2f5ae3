/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t suggest_distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_WORD_MAX + 1]; /* of the matrix: i - 2, i - 1 and i */
	size_t rows_wanted = strnlen(a, SUGGEST_WORD_MAX);
	size_t columns = strnlen(b, SUGGEST_WORD_MAX);

	for (size_t j = 0; j <= columns; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= rows_wanted; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[rows_wanted % 3][columns];
}

struct suggestion suggest_begin(const char *typed)
{
	/* a third of the letters may be wrong; more is another word */
	return (struct suggestion){
		.typed = typed,
		.distance = strnlen(typed, SUGGEST_WORD_MAX) / 3 + 2,
	};
}

void suggest_offer(struct suggestion *s, const char *word)
{
	size_t distance = suggest_distance(s->typed, word);

	if (distance < s->distance && distance < strlen(word)) {
		s->distance = distance;
		s->word = word;
	}
}
